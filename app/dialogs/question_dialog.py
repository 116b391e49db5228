"""One sentence and its answers."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout, QWidget

from app.panels.parts import label, row, wrapped
from app.theme.style import mark

CANCEL = "Cancel"


class QuestionDialog(QDialog):
    """``answers`` from left to right, the last one is proposed; Esc and closing are ``CANCEL``, if that is offered."""

    answered = Signal(str)

    def __init__(self, title: str, sentence: str, answers: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleDescription(sentence)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(16)
        outer.addWidget(label(title, type="title", weight="semibold"))
        outer.addWidget(wrapped(sentence, tone="text2"))
        self.buttons = {answer: QPushButton(answer) for answer in answers}
        for answer, button in self.buttons.items():
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, answer=answer: self._take(answer))
        mark(self.buttons[answers[-1]], role="primary")
        self.buttons[answers[-1]].setDefault(True)
        outer.addLayout(row(None, *self.buttons.values()))
        self.setMinimumWidth(420)
        if CANCEL in answers:
            self.rejected.connect(lambda: self.answered.emit(CANCEL))

    def _take(self, answer: str) -> None:
        if answer == CANCEL:
            self.reject()
            return
        self.accept()
        self.answered.emit(answer)

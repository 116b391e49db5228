"""What the engine did since the start, and a report to be sent to whoever can help."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.journal import Journal
from app.panels.parts import label, row, wrapped
from app.theme.style import mark


class LogDialog(QDialog):
    def __init__(self, journal: Journal, parent: QWidget) -> None:
        super().__init__(parent)
        self._journal = journal
        self.setWindowTitle("Log")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(12)
        outer.addWidget(label("Log", type="title", weight="semibold"))
        words = "These lines may name files. The report tells versions, device and errors, and names nobody."
        outer.addWidget(wrapped(words, tone="text2"))
        self.text = QPlainTextEdit("\n".join(journal.lines) or "Nothing went wrong so far.")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("Log")
        journal.added.connect(self.text.appendPlainText)
        outer.addWidget(self.text, 1)
        self.copied = label("", tone="text2")
        copy, close = QPushButton("Copy report"), QPushButton("Close")
        mark(copy, role="primary")
        copy.clicked.connect(lambda _=False: self._copy())
        close.clicked.connect(self.accept)
        self.copy_button = copy
        outer.addLayout(row(self.copied, None, close, copy))
        self.resize(760, 460)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._journal.report())
        self.copied.setText("The report is on the clipboard.")

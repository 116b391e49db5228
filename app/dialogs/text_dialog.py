"""A text to be read and copied."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.panels.parts import label, row
from app.theme.style import mark


class TextDialog(QDialog):
    def __init__(self, title: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(12)
        outer.addWidget(label(title, type="title", weight="semibold"))
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(title)
        outer.addWidget(self.text, 1)
        close = QPushButton("Close")
        mark(close, role="primary")
        close.clicked.connect(self.accept)
        outer.addLayout(row(None, close))
        self.resize(620, 480)

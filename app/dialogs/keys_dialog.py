"""Which mouse and keys do what: the F1 sheet of the habits in use."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QPushButton, QVBoxLayout, QWidget

from app import bindings
from app.panels.parts import Scrolled, label, row
from app.theme.style import mark

GAP = 40


class KeysDialog(QDialog):
    edit_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Mouse and keys")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(16)
        preset = bindings.current().preset
        habits = "" if preset == "Default" else f" as in {preset}"
        outer.addWidget(label(f"Mouse and keys{habits}", type="title", weight="semibold"))
        lines = bindings.sheet(bindings.current())
        half = (len(lines) + 1) // 2
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(2, GAP)
        for place, (what, keys) in enumerate(lines):
            column, at = divmod(place, half)
            grid.addWidget(label(what), at, 3 * column, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(keys, tone="text2"), at, 3 * column + 1, Qt.AlignmentFlag.AlignTop)
        outer.addWidget(Scrolled(inside, parent), 1)
        close = QPushButton("Close")
        mark(close, role="primary")
        close.clicked.connect(self.accept)
        change = QPushButton("Change keys…")
        change.clicked.connect(self.accept)
        change.clicked.connect(self.edit_asked)
        outer.addLayout(row(label("Other habits are chosen in the settings.", tone="text3"), None, change, close))
        self.resize(self.sizeHint())  # Qt would begin with two thirds of the screen at most

"""Which mouse and keys do what: the F1 sheet."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QGridLayout, QPushButton, QVBoxLayout, QWidget

from app.panels.parts import label, row
from app.theme.style import mark

KEYS = (
    ("Set the crosshair", "left click or drag"),
    ("Slice", "wheel, PgUp, PgDn"),
    ("Crosshair in its plane", "arrows, Shift ×5"),
    ("Zoom", "Ctrl+wheel, right-drag up and down"),
    ("Pan", "middle-drag, Alt+left-drag"),
    ("Window by drag, from a region", "Ctrl+Shift+left-drag, Ctrl+Shift+right-drag"),
    ("Reset the window", "Ctrl+J"),
    ("Fit the pictures", "R"),
    ("Crosshair on and off", "X"),
    ("One picture fills its column", "double-click"),
    ("3D: turn, pan, zoom", "left-drag, middle-drag, wheel"),
    ("Show the scan", "Space held"),
    ("Change map", "Shift+D"),
    ("Timepoint before, after", ", ."),
    ("Play the timepoints", "P"),
    ("Divider of a comparison", "drag, then arrows"),
    ("All sliders to zero", "Ctrl+0"),
    ("Undo, redo", "Ctrl+Z, Ctrl+Shift+Z"),
    ("Open, save, export", "Ctrl+O, Ctrl+S, Ctrl+E"),
)


class KeysDialog(QDialog):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Mouse and keys")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(16)
        outer.addWidget(label("Mouse and keys", type="title", weight="semibold"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(8)
        for place, (what, keys) in enumerate(KEYS):
            grid.addWidget(label(what), place, 0)
            grid.addWidget(label(keys, tone="text2"), place, 1)
        outer.addLayout(grid)
        close = QPushButton("Close")
        mark(close, role="primary")
        close.clicked.connect(self.accept)
        outer.addLayout(row(None, close))

"""The very first start: whose habits, what this is for, and the tour."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout, QWidget

from app.bindings import Preset
from app.panels.parts import column, label, row, wrapped
from app.panels.preset_choice import PresetChoice
from app.theme.style import mark

WORDS = (
    "What you see is a made-up person with two visits. Drag the Age slider, or drop a T1 brain MRI of your own "
    "anywhere in the window: it is read only, and nothing leaves this computer."
)


class FirstDialog(QDialog):
    tour_asked = Signal()

    def __init__(self, preset: Preset, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Welcome")
        self.presets = PresetChoice(preset)
        self.tour = QPushButton("Take the tour")
        self.tour.setAutoDefault(False)
        self.tour.clicked.connect(self.accept)
        self.tour.clicked.connect(self.tour_asked)
        begin = QPushButton("Begin")
        mark(begin, role="primary")
        begin.setDefault(True)
        begin.clicked.connect(self.accept)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(16)
        outer.addWidget(label("Welcome to Neurolapse", type="title", weight="semibold"))
        outer.addWidget(wrapped(WORDS, tone="text2"))
        habits = column(
            label("Mouse and keys like", weight="medium"), label("F1 shows them.", tone="text2", type="note"), spacing=2
        )
        outer.addLayout(row(habits, None, self.presets))
        outer.addLayout(row(label("For research only.", tone="text3", type="note"), None, self.tour, begin))
        self.setMinimumWidth(520)

"""What is seen while nothing is open."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.panels.parts import column, label, line, row, wrapped
from app.theme import icons
from app.theme.style import mark

WIDTH = 460


class WelcomePage(QWidget):
    open_asked = Signal()
    demo_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        mark(self, surface="window")
        open_scans = QPushButton("Open scans…")
        open_scans.setIcon(icons.icon("folder", "ink"))
        mark(open_scans, role="primary")
        open_scans.clicked.connect(lambda _=False: self.open_asked.emit())
        demo = QPushButton("Open the sample")
        demo.clicked.connect(lambda _=False: self.demo_asked.emit())
        key = label("Ctrl O")
        mark(key, keycap="true")
        self.problem = wrapped(tone="error")
        words = (
            "Drop files or a folder anywhere in this window. "
            "They are read only, never changed, and nothing leaves this computer."
        )
        body = QWidget()
        body.setFixedWidth(WIDTH)
        body.setLayout(
            column(
                label("Open a T1 brain MRI", type="welcome", weight="semibold"),
                wrapped(words, tone="text2", type="name"),
                8,
                row(open_scans, 8, label(".nii  .nii.gz  .mgz", tone="text2"), key, None),
                self.problem,
                16,
                line(),
                8,
                row(
                    column(
                        label("No scan at hand?", weight="medium", type="name"),
                        label("Try one person with two visits.", tone="text2"),
                        spacing=2,
                    ),
                    None,
                    demo,
                ),
            )
        )
        outer = QVBoxLayout(self)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(body)
        middle.addStretch(1)
        outer.addStretch(2)
        outer.addLayout(middle)
        outer.addStretch(3)

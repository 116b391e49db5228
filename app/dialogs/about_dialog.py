"""What Neurolapse is and is not, whose work it stands on, under which licence."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout, QWidget

from app.journal import PROGRAM
from app.panels.parts import label, line, row, wrapped
from app.theme.mark import Mark
from app.theme.style import mark

PARTS = (
    ("", "See how a brain was, is and could become, by a Latent Diffusion Autoencoder over T1 MRI."),
    (
        "Not a medical device",
        "For research only. What it draws is what a model learnt from other people, not a prediction for a person.",
    ),
    (
        "Nothing leaves this computer",
        "No network is used. Scans are opened read-only; every volume written says that it is synthetic.",
    ),
    (
        "To cite",
        "Lozupone et al., Latent Diffusion Autoencoders: Toward Efficient and Meaningful Unsupervised Representation "
        f"Learning in Medical Imaging, 2025, arXiv 2504.08635; and {PROGRAM}.",
    ),
    (
        "Licence",
        "The program: MIT. The bundled model’s weights: CC BY-SA 3.0, learnt from the IXI data set "
        "(brain-development.org). Imported weights keep their publisher’s. NOTICE lists all else.",
    ),
)


class AboutDialog(QDialog):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Neurolapse")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(8)
        outer.addLayout(row(Mark(), label(PROGRAM, type="title", weight="semibold"), None))
        for title, words in PARTS:
            if title:
                outer.addSpacing(4)
                outer.addWidget(label(title, weight="semibold"))
            outer.addWidget(wrapped(words, tone="text2"))
        outer.addSpacing(8)
        outer.addWidget(line())
        close = QPushButton("Close")
        mark(close, role="primary")
        close.clicked.connect(self.accept)
        outer.addLayout(row(None, close))
        self.setFixedWidth(520)

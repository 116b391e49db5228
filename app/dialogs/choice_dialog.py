"""One of several scans in a file or folder is chosen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHeaderView, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.panels.parts import label, row, wrapped
from app.theme.style import mark
from app.workspace.choices import Choice

MOST_ROWS = 12


class ChoiceDialog(QDialog):
    """Enter or a double click opens the chosen row; Esc opens nothing."""

    chosen = Signal(object)
    """The Offer."""

    def __init__(self, choice: Choice, parent: QWidget) -> None:
        super().__init__(parent)
        self._choice = choice
        self.setWindowTitle("Choose a scan")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(12)
        outer.addWidget(label("Choose a scan", type="title", weight="semibold"))
        outer.addWidget(wrapped(choice.sentence, tone="text2"))
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Scan", "Modality", "Voxels"])
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName(choice.sentence)
        rows = [QTreeWidgetItem([offer.words, offer.modality, offer.size]) for offer in choice.offers]
        self.list.addTopLevelItems(rows)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place in (1, 2):
            self.list.header().setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        self.list.setCurrentItem(rows[choice.proposed])
        self.list.setFixedHeight(28 * (min(len(choice.offers), MOST_ROWS) + 1) + 8)
        self.list.itemActivated.connect(self._open)
        outer.addWidget(self.list)
        cancel, self.open_button = QPushButton("Cancel"), QPushButton("Open")
        mark(self.open_button, role="primary")
        self.open_button.setDefault(True)
        cancel.clicked.connect(self.reject)
        self.open_button.clicked.connect(self._open)
        outer.addLayout(row(None, cancel, self.open_button))
        self.resize(560, self.sizeHint().height())
        self.list.setFocus()

    def _open(self) -> None:
        if self.isVisible():
            self.accept()
            self.chosen.emit(self._choice.offers[self.list.currentIndex().row()])

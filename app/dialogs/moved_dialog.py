"""Scans that are not where they were: one folder finds them all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QListWidget, QPushButton, QVBoxLayout, QWidget

from app import background
from app.panels.parts import label, row, wrapped
from app.theme.style import mark
from app.workspace.document import Scan
from app.workspace.moved import found_below


class MovedDialog(QDialog):
    """Nothing is lost by leaving it: the workspace keeps the old places."""

    found = Signal(object)
    """dict: the scans' keys and where their files are now."""

    def __init__(self, scans: Sequence[Scan], parent: QWidget) -> None:
        super().__init__(parent)
        self._scans = tuple(scans)
        self.setWindowTitle("Scans were moved")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(12)
        outer.addWidget(label("Where are they now?", type="title", weight="semibold"))
        one = len(self._scans) == 1
        sentence = f"{'This scan is' if one else f'{len(self._scans)} scans are'} not where the workspace has them. "
        self.sentence = wrapped(f"{sentence}Choose a folder in or below which they lie.", tone="text2")
        outer.addWidget(self.sentence)
        self.list = QListWidget()
        self.list.setAccessibleName("Scans that were moved")
        self.list.addItems([scan.path for scan in self._scans])
        outer.addWidget(self.list)
        later, self.choose = QPushButton("Later"), QPushButton("Choose a folder…")
        mark(self.choose, role="primary")
        self.choose.setDefault(True)
        later.clicked.connect(self.reject)
        self.choose.clicked.connect(lambda _=False: self._choose())
        outer.addLayout(row(None, later, self.choose))
        self.resize(560, 320)

    def _choose(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Where the scans are now")
        if name:
            self.choose.setEnabled(False)
            self.sentence.setText("Looking for them…")
            background.run(self, lambda: found_below(Path(name), self._scans), self._on_found)

    def _on_found(self, places: dict[str, str]) -> None:
        self.found.emit(places)
        self._scans = tuple(scan for scan in self._scans if scan.key not in places)
        if not self._scans:
            self.accept()
            return
        self.choose.setEnabled(True)
        self.list.clear()
        self.list.addItems([scan.path for scan in self._scans])
        self.sentence.setText(f"{len(places)} found, {len(self._scans)} not: choose another folder, or do it later.")

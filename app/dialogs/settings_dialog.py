"""What the user prefers: habits of the mouse and keys, theme, sides, text, motion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QPushButton, QVBoxLayout, QWidget

from app import caches
from app.panels.parts import label, line, quiet_button, row, wrapped
from app.settings import CHOICES, Settings
from app.theme.style import mark

ROWS = (
    ("preset", "Mouse and keys as in", "F1 shows what they do.", ("Neurolapse", "FSLeyes", "ITK-SNAP", "3D Slicer")),
    ("theme", "Theme", "", ("As the system", "Dark", "Light")),
    (
        "convention",
        "Sides",
        "Of new views; the tool bar turns the one you see.",
        ("Radiological, R on the left", "Neurological, L on the left"),
    ),
    ("text_scale", "Text size", "", ("Small", "Normal", "Large", "Larger")),
    ("reduced_motion", "Motion", "Reduced: nothing fades, flickers or plays by itself.", ("Normal", "Reduced")),
)
"""Field, its words and note, and words for each of its choices."""


class SettingsDialog(QDialog):
    """There is nothing to confirm: what is chosen acts at once and is kept."""

    chosen = Signal(object)
    """The Settings as they are to be now."""
    models_asked = Signal()
    log_asked = Signal()
    about_asked = Signal()

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle("Settings")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(16)
        outer.addWidget(label("Settings", type="title", weight="semibold"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(4)
        self.pickers: dict[str, QComboBox] = {}
        for place, (field, words, note, choices) in enumerate(ROWS):
            picker = self.pickers[field] = QComboBox()
            picker.setAccessibleName(words)
            picker.setAccessibleDescription(note)
            picker.addItems(choices)
            picker.setCurrentIndex(CHOICES[field].index(getattr(settings, field)))
            picker.currentIndexChanged.connect(lambda index, field=field: self._take(field, index))
            grid.addWidget(label(words), 2 * place, 0)
            grid.addWidget(picker, 2 * place, 1)
            under = wrapped(note, tone="text3", type="note")
            under.setContentsMargins(0, 0, 0, 8)
            under.setVisible(bool(note))
            grid.addWidget(under, 2 * place + 1, 1)
            grid.setRowMinimumHeight(2 * place + 1, 8)
        outer.addLayout(grid)
        self.kept = label(tone="text2")
        self.clear = QPushButton("Clear")
        self.clear.setAccessibleName("Clear the prepared scans that are kept")
        self.clear.clicked.connect(lambda _=False: self._clear())
        outer.addWidget(line())
        outer.addLayout(row(label("Prepared scans"), None, self.kept, self.clear))
        outer.addWidget(line())
        close = QPushButton("Close")
        mark(close, role="primary")
        close.clicked.connect(self.accept)
        others = (("Models…", self.models_asked), ("Log…", self.log_asked), ("About…", self.about_asked))
        outer.addLayout(row(*(quiet_button(words, asked.emit) for words, asked in others), None, close))
        self.setMinimumWidth(460)
        self._show_kept()

    def _show_kept(self) -> None:
        size = caches.size()
        self.kept.setText(f"{caches.in_words(size)}, made again when needed")
        self.clear.setEnabled(size > 0)

    def _clear(self) -> None:
        try:
            caches.clear()
        except OSError as error:
            mark(self.kept, tone="error")
            self.kept.setText(f"{caches.folder()} cannot be cleared ({error.strerror}).")
            return
        self._show_kept()

    def _take(self, field: str, index: int) -> None:
        change: dict[str, Any] = {field: CHOICES[field][index]}
        self._settings = replace(self._settings, **change)
        self.chosen.emit(self._settings)

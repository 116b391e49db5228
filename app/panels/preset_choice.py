"""Whose mouse and keys: one choice, on the first page and at the first start."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.bindings import PRESETS, Preset
from app.controls.segmented import Segmented

WORDS = {"Slicer": "3D Slicer"}


class PresetChoice(Segmented):
    preset_chosen = Signal(str)

    def __init__(self, preset: Preset) -> None:
        super().__init__([WORDS.get(name, name) for name in PRESETS])
        self.setAccessibleName("Mouse and keys like")
        self.chosen.connect(self._take)
        self.show_preset(preset)

    def show_preset(self, preset: Preset) -> None:
        self.choose(WORDS.get(preset, preset))

    def _take(self, words: str) -> None:
        self.preset_chosen.emit(next(name for name in PRESETS if WORDS.get(name, name) == words))

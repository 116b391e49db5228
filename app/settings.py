"""What one user prefers, kept between starts; every change acts at once."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication

from app.bindings import PRESETS, TABLE, Preset
from app.stage.view_state import Convention
from app.theme.tokens import TEXT_SCALES, ThemeName

ThemeChoice = Literal["system", "dark", "light"]


@dataclass(frozen=True)
class Settings:
    """``convention``: of new views; a saved workspace brings its own."""

    preset: Preset = "Default"
    theme: ThemeChoice = "dark"
    convention: Convention = "radiological"
    text_scale: float = 1.0
    reduced_motion: bool = False
    keys: tuple[tuple[str, str], ...] = ()
    """Gestures by the name of their row of the bindings, where the user changed them."""

    @property
    def theme_name(self) -> ThemeName:
        """The theme to be drawn now."""
        if self.theme == "system":
            scheme = QGuiApplication.styleHints().colorScheme()
            return "light" if scheme == Qt.ColorScheme.Light else "dark"
        return self.theme


CHOICES: dict[str, tuple[Any, ...]] = {
    "preset": PRESETS,
    "theme": get_args(ThemeChoice),
    "convention": get_args(Convention),
    "text_scale": TEXT_SCALES,
    "reduced_motion": (False, True),
}
"""What each field may be; anything else that is found in the store counts as unsaid."""


def store() -> QSettings:
    return QSettings("Neurolapse", "Neurolapse")


def load(store: QSettings) -> Settings:
    kept: dict[str, Any] = {}
    for field in fields(Settings):
        found = str(store.value(f"settings/{field.name}", ""))
        kept.update((field.name, choice) for choice in CHOICES.get(field.name, ()) if str(choice) == found)
    known = {row.name for row in TABLE}
    with suppress(ValueError, TypeError):
        keys = json.loads(str(store.value("settings/keys", "{}")))
        kept["keys"] = tuple(sorted((name, str(gestures)) for name, gestures in keys.items() if name in known))
    return Settings(**kept)


def save(settings: Settings, store: QSettings) -> None:
    for name, value in asdict(settings).items():
        store.setValue(f"settings/{name}", json.dumps(dict(value)) if name == "keys" else str(value))


def kept_model(store: QSettings) -> str:
    """The model that was last chosen, by name; empty: the one that came along."""
    return str(store.value("model", ""))


def keep_model(name: str, store: QSettings) -> None:
    store.setValue("model", name)

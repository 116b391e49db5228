"""The theme in use: the one place that knows it. Painted widgets read their colours here as they paint."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor

from app.theme.tokens import THEMES, ThemeName


@dataclass(frozen=True)
class Current:
    name: ThemeName = "dark"
    text_scale: float = 1.0
    reduced_motion: bool = False


_current = Current()


def current() -> Current:
    return _current


def set_current(name: ThemeName, text_scale: float, reduced_motion: bool) -> None:
    """Called by ``style.apply`` alone: a change here must reach the style sheet and the palette too."""
    global _current
    _current = Current(name, text_scale, reduced_motion)


def colour(token: str, opacity: float = 1.0) -> QColor:
    """The colour of ``token`` in the theme in use."""
    value = QColor(THEMES[_current.name][token])
    value.setAlphaF(opacity)
    return value


def wider(pixels: float) -> int:
    """The width of a panel: most of what larger text needs, the rest is left to the pictures."""
    return round(pixels * (1.0 + 0.8 * max(_current.text_scale - 1.0, 0.0)))


def scaled(pixels: float) -> int:
    """A row height or text width in device-independent pixels at the text size in use."""
    return round(pixels * _current.text_scale)

"""Inter, shipped with the application, with figures of equal width."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

from app.theme.current import current
from app.theme.tokens import TYPE, Size

FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"
FAMILY = "Inter"
FACES = ("Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf")

_loaded = False


def load() -> bool:
    """Make Inter known to Qt; False where a face is missing (the system's sans serif stands in)."""
    global _loaded
    if not _loaded:
        _loaded = all(QFontDatabase.addApplicationFont(str(FONTS / face)) != -1 for face in FACES)
    return _loaded


def points(pixels: float) -> float:
    """Points that give ``pixels`` device-independent pixels: QFont takes whole pixels only, the scale has halves."""
    screen = QGuiApplication.primaryScreen()
    return pixels * 72.0 / (screen.logicalDotsPerInch() if screen else 96.0)


def font(size: Size = "body", weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The face for a step of the type scale at the text size in use."""
    face = QFont(FAMILY if _loaded else QGuiApplication.font().family())
    face.setPointSizeF(points(TYPE[size] * current().text_scale))
    face.setWeight(weight)
    face.setFeature(QFont.Tag("tnum"), 1)
    face.setFeature(QFont.Tag("calt"), 0)  # would draw the x between figures of a file's name as ×
    return face


def medium(size: Size = "body") -> QFont:
    return font(size, QFont.Weight.Medium)


def semibold(size: Size = "body") -> QFont:
    return font(size, QFont.Weight.DemiBold)

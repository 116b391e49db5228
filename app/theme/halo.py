"""Text on pictures: readable on black and on white by a 3 px black halo."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

WIDTH = 3.0
ROOM = 2


def halo_text(painter: QPainter, at: QPointF, text: str, color: QColor) -> None:
    """``text`` in the painter's font with its baseline at ``at``, brought to whole pixels."""
    if text:
        device = painter.device()
        ratio = device.devicePixelRatio() if device is not None else 1.0
        picture, ascent = _drawn(text, painter.font().toString(), color.rgba(), ratio)
        painter.drawImage(QPointF(round(at.x()) - ROOM, round(at.y()) - ascent), picture)


@lru_cache(maxsize=1024)
def _drawn(text: str, font_key: str, rgba: int, ratio: float) -> tuple[QImage, int]:
    """The picture and how far its top lies above the baseline. Stroking a path anew costs more than a slice."""
    face = QFont()
    face.fromString(font_key)
    face.setFeature(QFont.Tag("tnum"), 1)
    metrics = QFontMetricsF(face)
    ascent = ceil(metrics.ascent()) + ROOM
    width, height = ceil(metrics.horizontalAdvance(text)) + 2 * ROOM, ascent + ceil(metrics.descent()) + ROOM
    picture = QImage(ceil(width * ratio), ceil(height * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(0)
    path = QPainterPath()
    path.addText(QPointF(ROOM, ascent), face, text)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    round_pen = (Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, QPen(QColor(0, 0, 0), WIDTH, *round_pen))
    painter.setFont(face)
    painter.setPen(QColor.fromRgba(rgba))
    painter.drawText(QPointF(ROOM, ascent), text)
    painter.end()
    return picture, ascent

"""The picture of the welcome page: a brain at two visits, and between them as it may have been."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.theme import fonts
from app.theme.current import colour
from app.theme.kinds import Kind, paint_kind_mark

WIDTH, HEIGHT = 1036, 290
COUNT = 5
BRAIN = (84.0, 104.0)
"""Half the width and the height of the outline, pixels."""
AXIS = 250.0
# The right half of a ventricle from front to back, in parts of the brain's half height; y runs downwards.
_HORN = (
    (0.02, -0.30),
    (0.20, -0.42),
    (0.26, -0.30),
    (0.17, -0.10),
    (0.13, 0.02),
    (0.20, 0.22),
    (0.34, 0.42),
    (0.26, 0.46),
)
_BACK = ((0.12, 0.28), (0.02, 0.06))


def paint_years(painter: QPainter, width: float) -> None:
    """COUNT brains on a line, the ends acquired, the middle one chosen; their ventricles grow."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    step = width / COUNT
    axis = QPen(colour("edge"), 1.2)
    axis.setDashPattern([4, 3])
    painter.setPen(axis)
    painter.drawLine(QPointF(step / 2, AXIS), QPointF(width - step / 2, AXIS))
    for place in range(COUNT):
        acquired = place in (0, COUNT - 1)
        ink = colour("accent" if place == COUNT // 2 else "text2")
        centre = QPointF(step * (place + 0.5), BRAIN[1] + 6)
        _paint_brain(painter, centre, 0.72 + 0.1 * place, ink, acquired)
        kind = Kind.SCAN if acquired else Kind.SYNTHETIC
        spot = QRectF(centre.x() - 9, AXIS - 9, 18, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("window"))
        painter.drawEllipse(spot)
        paint_kind_mark(painter, kind, spot, colour("accent" if place == COUNT // 2 else "text"))
        painter.setFont(fonts.font("note"))
        painter.setPen(colour("text2"))
        painter.drawText(QRectF(centre.x() - 60, AXIS + 12, 120, 20), Qt.AlignmentFlag.AlignCenter, kind.word)


def _paint_brain(painter: QPainter, centre: QPointF, ventricles: float, ink: QColor, acquired: bool) -> None:
    painter.save()
    painter.translate(centre)
    pen = QPen(ink, 1.6)
    if not acquired:
        pen.setDashPattern([3, 2])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(_outline(1.0))
    faint = QColor(ink)
    faint.setAlphaF(0.35)
    painter.setPen(QPen(faint, 1.0))
    painter.drawPath(_outline(0.94))
    painter.drawLine(QPointF(0, -0.93 * BRAIN[1]), QPointF(0, -0.46 * BRAIN[1]))
    painter.drawLine(QPointF(0, 0.5 * BRAIN[1]), QPointF(0, 0.93 * BRAIN[1]))
    fill = QColor(ink)
    fill.setAlphaF(0.16)
    painter.setPen(pen)
    painter.setBrush(fill)
    for side in (-1, 1):
        painter.drawPath(_ventricle(side, ventricles))
    painter.restore()


def _outline(scale: float) -> QPainterPath:
    """A little narrower in front."""
    wide, high = (half * scale for half in BRAIN)
    path = QPainterPath(QPointF(0, -high))
    path.cubicTo(QPointF(0.62 * wide, -high), QPointF(0.96 * wide, -0.5 * high), QPointF(wide, 0.12 * high))
    path.cubicTo(QPointF(wide, 0.66 * high), QPointF(0.6 * wide, high), QPointF(0, 0.97 * high))
    path.cubicTo(QPointF(-0.6 * wide, high), QPointF(-wide, 0.66 * high), QPointF(-wide, 0.12 * high))
    path.cubicTo(QPointF(-0.96 * wide, -0.5 * high), QPointF(-0.62 * wide, -high), QPointF(0, -high))
    return path


def _ventricle(side: int, size: float) -> QPainterPath:
    points = [QPointF(side * x * size * BRAIN[1], y * (0.8 + 0.2 * size) * BRAIN[1]) for x, y in (*_HORN, *_BACK)]
    path = QPainterPath((points[-1] + points[0]) / 2)
    for here, after in zip(points, (*points[1:], points[0]), strict=True):
        path.quadTo(here, (here + after) / 2)
    return path

"""Paints what tells the kinds apart: mark, rule, tag."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from app.theme import fonts
from app.theme.tokens import PICTURE, Kind

# The mark lives on a square of 12 units.
UNITS = 12.0
RADIUS = 4.1
STROKE = 1.5

__all__ = ["Kind", "paint_kind_mark", "paint_kind_rule", "paint_kind_tag", "rule_pen", "tag_size"]


def paint_kind_mark(painter: QPainter, kind: Kind, rect: QRectF, color: QColor) -> None:
    """The mark of ``kind`` centred in ``rect``, as large as its shorter side allows."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.center())
    unit = min(rect.width(), rect.height()) / UNITS
    painter.scale(unit, unit)
    pen = QPen(color, STROKE)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    centre = QPointF(0.0, 0.0)
    if kind is Kind.SCAN:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(centre, RADIUS + STROKE / 2, RADIUS + STROKE / 2)
    elif kind is Kind.CHANGE:
        reach = RADIUS + 0.9
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF([QPointF(0, -reach), QPointF(reach, 0), QPointF(0, reach), QPointF(-reach, 0)]))
    else:
        if kind is Kind.EXTRAPOLATED:
            # Eight gaps a turn; the pattern is in units of the pen's width.
            arc = 2 * 3.14159265 * RADIUS / 8 / STROKE
            pen.setDashPattern([arc * 0.58, arc * 0.42])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, RADIUS, RADIUS)
        if kind is Kind.COPY:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            box = QRectF(-RADIUS, -RADIUS, 2 * RADIUS, 2 * RADIUS)
            painter.drawPie(box, 90 * 16, 180 * 16)
    painter.restore()


def rule_pen(kind: Kind, color: QColor, width: float = 2.0) -> QPen:
    """The pen of the kind's rule and of its curve (for a copy: one of its two lines)."""
    pen = QPen(color, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if kind.value.dashes:
        pen.setDashPattern([length / width for length in kind.value.dashes])
    return pen


def paint_kind_rule(painter: QPainter, kind: Kind, left: float, right: float, y: float, color: QColor) -> None:
    """A level rule, its 2 px stroke (or pair of 1 px strokes, 3 px apart) centred on ``y``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if kind.value.double:
        painter.fillRect(QRectF(left, y - 2, right - left, 1), color)
        painter.fillRect(QRectF(left, y + 1, right - left, 1), color)
    else:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, bool(kind.value.dashes))
        painter.setPen(rule_pen(kind, color))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
    painter.restore()


def tag_size(text: str) -> QSizeF:
    """How large the tag with ``text`` is, its border included."""
    metrics = QFontMetricsF(fonts.medium("pane"))
    return QSizeF(round(metrics.horizontalAdvance(text) + 10), round(metrics.height() + 3))


def paint_kind_tag(painter: QPainter, text: str, right: float, top: float, dashed: bool = True) -> QRectF:
    """A small bordered word on a picture, its upper right corner at (right, top). Returns its box."""
    size = tag_size(text)
    box = QRectF(round(right - size.width()), top, size.width(), size.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(PICTURE["text"]), 1.0)
    if dashed:
        pen.setDashPattern([3.0, 2.0])
    painter.setPen(pen)
    painter.setBrush(QColor(0, 0, 0, 190))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
    painter.setFont(fonts.medium("pane"))
    painter.setPen(QColor(PICTURE["text"]))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
    return box

"""The application's own mark: an acquired point, a step, a synthetic point."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.theme.current import colour
from app.theme.style import ICONS


class Mark(QWidget):
    """34 x 16, for the title bar."""

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(34, 16)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            paint_mark(painter, QRectF(self.rect()))


def paint_mark(painter: QPainter, rect: QRectF) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    unit = min(rect.width() / 34, rect.height() / 16)
    painter.translate(rect.center())
    painter.scale(unit, unit)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("text"))
    painter.drawEllipse(QPointF(-11, 0), 5, 5)
    step = QPen(colour("text"), 1.5)
    step.setDashPattern([1.6, 1.6])
    step.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(step)
    painter.drawLine(QPointF(-5, 0), QPointF(6, 0))
    painter.setPen(QPen(colour("accent"), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(11, 0), 4.4, 4.4)
    painter.restore()


def application_icon() -> QIcon:
    return QIcon(str(ICONS / "neurolapse.svg"))

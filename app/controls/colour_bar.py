"""The colours of the change map with their unit: darker to brighter, hatched where nothing is drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.stage.colour import change_colour
from app.theme import fonts
from app.theme.current import colour, scaled
from app.theme.tokens import MINUS, PICTURE

BAR = 8


class ColourBar(QWidget):
    """Lying in a panel, or upright over a picture (then in the pictures' own colours)."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Horizontal, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._orientation = orientation
        self._threshold, self._limit, self._unit = 8.0, 60.0, ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, self._upright)
        lying = (QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(*(lying[::-1] if self._upright else lying))
        self._name_for_readers()

    @property
    def _upright(self) -> bool:
        return self._orientation == Qt.Orientation.Vertical

    def set_scale(self, threshold: float, limit: float, unit: str = "") -> None:
        """Both in the unit that is written."""
        self._threshold, self._limit, self._unit = threshold, limit, unit
        self._name_for_readers()
        self.update()

    def _name_for_readers(self) -> None:
        unit = f" {self._unit}" if self._unit else ""
        self.setAccessibleName(
            f"Change from {MINUS}{self._limit:g} darker to +{self._limit:g} brighter{unit}, "
            f"nothing drawn below {self._threshold:g}"
        )

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(scaled(44), 184) if self._upright else QSize(240, BAR + scaled(18))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            face = fonts.font("pane" if self._upright else "note")
            metrics = QFontMetricsF(face)
            painter.setFont(face)
            length = (self.height() - metrics.height()) if self._upright else float(self.width())
            start = metrics.height() / 2 if self._upright else 0.0
            bar = QRectF(0, start, BAR + 2, length) if self._upright else QRectF(0, 0, length, BAR)
            self._paint_ramp(painter, bar)
            ink = QColor(PICTURE["letter"]) if self._upright else colour("text3")
            painter.setPen(ink)
            unit = f" {self._unit}" if self._unit else ""
            if self._upright:
                # Where the threshold's figures would touch each other they are left out: the hatching shows it.
                apart = length * self._threshold / self._limit >= metrics.height()
                inner = (self._threshold, -self._threshold) if apart else ()
                for value in (self._limit, *inner, -self._limit):
                    y = start + length * (0.5 - value / self._limit / 2)
                    text = f"{'+' if value > 0 else MINUS}{abs(value):g}"
                    painter.drawText(QPointF(BAR + 7, y + metrics.capHeight() / 2), text)
                return
            baseline = BAR + 3 + metrics.ascent()
            painter.drawText(QPointF(0, baseline), f"{MINUS}{self._limit:g} darker")
            right = f"brighter +{self._limit:g}{unit}"
            painter.drawText(QPointF(self.width() - metrics.horizontalAdvance(right), baseline), right)
            left_end = metrics.horizontalAdvance(f"{MINUS}{self._limit:g} darker")
            for value in (-self._threshold, self._threshold):
                text = f"{'+' if value > 0 else MINUS}{abs(value):g}"
                width = metrics.horizontalAdvance(text)
                at = length * (0.5 + value / self._limit / 2)
                # Each ends, or begins, where its side of the hatching does, but never over the other or the ends.
                x = min(at, length / 2 - 3) - width if value < 0 else max(at, length / 2 + 3)
                if x > left_end + 6 and x + width < self.width() - metrics.horizontalAdvance(right) - 6:
                    painter.drawText(QPointF(x, baseline), text)

    def _paint_ramp(self, painter: QPainter, bar: QRectF) -> None:
        steps = round(bar.height() if self._upright else bar.width())
        for step in range(steps):
            fraction = (step + 0.5) / steps * 2 - 1
            ink = QColor(*change_colour(-fraction if self._upright else fraction))
            if self._upright:
                painter.fillRect(QRectF(bar.left(), bar.top() + step, bar.width(), 1), ink)
            else:
                painter.fillRect(QRectF(bar.left() + step, bar.top(), 1, bar.height()), ink)
        gap = min(self._threshold / self._limit, 1.0)
        hidden = QRectF(bar)
        if self._upright:
            hidden.setTop(bar.center().y() - bar.height() / 2 * gap)
            hidden.setHeight(bar.height() * gap)
        else:
            hidden.setLeft(bar.center().x() - bar.width() / 2 * gap)
            hidden.setWidth(bar.width() * gap)
        painter.save()
        painter.setClipRect(hidden)
        painter.fillRect(hidden, QColor(PICTURE["ground"]) if self._upright else colour("panel"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(PICTURE["edge"]) if self._upright else colour("edge"), 1.0))
        reach = int(hidden.width() + hidden.height())
        for offset in range(0, reach, 4):
            start = QPointF(hidden.left() + offset, hidden.top())
            painter.drawLine(start, start + QPointF(-hidden.height(), hidden.height()))
        painter.restore()

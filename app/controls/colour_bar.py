"""The colours of a map with their unit: darker to brighter, or from 0; hatched where nothing is drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.stage.colour import change_colour
from app.theme import fonts
from app.theme.current import colour, scaled
from app.theme.halo import halo_text
from app.theme.tokens import MINUS, PICTURE

BAR = 8


class ColourBar(QWidget):
    """Lying in a panel, or upright over a picture (then in the pictures' own colours)."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Horizontal, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._orientation = orientation
        self._threshold, self._limit, self._unit = 8.0, 60.0, ""
        self._two_sided = True
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

    def set_two_sided(self, two_sided: bool) -> None:
        """Whether values are darker or brighter, or a spread, which is never below 0."""
        self._two_sided = two_sided
        self._name_for_readers()
        self.update()

    @property
    def _least(self) -> float:
        return -self._limit if self._two_sided else 0.0

    def _fraction(self, value: float) -> float:
        """Where ``value`` stands between the ends, 0 to 1."""
        return (value - self._least) / (self._limit - self._least)

    def _text(self, value: float) -> str:
        sign = ("+" if value > 0 else MINUS) if self._two_sided and value else ""
        return f"{sign}{abs(value):g}"

    @property
    def _inner(self) -> tuple[float, ...]:
        """Where drawing begins."""
        if not self._threshold:
            return ()
        return (self._threshold, -self._threshold) if self._two_sided else (self._threshold,)

    def _name_for_readers(self) -> None:
        unit = f" {self._unit}" if self._unit else ""
        low, high = self._text(self._least), self._text(self._limit)
        range_words = (
            f"Change from {low} darker to {high} brighter" if self._two_sided else f"Spread from {low} to {high}"
        )
        hidden = f", nothing drawn below {self._threshold:g}" if self._threshold else ""
        self.setAccessibleName(f"{range_words}{unit}{hidden}")

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
                for value in (self._limit, *(self._inner if apart else ()), self._least):
                    y = start + length * (1 - self._fraction(value))
                    halo_text(painter, QPointF(BAR + 7, y + metrics.capHeight() / 2), self._text(value), ink)
                return
            baseline = BAR + 3 + metrics.ascent()
            left, right = f"{self._text(self._least)} darker", f"brighter {self._text(self._limit)}{unit}"
            painter.drawText(QPointF(0, baseline), left)
            painter.drawText(QPointF(self.width() - metrics.horizontalAdvance(right), baseline), right)
            left_end = metrics.horizontalAdvance(left)
            for value in self._inner:
                text = self._text(value)
                width = metrics.horizontalAdvance(text)
                at = length * self._fraction(value)
                # Each ends, or begins, where its side of the hatching does, but never over the other or the ends.
                x = min(at, length / 2 - 3) - width if value < 0 else max(at, length / 2 + 3)
                if x > left_end + 6 and x + width < self.width() - metrics.horizontalAdvance(right) - 6:
                    painter.drawText(QPointF(x, baseline), text)

    def _paint_ramp(self, painter: QPainter, bar: QRectF) -> None:
        steps = round(bar.height() if self._upright else bar.width())
        for step in range(steps):
            fraction = (step + 0.5) / steps
            value = self._least + (1 - fraction if self._upright else fraction) * (self._limit - self._least)
            ink = QColor(*change_colour(value / self._limit))
            if self._upright:
                painter.fillRect(QRectF(bar.left(), bar.top() + step, bar.width(), 1), ink)
            else:
                painter.fillRect(QRectF(bar.left() + step, bar.top(), 1, bar.height()), ink)
        gap = min(self._threshold, self._limit)
        low, high = self._fraction(max(-gap, self._least)), self._fraction(gap)
        hidden = QRectF(bar)
        if self._upright:
            hidden.setTop(bar.bottom() - bar.height() * high)
            hidden.setHeight(bar.height() * (high - low))
        else:
            hidden.setLeft(bar.left() + bar.width() * low)
            hidden.setWidth(bar.width() * (high - low))
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

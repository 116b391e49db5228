"""What stands above a column: mark and word of the kind, whose volume, how old, how done; below it the kind's rule."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import fonts, icons
from app.theme.current import colour, scaled
from app.theme.kinds import Kind, paint_kind_mark, paint_kind_rule

HEIGHT = 34
RULE_FROM_FOOT = 5
SIDE = 8
MARK = 14
CHIP = 18


@dataclass(frozen=True)
class Heading:
    """``title``: subject and session; ``age`` "71.5 y"; ``delta`` "+10.0"; ``quality`` "final, 20 steps"."""

    kind: Kind
    title: str = ""
    age: str = ""
    delta: str = ""
    quality: str = ""

    @property
    def spoken(self) -> str:
        """For the screen reader: "ses-M000, scan, 61.5 y"."""
        return ", ".join(part for part in (self.title, self.kind.word, self.age, self.quality) if part)


class KindHeader(QWidget):
    """``compact``: for narrow columns, where the quality takes the title's place and has no border."""

    clicked = Signal()

    def __init__(self, compact: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._compact = compact
        self._heading: Heading | None = None
        self._second: Heading | None = None
        self._selected = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(40)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, scaled(HEIGHT))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(40, scaled(HEIGHT))

    @property
    def heading(self) -> Heading | None:
        return self._heading

    def show_heading(self, heading: Heading | None) -> None:
        self._heading = heading
        self.setAccessibleName(heading.spoken if heading else "empty")
        self.update()

    def show_second(self, heading: Heading | None) -> None:
        """What is laid over the first: both are named, and the rule is of both kinds."""
        self._second = heading
        if heading is not None and self._heading is not None:
            self.setAccessibleName(f"{self._heading.spoken}, against {heading.spoken}")
        self.update()

    def set_selected(self, selected: bool) -> None:
        """The chosen column's mark, word and age are drawn in the accent."""
        if selected != self._selected:
            self._selected = selected
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.clicked.emit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.StyleChange:
            self.updateGeometry()
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        heading = self._heading
        if heading is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
            height = self.height()
            rule = height - RULE_FROM_FOOT
            if self._second is not None:
                self._paint_pair(painter, heading, self._second, rule)
                return
            paint_kind_rule(painter, heading.kind, 0, self.width(), rule, colour("text2"))
            middle = (rule - 1) / 2 - 2
            ink = colour("accent" if self._selected else "text")
            paint_kind_mark(painter, heading.kind, QRectF(SIDE + 1, middle - MARK / 2, MARK, MARK), ink)

            right = float(self.width() - SIDE)
            quality = "" if self._compact else self._fitting_quality(heading)
            if quality:
                right = self._paint_chip(painter, quality, right, middle) - 8
            if heading.delta:
                right = self._paint_right(painter, heading.delta, fonts.font("body"), "text2", right, middle) - 6
            if heading.age:
                painter.setPen(ink)
                right = self._paint_right(painter, heading.age, fonts.semibold("name"), "", right, middle) - 8
            word = heading.kind.word.capitalize()
            face = fonts.semibold("name")
            left = float(SIDE + 1 + MARK + 8)
            painter.setFont(face)
            painter.setPen(ink)
            baseline = middle + _centre_above_baseline(face)
            word = QFontMetricsF(face).elidedText(word, Qt.TextElideMode.ElideRight, right - left)
            painter.drawText(QPointF(left, baseline), word)
            left += QFontMetricsF(face).horizontalAdvance(word) + 8
            rest = heading.quality if self._compact and heading.quality else heading.title
            face = fonts.font("note" if self._compact else "body")
            metrics = QFontMetricsF(face)
            painter.setFont(face)
            painter.setPen(colour("text3" if self._compact else "text2"))
            room = right - left
            if metrics.horizontalAdvance(rest) > room and rest == heading.quality:
                rest = rest.partition(",")[0]  # "final" whole rather than "final, 12…"
            if room > metrics.horizontalAdvance("…") * 2:
                painter.drawText(QPointF(left, baseline), metrics.elidedText(rest, Qt.TextElideMode.ElideRight, room))

    def _paint_pair(self, painter: QPainter, first: Heading, second: Heading, rule: int) -> None:
        half, middle = self.width() / 2, (rule - 1) / 2 - 2
        paint_kind_rule(painter, first.kind, 0, half, rule, colour("text2"))
        paint_kind_rule(painter, second.kind, half, self.width(), rule, colour("text2"))
        left = float(SIDE + 1)
        for heading in (first, second):
            if heading is second:
                icons.paint_icon(painter, "compare", QRectF(left, middle - 7, 14, 14), colour("text2"))
                left += 14 + 10
            paint_kind_mark(painter, heading.kind, QRectF(left, middle - MARK / 2, MARK, MARK), colour("text"))
            left += MARK + 8
            strong, weak = fonts.semibold("name"), fonts.font("body")
            for text, face, token in (
                (heading.kind.word.capitalize(), strong, "text"),
                (heading.title, weak, "text2"),
                (heading.age, strong, "text"),
                (heading.delta, weak, "text2"),
            ):
                if text:
                    painter.setFont(face)
                    painter.setPen(colour(token))
                    painter.drawText(QPointF(left, middle + _centre_above_baseline(face)), text)
                    left += QFontMetricsF(face).horizontalAdvance(text) + 8
            left += 4
        hint = fonts.font("note")
        if second.quality and left + QFontMetricsF(hint).horizontalAdvance(second.quality) < self.width() - SIDE:
            self._paint_right(painter, second.quality, hint, "text3", float(self.width() - SIDE), middle)

    def _paint_right(self, painter: QPainter, text: str, face: QFont, token: str, right: float, middle: float) -> float:
        """Text that ends at ``right``; returns where it begins. No token: the pen stays."""
        width = QFontMetricsF(face).horizontalAdvance(text)
        painter.setFont(face)
        if token:
            painter.setPen(colour(token))
        painter.drawText(QPointF(round(right - width), middle + _centre_above_baseline(face)), text)
        return right - width

    def _fitting_quality(self, heading: Heading) -> str:
        """As much of the quality as leaves the kind its whole word, and a map what it is of: the quality
        is written at the slider too."""
        name, body, note = (
            QFontMetricsF(face) for face in (fonts.semibold("name"), fonts.font("body"), fonts.font("note"))
        )
        taken = 2 * SIDE + MARK + 25 + name.horizontalAdvance(heading.kind.word.capitalize() + heading.age)
        taken += body.horizontalAdvance(heading.delta) + 6
        taken += body.horizontalAdvance(heading.title) if heading.kind is Kind.CHANGE else 0.0
        for words in (heading.quality, heading.quality.partition(",")[0]):
            if words and taken + note.horizontalAdvance(words) + CHIP <= self.width():
                return words
        return ""

    def _paint_chip(self, painter: QPainter, text: str, right: float, middle: float) -> float:
        face = fonts.font("note")
        metrics = QFontMetricsF(face)
        width, height = metrics.horizontalAdvance(text) + CHIP, metrics.height() + 5
        box = QRectF(round(right - width) + 0.5, round(middle - height / 2) + 0.5, round(width), round(height))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour("line"), 1.0))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        painter.setFont(face)
        painter.setPen(colour("text2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()
        return box.left()


def _centre_above_baseline(face: QFont) -> float:
    """How far the middle of the capitals lies above the baseline."""
    return QFontMetricsF(face).capHeight() / 2

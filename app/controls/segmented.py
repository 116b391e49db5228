"""A few words of which one is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import fonts
from app.theme.current import colour, scaled
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.tokens import RADIUS_FIELD

PADDING = 11
MARK = 13
OFF = 0.42


class Segmented(QWidget):
    """Arrows move the choice. ``marks`` puts a kind's mark before a word."""

    chosen = Signal(str)
    """The user's choice (not a choice made by ``choose``)."""

    def __init__(
        self, words: Sequence[str], marks: Mapping[str, Kind] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._words = tuple(words)
        self._marks = dict(marks or {})
        self._choice = self._words[0]
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._name_for_readers()

    @property
    def choice(self) -> str:
        return self._choice

    def choose(self, word: str) -> None:
        """KeyError: not one of the words."""
        if word not in self._words:
            raise KeyError(word)
        self._choice = word
        self._name_for_readers()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(round(sum(self._widths())), scaled(26))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def _widths(self) -> list[float]:
        metrics = QFontMetricsF(fonts.medium("body"))
        return [
            round(metrics.horizontalAdvance(word) + 2 * PADDING + (MARK + 5 if word in self._marks else 0))
            for word in self._words
        ]

    def _boxes(self) -> list[QRectF]:
        left, boxes = 0.0, []
        for width in self._widths():
            boxes.append(QRectF(left, 0, width, self.height()))
            left += width
        return boxes

    def focus_area(self) -> tuple[QRect, int]:
        return self.rect(), RADIUS_FIELD

    def _name_for_readers(self) -> None:
        self.setAccessibleDescription(f"{self._choice}, one of {', '.join(self._words)}")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self.isEnabled():
                painter.setOpacity(OFF)
            outline = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            shape = QPainterPath()
            shape.addRoundedRect(outline, RADIUS_FIELD, RADIUS_FIELD)
            boxes = self._boxes()
            painter.save()
            painter.setClipPath(shape)
            for word, box in zip(self._words, boxes, strict=True):
                if word == self._choice:
                    painter.fillRect(box, colour("selected"))
            painter.restore()
            painter.setPen(QPen(colour("edge"), 1.0))
            painter.drawPath(shape)
            for box, _ in pairwise(boxes):
                painter.drawLine(QPointF(box.right() - 0.5, 1), QPointF(box.right() - 0.5, self.height() - 1))
            for word, box in zip(self._words, boxes, strict=True):
                token = "text" if word == self._choice else "text2"
                painter.setFont(fonts.medium("body") if word == self._choice else fonts.font("body"))
                painter.setPen(colour(token))
                if word in self._marks:
                    square = QRectF(box.left() + PADDING - 1, box.center().y() - MARK / 2, MARK, MARK)
                    paint_kind_mark(painter, self._marks[word], square, colour(token))
                    box = box.adjusted(MARK + 3, 0, 0, 0)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        for word, box in zip(self._words, self._boxes(), strict=True):
            if box.contains(event.position()):
                self._take(word)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}.get(
            Qt.Key(event.key())
        )
        if step is None:
            event.ignore()
            return
        index = min(max(self._words.index(self._choice) + step, 0), len(self._words) - 1)
        self._take(self._words[index])

    def _take(self, word: str) -> None:
        if word != self._choice:
            self.choose(word)
            self.chosen.emit(word)

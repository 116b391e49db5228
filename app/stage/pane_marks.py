"""What is drawn over a picture: crosshair, letters, place, grid, how done it is, what kind it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.theme import fonts, icons
from app.theme.halo import halo_text
from app.theme.kinds import Kind, paint_kind_tag, tag_size
from app.theme.tokens import PICTURE, steps_words

StateName = Literal["final", "preview", "refining", "out of date"]

EDGE = 8
"""Pixels between what is written on a picture and its edge."""
TAG_MARGIN = 5.0
CROSSHAIR_MARGIN = 24
CROSSHAIR_GAP = 9
WAITING_OPACITY = 0.42
BAR = 2
"""Height of the refining bar."""
# Words of a wipe stand this far above the foot, clear of the lower letter and of the grid label.
WIPE_WORDS_ABOVE_FOOT = 52.0
KNOB = 14.0
HEAD = 7.0
"""Pixels above the upper letter; a line more where it would stand in the place."""
FOOT, HIGHER_FOOT = 7, 25
"""Pixels below the lower letter; the higher where it would stand in the grid's name."""
TAG_GAP = 4.0
"""Between the tag and what else is written."""
RULER_END = 4.0
"""Half the length of the mark at a ruler's end."""
SHADE = QColor(0, 0, 0, 170)
HALO = QColor(0, 0, 0, 128)
UNDONE = QColor("#20262B")


@dataclass(frozen=True)
class PictureState:
    """How done the picture is. ``steps``: solver steps it has; ``fraction``: how far the refining is, 0 to 1."""

    name: StateName = "final"
    steps: int | None = None
    fraction: float | None = None

    @property
    def words(self) -> str:
        """What is written on the picture; empty for a final one."""
        if self.name == "out of date":
            return "out of date"
        if self.name in ("preview", "refining"):
            return "preview" if self.steps is None else f"preview, {steps_words(self.steps)}"
        return ""


@dataclass(frozen=True)
class PaneWords:
    """``letters``: what lies at the left, right, upper and lower edge. ``own``: the sign of an unlinked cell."""

    name: str
    position: str
    letters: tuple[str, str, str, str]
    grid_label: str
    own: str
    state: PictureState


def paint_crosshair(painter: QPainter, size: QSize, x: float, y: float) -> None:
    """1 px on a 3 px halo, open around (x, y), ending before the letters at the edges."""
    x, y = round(x), round(y)
    inside = QRect(0, 0, size.width(), size.height()).adjusted(
        CROSSHAIR_MARGIN, CROSSHAIR_MARGIN, -CROSSHAIR_MARGIN, -CROSSHAIR_MARGIN
    )
    far = size.width() + size.height()
    lines = [
        QRect(x, y - CROSSHAIR_GAP - far, 1, far),
        QRect(x, y + CROSSHAIR_GAP + 1, 1, far),
        QRect(x - CROSSHAIR_GAP - far, y, far, 1),
        QRect(x + CROSSHAIR_GAP + 1, y, far, 1),
    ]
    lines = [line & inside for line in lines if line.intersects(inside)]
    for line in lines:
        halo = line.adjusted(-1, 0, 1, 0) if line.width() == 1 else line.adjusted(0, -1, 0, 1)
        painter.fillRect(halo, HALO)
    for line in lines:
        painter.fillRect(line, QColor(PICTURE["crosshair"]))


def paint_ruler(painter: QPainter, start: QPointF, end: QPointF, millimetres: float) -> None:
    """A measured line, its ends marked, its length beside its middle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    along = end - start
    length = (along.x() ** 2 + along.y() ** 2) ** 0.5
    across = QPointF(-along.y(), along.x()) * (RULER_END / length) if length else QPointF(0, RULER_END)
    for pen in (QPen(HALO, 3.0), QPen(QColor(PICTURE["text"]), 1.2)):
        painter.setPen(pen)
        painter.drawLine(start, end)
        for tip in (start, end):
            painter.drawLine(tip - across, tip + across)
    painter.setFont(fonts.medium("pane"))
    halo_text(painter, (start + end) / 2 + QPointF(6, -5), f"{millimetres:.1f} mm", QColor(PICTURE["text"]))
    painter.restore()


def paint_words(painter: QPainter, size: QSize, words: PaneWords) -> None:
    """Everything that is written on a slice but the tag of its kind."""
    face = fonts.medium("pane")
    metrics = QFontMetricsF(face)
    painter.setFont(face)
    _paint_letters(painter, size, words, metrics)
    x, y = float(EDGE), 6 + metrics.ascent()
    if name := shown_name(size, words):
        x += _paint_plain(painter, QPointF(x, y), name + " ")
    painter.setFont(face)
    halo_text(painter, QPointF(x, y), words.position, QColor(PICTURE["text"]))
    if words.own:
        _paint_own(painter, words.own, y + metrics.descent() + 6)
    foot = size.height() - 7 - metrics.descent()
    if words.grid_label:
        _paint_plain(painter, QPointF(EDGE, foot), words.grid_label)
        foot -= metrics.height() + 5
    paint_state(painter, size, words.state, foot)


def shown_name(size: QSize, words: PaneWords) -> str:
    """The plane's word, or nothing where the place behind it would run into the upper letter."""
    metrics = QFontMetricsF(fonts.medium("pane"))
    end = EDGE + metrics.horizontalAdvance(f"{words.name} {words.position}")
    return words.name if end + TAG_GAP <= (size.width() - metrics.horizontalAdvance(words.letters[2])) / 2 else ""


def paint_tag(painter: QPainter, size: QSize, tag: str, words: PaneWords) -> None:
    for line, box in tag_boxes(size, tag, words):
        paint_kind_tag(painter, line, box.right(), box.top())


def tag_boxes(size: QSize, tag: str, words: PaneWords) -> list[tuple[str, QRectF]]:
    """The tag of the kind in the upper right corner; where that would cover place or letter, above what is written at
    the foot, and a tag wider than the pane on two lines."""
    face = fonts.medium("pane")
    metrics = QFontMetricsF(face)
    right = size.width() - TAG_MARGIN
    head = EDGE + metrics.horizontalAdvance(f"{shown_name(size, words)} {words.position}".strip())
    letter = (size.width() + metrics.horizontalAdvance(words.letters[2])) / 2
    left = right - tag_size(tag).width()
    if left >= max(head, letter) + TAG_GAP:
        return [(tag, QRectF(QPointF(left, TAG_MARGIN), tag_size(tag)))]
    lines = [tag] if tag_size(tag).width() <= right - TAG_MARGIN else tag.split(", ")
    bottom = size.height() - letter_foot(size, words) - metrics.height() - TAG_GAP
    boxes = []
    for line in reversed(lines):
        bottom -= tag_size(line).height()
        boxes.append((line, QRectF(QPointF(right - tag_size(line).width(), bottom), tag_size(line))))
        bottom -= 2
    return boxes


def _paint_plain(painter: QPainter, at: QPointF, text: str) -> float:
    """Secondary words; returns their width."""
    painter.setFont(fonts.font("pane"))
    halo_text(painter, at, text, QColor(PICTURE["text2"]))
    return QFontMetricsF(painter.font()).horizontalAdvance(text)


def letter_foot(size: QSize, words: PaneWords) -> int:
    """How far above the lower edge the lower letter stands: clear of the grid's name."""
    end = EDGE + QFontMetricsF(fonts.font("pane")).horizontalAdvance(words.grid_label)
    letter = QFontMetricsF(fonts.medium("pane")).horizontalAdvance(words.letters[3])
    return FOOT if end + TAG_GAP <= (size.width() - letter) / 2 else HIGHER_FOOT


def letter_head(size: QSize, words: PaneWords) -> float:
    """How far below the upper edge the upper letter stands: clear of the place."""
    metrics = QFontMetricsF(fonts.medium("pane"))
    end = EDGE + metrics.horizontalAdvance(f"{shown_name(size, words)} {words.position}".strip())
    beside = end + TAG_GAP <= (size.width() - metrics.horizontalAdvance(words.letters[2])) / 2
    return HEAD if beside else HEAD + metrics.height()


def _paint_letters(painter: QPainter, size: QSize, words: PaneWords, metrics: QFontMetricsF) -> None:
    width, height = size.width(), size.height()
    left, right, top, bottom = words.letters
    ink = QColor(PICTURE["letter"])
    foot = letter_foot(size, words)
    # A little above the middle, where the crosshair's line usually runs.
    beside = height / 2 - 6 + metrics.ascent() - metrics.height() / 2
    places = {
        left: QPointF(EDGE, beside),
        right: QPointF(width - EDGE - metrics.horizontalAdvance(right), beside),
        top: QPointF((width - metrics.horizontalAdvance(top)) / 2, letter_head(size, words) + metrics.ascent()),
        bottom: QPointF((width - metrics.horizontalAdvance(bottom)) / 2, height - foot - metrics.descent()),
    }
    for letter, at in places.items():
        halo_text(painter, at, letter, ink)


def _paint_own(painter: QPainter, words: str, top: float) -> None:
    """Broken link and "own window" below the place."""
    metrics = QFontMetricsF(painter.font())
    ink = QColor(PICTURE["warn"])
    _paint_shade(painter, QRectF(EDGE - 2, top - 2, metrics.horizontalAdvance(words) + 29, metrics.height() + 5))
    icons.paint_icon(painter, "unlinked", QRectF(EDGE + 3, top, 12, metrics.height()), ink)
    halo_text(painter, QPointF(EDGE + 20, top + metrics.ascent()), words, ink)


def paint_state(painter: QPainter, size: QSize, state: PictureState, baseline: float) -> None:
    """The words of the state at the left, and the bar at the foot while it is being refined."""
    if state.words:
        painter.setFont(fonts.font("pane"))
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(state.words) + 8
        _paint_shade(painter, QRectF(EDGE - 4, baseline - metrics.ascent() - 2, width, metrics.height() + 4))
        halo_text(painter, QPointF(EDGE, baseline), state.words, QColor(PICTURE["text"]))
    if state.name == "refining":
        top = size.height() - BAR
        painter.fillRect(0, top, size.width(), BAR, UNDONE)
        painter.fillRect(0, top, round(size.width() * (state.fraction or 0.0)), BAR, QColor(PICTURE["crosshair"]))


def paint_wipe(painter: QPainter, size: QSize, fraction: float, left: Kind, right: Kind) -> None:
    """The divider, and on both sides the word of what lies there."""
    split = round(size.width() * fraction)
    painter.fillRect(split - 2, 0, 4, size.height(), HALO)
    painter.fillRect(split - 1, 0, 2, size.height(), QColor(PICTURE["text"]))
    top = size.height() - WIPE_WORDS_ABOVE_FOOT
    if split > 60:
        paint_kind_tag(painter, left.word, split - 9.0, top, dashed=bool(left.tag))
    if size.width() - split > 60:
        width = QFontMetricsF(fonts.medium("pane")).horizontalAdvance(right.word) + 10
        end = min(split + 9.0 + width, size.width() - TAG_MARGIN)
        paint_kind_tag(painter, right.word, end, top, dashed=bool(right.tag))


def wipe_handle(size: QSize, fraction: float) -> QPointF:
    """The middle of the knob: low in the pane, but above the words on both sides of the divider."""
    above_words = size.height() - WIPE_WORDS_ABOVE_FOOT - KNOB - TAG_GAP
    return QPointF(round(size.width() * fraction), min(size.height() * 0.8, above_words))


def paint_wipe_handle(painter: QPainter, size: QSize, fraction: float) -> None:
    """The knob on the divider: here it can be taken hold of."""
    middle = wipe_handle(size, fraction)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(PICTURE["text"]), 2.0))
    painter.setBrush(QColor(PICTURE["ground"]))
    painter.drawEllipse(middle, KNOB, KNOB)
    for side in (-1, 1):
        tip = middle + QPointF(side * 8, 0)
        for up in (-4, 4):
            painter.drawLine(tip, tip + QPointF(-side * 4, up))
    painter.restore()


def paint_empty(painter: QPainter, size: QSize, text: str) -> None:
    """What an empty pane says, in a dashed frame; nothing without words."""
    if not text:
        return
    box = QRectF(0, 0, size.width(), size.height())
    pen = QPen(QColor(PICTURE["edge"]), 1.0)
    pen.setDashPattern([3.0, 3.0])
    painter.setPen(pen)
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    painter.setFont(fonts.font("body"))
    painter.setPen(QColor(PICTURE["text2"]))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _paint_shade(painter: QPainter, box: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(SHADE)
    painter.drawRoundedRect(box, 3, 3)

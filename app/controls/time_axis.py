"""The axis of years under the columns: visits solid, points made by the model hollow, a measure's curve above.

With equal steps each point stands under its column; with typed ages the axis is to scale and thin leaders go up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import fonts
from app.theme.current import colour, scaled
from app.theme.kinds import Kind, paint_kind_mark, rule_pen
from app.theme.tokens import number

GUTTER = 64
RIGHT = 4
TITLE_ROW = 26
FOOT = 46
AXIS_GAP = 30
MARK = 17
HIT = 12
KEY_YEARS = 0.5


@dataclass(frozen=True)
class AxisPoint:
    """``value`` of the measure stands at the mark; ``line_value`` (default: the same) is where the curve runs: at a
    visit through its copy, so that the step from scan to model is not read as change. A ``visit`` may be of any kind: a
    synthetic file can be one."""

    age: float
    kind: Kind
    value: float | None = None
    line_value: float | None = None
    visit: bool = False

    @property
    def curve(self) -> float | None:
        return self.value if self.line_value is None else self.line_value


class TimeAxis(QWidget):
    """Points in order of age. Left and right keys choose a neighbour; synthetic points may be dragged if movable, or
    moved by Shift and the arrows, and taken away by Delete."""

    point_clicked = Signal(int)
    point_dragged = Signal(int, float)
    """(index, age) while the mark moves."""
    point_dropped = Signal(int, float)
    point_removed = Signal(int)
    age_asked = Signal(float)
    """A double-click where nothing stands: a point is wanted at this age."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[AxisPoint, ...] = ()
        self._columns: tuple[float, ...] = ()
        self._selected: int | None = None
        self._title = ""
        self._movable = False
        self._pressed: int | None = None
        self._dragged: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(120)
        self._name_for_readers()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(900, 226)

    def set_points(self, points: Sequence[AxisPoint], title: str = "") -> None:
        """``title`` names the measure of the values ("Lateral ventricles, ml")."""
        self._points, self._title = tuple(sorted(points, key=lambda point: point.age)), title
        if self._selected is not None and self._selected >= len(self._points):
            self._selected = None
        self._name_for_readers()
        self.update()

    def set_columns(self, centres: Sequence[float]) -> None:
        """x of the middle of each point's column, in this widget's pixels; empty: spread to scale."""
        self._columns = tuple(centres)
        self.update()

    def set_selected(self, index: int | None) -> None:
        """A point that does not stand here yet chooses none."""
        self._selected = index if index is not None and index < len(self._points) else None
        self._name_for_readers()
        self.update()

    def set_movable(self, movable: bool) -> None:
        """Whether points between the visits can be dragged to another age."""
        self._movable = movable

    def _name_for_readers(self) -> None:
        words = [f"{number(point.age)} years, {point.kind.word}" for point in self._points]
        chosen = "" if self._selected is None else f"; chosen: {words[self._selected]}"
        self.setAccessibleName(f"Time axis, {len(words)} points{chosen}")

    def focus_area(self) -> tuple[QRect, int]:
        if self._selected is None:
            return self.rect().adjusted(4, 4, -4, -4), 2
        half = MARK // 2
        x = round(self._xs()[self._selected])
        return QRect(x - half, round(self._axis_y()) - half, MARK, MARK), half

    # Places

    @property
    def _to_scale(self) -> bool:
        steps = [after.age - before.age for before, after in pairwise(self._points)]
        equal = not steps or max(steps) - min(steps) < 0.05 * max(max(steps), 1e-9)
        return len(self._columns) != len(self._points) or not equal

    def _visits(self) -> tuple[float, float] | None:
        """Ages of the first and last visit."""
        ages = [point.age for point in self._points if point.visit]
        return (ages[0], ages[-1]) if len(ages) > 1 else None

    def _anchors(self) -> tuple[float, float, float, float]:
        """(age, x) of two points that fix the scale of a to-scale axis."""
        first, last = self._points[0].age, self._points[-1].age
        left, right = GUTTER + 58.0, self.width() - RIGHT - 90.0
        if len(self._columns) == len(self._points) > 1:
            left, right = self._columns[0], self._columns[-1]
        return first, left, max(last, first + 1e-6), right

    def _x(self, age: float) -> float:
        xs, ages = (self._columns, [point.age for point in self._points])
        if self._to_scale or len(xs) < 2:
            first, left, last, right = self._anchors()
            return left + (age - first) / (last - first) * (right - left)
        if ages[-1] <= ages[0]:  # visits at one age
            return (xs[0] + xs[-1]) / 2
        return xs[0] + (age - ages[0]) / (ages[-1] - ages[0]) * (xs[-1] - xs[0])

    def _xs(self) -> list[float]:
        if not self._to_scale:
            return list(self._columns)
        return [self._x(point.age) for point in self._points]

    def _age_at(self, x: float) -> float:
        zero, one = self._x(0.0), self._x(1.0)
        return (x - zero) / (one - zero)

    def _axis_y(self) -> float:
        return float(self.height() - scaled(FOOT))

    def _plot(self) -> QRectF:
        top = scaled(TITLE_ROW) if self._title else 12
        return QRectF(GUTTER, top, self.width() - GUTTER - RIGHT, self._axis_y() - AXIS_GAP - top)

    def _scale(self) -> tuple[float, float, float] | None:
        """(lowest, highest, step) of the measure's grid, or None where no point has a value."""
        values = [v for point in self._points for v in (point.value, point.curve) if v is not None]
        if not values:
            return None
        low, high = min(values), max(values)
        step = _round_step(max(high - low, abs(high) * 1e-3, 1e-6) / 4)
        lowest, highest = floor(low / step) * step, ceil(high / step) * step
        return lowest, max(highest, lowest + step), step

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if not self._points:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_beyond(painter)
            scale = self._scale()
            if scale is not None:
                self._paint_grid(painter, scale)
            self._paint_leaders(painter)
            self._paint_selection(painter)
            if scale is not None:
                self._paint_curve(painter, scale)
            self._paint_axis(painter)

    def _paint_beyond(self, painter: QPainter) -> None:
        visits = self._visits()
        if visits is None:
            return
        plot = self._plot().adjusted(0, -12 if self._title else 0, 0, 5)
        first, last = (self._x(age) for age in visits)
        for left, right in ((plot.left(), first - 20), (last + 20, plot.right())):
            if right - left < 4:
                continue
            painter.save()
            painter.setClipRect(QRectF(left, plot.top(), right - left, plot.height()))
            painter.setPen(QPen(colour("line", 0.7), 1.0))
            reach = int(right - left + plot.height())
            for offset in range(0, reach, 7):
                start = QPointF(left + offset, plot.top())
                painter.drawLine(start, start + QPointF(-plot.height(), plot.height()))
            painter.restore()

    def _y(self, value: float, scale: tuple[float, float, float]) -> float:
        plot, (low, high, _) = self._plot(), scale
        return plot.bottom() - (value - low) / (high - low) * plot.height()

    def _paint_grid(self, painter: QPainter, scale: tuple[float, float, float]) -> None:
        low, high, step = scale
        face = fonts.font("note")
        metrics = QFontMetricsF(face)
        painter.setFont(face)
        decimals = _decimals(step)
        plot = self._plot()
        lines = round((high - low) / step)
        apart = ceil(lines * (metrics.capHeight() + 6) / max(plot.height(), 1.0))
        for index in range(0, lines + 1, max(apart, 1)):
            value = low + index * step
            y = round(self._y(value, scale)) + 0.5
            painter.setPen(QPen(colour("line"), 1.0))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            text = number(value, decimals)
            painter.setPen(colour("text3"))
            at = QPointF(plot.left() - 10 - metrics.horizontalAdvance(text), y + metrics.capHeight() / 2)
            painter.drawText(at, text)
        if self._title:
            painter.setPen(colour("text2"))
            painter.drawText(QPointF(plot.left() + 8, 5 + metrics.ascent()), self._title)

    def _paint_leaders(self, painter: QPainter) -> None:
        if not self._to_scale or len(self._columns) != len(self._points):
            return
        painter.setPen(QPen(colour("edge", 0.6), 1.0))
        for x, centre in zip(self._xs(), self._columns, strict=True):
            painter.drawLine(QPointF(centre, 0), QPointF(x, 10))
            painter.drawLine(QPointF(x, 10), QPointF(x, self._axis_y() - MARK / 2))

    def _paint_selection(self, painter: QPainter) -> None:
        if self._selected is not None:
            x = round(self._xs()[self._selected])
            painter.fillRect(QRectF(x - 1, 0, 2, self._axis_y() - MARK / 2 + 2), colour("accent"))

    def _paint_curve(self, painter: QPainter, scale: tuple[float, float, float]) -> None:
        xs = self._xs()
        for (x0, before), (x1, after) in pairwise(zip(xs, self._points, strict=True)):
            if before.curve is None or after.curve is None:
                continue
            beyond = Kind.EXTRAPOLATED in (before.kind, after.kind)
            painter.setPen(rule_pen(Kind.EXTRAPOLATED if beyond else Kind.SYNTHETIC, colour("text2"), 1.5))
            painter.drawLine(QPointF(x0, self._y(before.curve, scale)), QPointF(x1, self._y(after.curve, scale)))
        for index, (x, point) in enumerate(zip(xs, self._points, strict=True)):
            if point.value is not None:
                self._paint_mark(painter, index, QPointF(x, self._y(point.value, scale)))
        painter.setFont(fonts.font("note"))
        painter.setPen(colour("text"))
        for text, box in self._value_words(scale):
            painter.drawText(box.bottomLeft(), text)

    def _value_words(self, scale: tuple[float, float, float]) -> list[tuple[str, QRectF]]:
        """The values beside their marks, on the side that is free, left out where neither is; the chosen one's always.

        Boxes end at the baseline.
        """
        metrics, xs = QFontMetricsF(fonts.font("note")), self._xs()
        values = {index: point.value for index, point in enumerate(self._points) if point.value is not None}
        half = MARK * 0.42
        centres = [QPointF(xs[index], self._y(value, scale)) for index, value in values.items()]
        taken = [QRectF(at.x() - half, at.y() - half, 2 * half, 2 * half) for at in centres]
        words: list[tuple[str, QRectF]] = []
        for index in sorted(values, key=self._rank):
            text = number(values[index], _decimals(scale[2]) + 1)
            width, height = metrics.horizontalAdvance(text), metrics.capHeight()
            sides = [xs[index] + 14, xs[index] - 8 - width]
            if index and self._rises(index, scale, 14 + width):
                sides.reverse()
            top = self._y(values[index], scale) - 8 - height
            boxes = [QRectF(left, top, width, height) for left in sides if left >= GUTTER]
            free = [box for box in boxes if not any(box.intersects(other) for other in taken)]
            if free or index == self._selected:
                words.append((text, (free or boxes)[0]))
                taken.append(words[-1][1])
        return words

    def _rank(self, index: int) -> tuple[bool, bool, int]:
        """Lower for a point whose words matter more where there is no room for all: the chosen one, then visits."""
        return index != self._selected, not self._points[index].visit, index

    def _rises(self, index: int, scale: tuple[float, float, float], along: float) -> bool:
        """Whether the line from a point to the next one would run through words of the width ``along`` beside it."""
        if index + 1 >= len(self._points):
            return False
        point, following, xs = self._points[index], self._points[index + 1], self._xs()
        right = xs[index + 1] - xs[index]
        if point.value is None or following.curve is None or right < 1:  # of one age: no line goes to the right
            return False
        return (self._y(point.value, scale) - self._y(following.curve, scale)) / right * along > 14

    def _paint_axis(self, painter: QPainter) -> None:
        y, xs = self._axis_y(), self._xs()
        plot = self._plot()
        visits = self._visits()
        first, last = (self._x(visits[0]), self._x(visits[1])) if visits else (xs[0], xs[-1])
        painter.setPen(QPen(colour("edge"), 1.5))
        painter.drawLine(QPointF(first, y), QPointF(last, y))
        painter.setPen(rule_pen(Kind.EXTRAPOLATED, colour("edge"), 1.5))
        painter.drawLine(QPointF(plot.left(), y), QPointF(first, y))
        painter.drawLine(QPointF(last, y), QPointF(plot.right(), y))
        for index, x in enumerate(xs):
            self._paint_mark(painter, index, QPointF(x, y))
        kind_face = fonts.font("note")
        kinds = QFontMetricsF(kind_face)
        line = y + MARK / 2 + 3 + QFontMetricsF(fonts.semibold("body")).ascent()
        told = self._age_words()
        for index, text, box in told:
            point = self._points[index]
            face = fonts.semibold("body") if point.visit or index == self._selected else fonts.medium("body")
            painter.setFont(face)
            painter.setPen(colour("text"))
            middle = box.center().x()
            painter.drawText(QPointF(middle - QFontMetricsF(face).horizontalAdvance(text) / 2, line), text)
            painter.setFont(kind_face)
            painter.setPen(colour("text3"))
            word = point.kind.word
            painter.drawText(QPointF(middle - kinds.horizontalAdvance(word) / 2, line + kinds.height() + 1), word)
        last_right = max((box.right() for _, _, box in told), default=0.0)
        words = "beyond the visits"
        if visits is not None and plot.right() - last_right > kinds.horizontalAdvance(words) + 12:
            painter.setPen(colour("text3"))
            painter.drawText(QPointF(plot.right() - kinds.horizontalAdvance(words), line), words)
        if self._dragged is not None:
            x = self._x(self._dragged)
            painter.setOpacity(0.6)
            self._paint_mark(painter, self._pressed or 0, QPointF(x, y))

    def _age_words(self) -> list[tuple[int, str, QRectF]]:
        """Index, age and room of the points whose age has a place under the axis."""
        ages, kinds, xs = QFontMetricsF(fonts.semibold("body")), QFontMetricsF(fonts.font("note")), self._xs()
        told: list[tuple[int, str, QRectF]] = []
        for index in sorted(range(len(xs)), key=self._rank):
            point = self._points[index]
            text = f"{number(point.age)} y"
            width = max(ages.horizontalAdvance(text), kinds.horizontalAdvance(point.kind.word))
            box = QRectF(xs[index] - width / 2, self._axis_y(), width, scaled(FOOT))
            if not any(box.adjusted(-6, 0, 6, 0).intersects(other) for _, _, other in told):
                told.append((index, text, box))
        return told

    def _paint_mark(self, painter: QPainter, index: int, at: QPointF) -> None:
        ink: QColor = colour("accent" if index == self._selected else "text")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("stage"))
        painter.drawEllipse(at, MARK * 0.42, MARK * 0.42)
        box = QRectF(at.x() - MARK / 2, at.y() - MARK / 2, MARK, MARK)
        paint_kind_mark(painter, self._points[index].kind, box, ink)

    # Mouse and keys

    def _hit(self, where: QPointF) -> int | None:
        """The nearest point whose column of pixels is under the mouse."""
        near = [(abs(x - where.x()), index) for index, x in enumerate(self._xs())]
        distance, index = min(near, default=(HIT + 1, 0))
        return index if distance <= HIT else None

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._pressed = self._hit(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if self._pressed is not None:
            self.point_clicked.emit(self._pressed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        index = self._pressed
        if index is None or not self._may_move(index):
            return
        age = round(self._age_at(event.position().x()), 1)
        if self._dragged is not None or abs(age - self._points[index].age) >= 0.1:
            self._dragged = age
            self.point_dragged.emit(index, age)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        index, age = self._pressed, self._dragged
        self._pressed = self._dragged = None
        if index is not None and age is not None:
            self.point_dropped.emit(index, age)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._is_movable and self._hit(event.position()) is None:
            self.age_asked.emit(round(self._age_at(event.position().x()), 1))

    @property
    def _is_movable(self) -> bool:
        """Where all points have one age, no place on the axis is another one."""
        return self._movable and bool(self._points) and self._points[0].age < self._points[-1].age

    def _may_move(self, index: int | None) -> bool:
        return self._is_movable and index is not None and not self._points[index].visit

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        chosen = self._selected
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and chosen is not None and self._may_move(chosen):
            self.point_removed.emit(chosen)
            return
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._points:
            event.ignore()
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and chosen is not None and self._may_move(chosen):
            self.point_dropped.emit(chosen, round(self._points[chosen].age + step * KEY_YEARS, 1))
            return
        now = -1 if self._selected is None else self._selected
        index = min(max(now + step, 0), len(self._points) - 1)
        self.set_selected(index)
        self.point_clicked.emit(index)


def _decimals(step: float) -> int:
    """Figures behind the point that the lines of the grid need."""
    return max(0, -floor(log10(step))) if step < 1 else 0


def _round_step(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** floor(log10(step))
    return next(multiple * power for multiple in (1, 2, 5, 10) if multiple * power >= step * 0.999)

"""The slider of one direction: where the scan is, how far it was moved, what the model has seen.

The int position of QAbstractSlider counts steps of the last written decimal, so that what is read is what is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QLineEdit, QSizePolicy, QWidget

from app.theme import fonts, icons, style
from app.theme.current import colour, scaled
from app.theme.tokens import MINUS, parse_number, signed
from app.theme.tokens import number as written

Look = Literal["zero", "held", "final", "beyond"]

NAME_ROW = 24
TRACK_ROW = 20
LABEL_ROW = 16
NOTE_ROW = 17
NOTE_SIGN = 19
TRACK = 4
HANDLE = 16
HALO = 3
ARROW = 8
"""Room at an end of the track for the arrowhead that says that the handle's place lies beyond."""
OFF = 0.42


@dataclass(frozen=True)
class Attribute:
    """One direction in its own unit. ``seen``: the range of the training subjects; ``limits``: of the slider.

    ``unit`` is written after the value ("y"), ``unit_spoken`` is read out ("years"); ``beyond`` is the warning outside
    of ``seen``; ``tag`` a word in a chip beside the name ("simulated"), ``tip`` the tool tip. ``relative``: the scan's
    own value is only read, so the distance from it is what is written and typed.
    """

    name: str
    seen: tuple[float, float]
    limits: tuple[float, float]
    unit: str = ""
    unit_spoken: str = ""
    decimals: int = 1
    small_step: float = 0.5
    large_step: float = 5.0
    beyond: str = "Beyond what the model has seen: treat as a sketch."
    tag: str = ""
    tip: str = ""
    relative: bool = False

    def number_text(self, value: float, zero: float) -> str:
        """``value``, where the scan's own is ``zero``: "74.5", of a relative one "+5.0"."""
        return signed(value - zero, self.decimals) if self.relative else written(value, self.decimals)


class AttributeSlider(QAbstractSlider):
    """Without a scan value it is off and says "Open a scan to use this"."""

    value_dragged = Signal(float)
    """The handle moves under the mouse."""
    value_committed = Signal(float)
    """Released, moved by key, typed, or put back to the scan's own value: one step of undo."""
    note_clicked = Signal()
    """The line below was clicked (a side effect's "hold it still?")."""
    lock_clicked = Signal()
    """The padlock beside the name, or H: hold this direction still, or let it go."""

    def __init__(self, attribute: Attribute, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.attribute = attribute
        self._step = 10.0**-attribute.decimals
        self._scan: float | None = None
        self._preview = False
        self._locked = False
        self._lockable = False
        self._effect = 0.0
        self._note = ""
        self._wrong = False
        self._ended = ""
        self._grab = 0.0
        self._dragged = False
        self._opacity = 1.0
        self.setRange(*(round(limit / self._step) for limit in attribute.limits))
        self.setSingleStep(max(round(attribute.small_step / self._step), 1))
        self.setPageStep(max(round(attribute.large_step / self._step), 1))
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._field = QLineEdit(self)
        self._field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._field.setAccessibleName(f"{attribute.name}, type a value")
        self._field.hide()
        self._field.editingFinished.connect(self._take_typed)
        self._field.textEdited.connect(lambda: self._set_wrong(False))
        self._field.installEventFilter(self)
        self.valueChanged.connect(self._on_value)
        self.set_scan_value(None)

    # What is shown

    @property
    def number(self) -> float:
        """The value in the attribute's unit."""
        return round(self.value() * self._step, self.attribute.decimals)

    @property
    def scan_value(self) -> float | None:
        return self._scan

    @property
    def is_zero(self) -> bool:
        """Whether it stands at the scan's own value."""
        return self._scan is None or self.value() == self._position(self._scan)

    def set_scan_value(self, value: float | None) -> None:
        """The scan's own value, where the slider now stands; None: no scan."""
        self._scan = value
        self.setEnabled(value is not None)
        self.setValue(self._position(sum(self.attribute.seen) / 2 if value is None else value))
        self.updateGeometry()
        self._name_for_readers()
        self.update()

    def set_number(self, value: float) -> None:
        """Show ``value`` (kept inside the limits) without announcing it: after undo, or from the document."""
        if not self.isSliderDown():
            self.setValue(self._position(value))
            self.update()

    def set_preview(self, preview: bool) -> None:
        """Whether the picture of this value is still a preview: the handle is half filled."""
        self._preview = preview
        self.update()

    def set_locked(self, locked: bool) -> None:
        """Held still while others move: a padlock by the name, an open handle."""
        self._locked = locked
        self._name_for_readers()
        self.update()

    def set_lockable(self, lockable: bool) -> None:
        """Whether there is another direction that this one could be held still against."""
        self._lockable = lockable
        self.update()

    def set_effect(self, effect: float) -> None:
        """By how much other sliders move what is read here; shown as long as this one is not moved itself."""
        self._effect = effect
        self._name_for_readers()
        self.update()

    @property
    def effect(self) -> float:
        """The side effect that is shown, 0 for one too small to be written."""
        shown = self.is_zero and self._scan is not None and abs(self._effect) >= self._step / 2
        return self._effect if shown else 0.0

    @property
    def _shown(self) -> float:
        """The value that is written; the handle stands there, or at the end that it lies beyond."""
        own = self._scan if self._scan is not None and self.is_zero else self.number
        return own + self.effect

    def set_note(self, note: str) -> None:
        """The line below ("final, 20 steps"); empty takes the line away. Beyond the range the warning stands there, and
        behind it what is told of a side effect."""
        self._note = note
        self.setAccessibleDescription(self.note)
        self.updateGeometry()
        self.update()

    @property
    def look(self) -> Look:
        """How the handle is drawn."""
        low, high = self.attribute.seen
        if self.is_zero and not self.effect:
            return "zero"
        if not low - self._step / 2 <= self._shown <= high + self._step / 2:
            return "beyond"
        return "held" if self._preview or self.isSliderDown() else "final"

    @property
    def note(self) -> str:
        """What stands below the track."""
        if self._wrong:
            return "not a number"
        if self._scan is None:
            return self._note or "Open a scan to use this"
        beyond = self.look == "beyond"
        parts = (self._ended, self.attribute.beyond if beyond else "", self._note if self.effect or not beyond else "")
        return " ".join(part for part in parts if part)

    @property
    def _sign(self) -> str:
        """The icon before the note."""
        if self._wrong:
            return "wrong"
        return "warning" if self._ended or self.look == "beyond" else ""

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(300, scaled(NAME_ROW + TRACK_ROW + LABEL_ROW + NOTE_ROW * self._note_lines()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(180, self.sizeHint().height())

    def _name_for_readers(self) -> None:
        attribute = self.attribute
        if self._scan is None:
            self.setAccessibleName(f"{attribute.name}, slider, open a scan to use this")
            return
        unit = f" {attribute.unit_spoken}" if attribute.unit_spoken else ""
        parts = [f"{attribute.name}, slider, {attribute.number_text(self.number, self._scan)}{unit}"]
        delta = self.number - self._scan
        if attribute.relative:
            parts.append(f"counted from the {written(self._scan, attribute.decimals)} that is read of the scan")
        elif not self.is_zero:
            parts.append(f"{abs(delta):.{attribute.decimals}f} {'more' if delta > 0 else 'less'} than the scan")
        if self.effect:
            parts.append(f"read as {signed(self.effect, attribute.decimals)} by what others move")
        if self._locked:
            parts.append("held still")
        low, high = attribute.seen
        parts.append(f"model has seen {low:g} to {high:g}")
        self.setAccessibleName(", ".join(parts))
        self.setAccessibleDescription(self.note)

    # Places

    def _position(self, value: float) -> int:
        return min(max(round(value / self._step), self.minimum()), self.maximum())

    def _x(self, value: float) -> float:
        low, high = self.attribute.limits
        return (value - low) / (high - low) * self.width()

    def _end(self) -> int:
        """-1 or 1 where what is shown lies beyond that end of the track, else 0."""
        low, high = self.attribute.limits
        return (self._shown > high + self._step / 2) - (self._shown < low - self._step / 2)

    def _handle(self) -> QPointF:
        """The handle's middle; the whole handle is inside of the widget, whatever other sliders do to this one."""
        room = HANDLE / 2 + (ARROW if self._end() else 0)
        return QPointF(min(max(self._x(self._shown), room), self.width() - room), self._track_y())

    def _at(self, x: float) -> int:
        low, high = self.attribute.limits
        return self._position(low + x / max(self.width(), 1) * (high - low))

    def _track_y(self) -> float:
        return float(scaled(NAME_ROW) + scaled(TRACK_ROW) // 2)

    def _value_text(self) -> str:
        if self._scan is None:
            return "–"
        return f"{self.attribute.number_text(self._shown, self._scan)} {self.attribute.unit}".rstrip()

    def _value_box(self) -> QRect:
        width = round(QFontMetricsF(fonts.semibold("value")).horizontalAdvance(self._value_text())) + 2
        return QRect(self.width() - width, 0, width, scaled(NAME_ROW))

    def _note_lines(self) -> int:
        """How many lines the note takes at this width."""
        if not self.note:
            return 0
        room = QRectF(0, 0, max(self.width() - (NOTE_SIGN if self._sign else 0), 1), self.width())
        metrics = QFontMetricsF(fonts.font("note"))
        return round(metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, self.note).height() / metrics.height())

    def _lock_box(self) -> QRect:
        left = round(QFontMetricsF(fonts.medium("name")).horizontalAdvance(self._shown_name())) + 4
        return QRect(left, 0, 20, scaled(NAME_ROW))

    def _delta_text(self) -> str:
        """How far from the scan; nothing where the value itself says so."""
        if not self._scan or self.attribute.relative or (self.is_zero and not self.effect):
            return ""
        return signed(self._shown - self._scan, self.attribute.decimals)

    def _shown_name(self) -> str:
        """The name, cut where the padlock and the value want the room."""
        value = QFontMetricsF(fonts.semibold("value")).horizontalAdvance(self._value_text())
        delta = QFontMetricsF(fonts.font("body")).horizontalAdvance(self._delta_text())
        room = self.width() - value - (delta + 8 if delta else 0) - (28 if self._locked or self._lockable else 8)
        metrics = QFontMetricsF(fonts.medium("name"))
        return metrics.elidedText(self.attribute.name, Qt.TextElideMode.ElideRight, max(room, 40.0))

    def _note_box(self) -> QRect:
        top = scaled(NAME_ROW + TRACK_ROW + LABEL_ROW)
        return QRect(0, top, self.width(), self.height() - top)

    def focus_area(self) -> tuple[QRect, int]:
        """The handle carries the focus ring."""
        at = self._handle()
        half = HANDLE // 2 - 1
        return QRect(round(at.x()) - half, round(at.y()) - half, 2 * half, 2 * half), half

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._opacity = 1.0 if self.isEnabled() else OFF
            self._paint_name(painter)
            self._paint_track(painter)
            self._paint_labels(painter)
            self._paint_note(painter)

    def _ink(self, token: str) -> QColor:
        return colour(token, self._opacity)

    def _paint_name(self, painter: QPainter) -> None:
        attribute = self.attribute
        value_face, name_face, small = fonts.semibold("value"), fonts.medium("name"), fonts.font("body")
        baseline = scaled(NAME_ROW) / 2 + QFontMetricsF(value_face).capHeight() / 2
        painter.setFont(name_face)
        painter.setPen(self._ink("text"))
        name = self._shown_name()
        painter.drawText(QPointF(0, baseline), name)
        x = QFontMetricsF(name_face).horizontalAdvance(name) + 7
        if self._locked or self._lockable:
            place = QRectF(self._lock_box()).adjusted(3, 5, -3, -5)
            ink = self._ink("text" if self._locked else "edge")
            icons.paint_icon(painter, "held" if self._locked else "free", place, ink)
            x += 22
        if attribute.tag:
            self._paint_chip(painter, attribute.tag, x, scaled(NAME_ROW) / 2)
        if self._field.isVisible():
            return
        text = self._value_text()
        right = self.width() - QFontMetricsF(value_face).horizontalAdvance(text)
        painter.setFont(value_face)
        painter.setPen(self._ink("text"))
        painter.drawText(QPointF(right, baseline), text)
        if delta := self._delta_text():
            painter.setFont(small)
            painter.setPen(self._ink("text2"))
            painter.drawText(QPointF(right - 8 - QFontMetricsF(small).horizontalAdvance(delta), baseline), delta)

    def _paint_chip(self, painter: QPainter, text: str, x: float, middle: float) -> None:
        face = fonts.font("pane")
        metrics = QFontMetricsF(face)
        top, width = round(middle - metrics.height() / 2 - 3) + 0.5, metrics.horizontalAdvance(text) + 16
        box = QRectF(x + 0.5, top, width, round(metrics.height()) + 5)
        painter.setPen(QPen(self._ink("line"), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        painter.setFont(face)
        painter.setPen(self._ink("text2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_track(self, painter: QPainter) -> None:
        y = self._track_y()
        low, high = (self._x(end) for end in self.attribute.seen)
        top = y - TRACK / 2
        painter.save()
        # The handle and its halo are cut out of the track, so that what lies behind the widget shows there.
        around = QPainterPath()
        around.addRect(QRectF(self.rect()))
        handle = self._handle()
        hole = QPainterPath()
        hole.addEllipse(handle, HANDLE / 2 + HALO - 1, HANDLE / 2 + HALO - 1)
        painter.setClipPath(around.subtracted(hole))
        painter.setPen(QPen(self._ink("edge"), 1.0))
        for start, end in ((0.0, low), (high, float(self.width()))):
            painter.save()
            painter.setClipRect(QRectF(start, top, max(end - start, 0), TRACK), Qt.ClipOperation.IntersectClip)
            x = start - start % 5
            while x < end:
                painter.drawLine(QPointF(x, top + TRACK), QPointF(x + TRACK * 0.7, top))
                x += 5
            painter.restore()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._ink("edge"))
        painter.drawRoundedRect(QRectF(low, top, high - low, TRACK), TRACK / 2, TRACK / 2)
        if self._scan is not None and (not self.is_zero or self.effect):
            tick = self._x(self._scan)
            left, right = sorted((tick, handle.x()))
            painter.fillRect(QRectF(left, top, right - left, TRACK), self._ink("accent"))
            painter.fillRect(QRectF(round(tick) - 1, y - 7, 2, 14), self._ink("text2"))
        painter.restore()
        self._paint_handle(painter, handle)
        if end := self._end():
            base = handle.x() + end * (HANDLE / 2 + 2)
            tip = base + end * (ARROW - 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._ink("accent"))
            painter.drawPolygon([QPointF(base, y - 5), QPointF(tip, y), QPointF(base, y + 5)])

    def _paint_handle(self, painter: QPainter, at: QPointF) -> None:
        radius = HANDLE / 2
        look = self.look
        if look == "zero":
            painter.setPen(QPen(self._ink("text2"), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, radius - 1, radius - 1)
            return
        accent = self._ink("accent")
        if look == "final":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(accent)
            painter.drawEllipse(at, radius, radius)
            return
        painter.setPen(QPen(accent, 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, radius - 1, radius - 1)
        painter.save()
        inside = QPainterPath()
        inside.addEllipse(at, radius - 1, radius - 1)
        painter.setClipPath(inside)
        if look == "held":
            painter.fillRect(QRectF(at.x() - radius, at.y() - radius, radius, HANDLE), accent)
        else:
            painter.setPen(QPen(accent, 2.0))
            for offset in (-12, -8, -4, 0, 4, 8, 12):
                middle = QPointF(at.x() + offset, at.y())
                painter.drawLine(middle - QPointF(radius, radius), middle + QPointF(radius, radius))
        painter.restore()

    def _paint_labels(self, painter: QPainter) -> None:
        face = fonts.font("note")
        metrics = QFontMetricsF(face)
        painter.setFont(face)
        painter.setPen(self._ink("text3"))
        baseline = scaled(NAME_ROW + TRACK_ROW) + metrics.ascent()
        taken: list[tuple[float, float]] = []
        low, high = self.attribute.seen
        labels = [(low, _short(low)), (high, _short(high))]
        if self._scan is not None:
            text = written(self._scan, self.attribute.decimals)
            text = text.rstrip("0").rstrip(".") if float(self._scan) == 0 else text
            labels.insert(0, (self._scan, f"{'read' if self.attribute.relative else 'scan'} {text}"))
        for value, text in labels:
            width = metrics.horizontalAdvance(text)
            left = min(max(self._x(value) - width / 2, 0.0), self.width() - width)
            if all(left > end + 6 or left + width < start - 6 for start, end in taken):
                painter.drawText(QPointF(left, baseline), text)
                taken.append((left, left + width))

    def _paint_note(self, painter: QPainter) -> None:
        note = self.note
        if not note:
            return
        face = fonts.font("note")
        metrics = QFontMetricsF(face)
        box = self._note_box()
        x = 0.0
        token = "text3"
        if self._sign:
            token = "error" if self._wrong else "warn"
            sign = QRectF(0, box.top() + 1, 14, metrics.height())
            icons.paint_icon(painter, self._sign, sign, self._ink(token))
            x = NOTE_SIGN
        painter.setFont(face)
        painter.setPen(self._ink(token))
        room = QRectF(x, box.top() + 1, self.width() - x, box.height())
        painter.drawText(room, Qt.TextFlag.TextWordWrap, note)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        where = event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._value_box().contains(where):
            self._begin_typing()
        elif abs(where.y() - self._track_y()) <= HANDLE / 2 + 3:
            self._take_hold(event.position().x())
        elif self._lockable and self._lock_box().contains(where):
            self.lock_clicked.emit()
        elif self.note and self._note_box().contains(where):
            self.note_clicked.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.isSliderDown():
            self._drag_to(event.position().x() - self._grab)
            return
        where = event.position().toPoint()
        if self.isEnabled() and self._lockable and self._lock_box().contains(where):
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setToolTip("Let it go  H" if self._locked else "Hold it still while others move  H")
            return
        self.setToolTip(self.attribute.tip)
        over_value = self._value_box().contains(event.position().toPoint()) and self.isEnabled()
        self.setCursor(Qt.CursorShape.IBeamCursor if over_value else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.isSliderDown():
            self.setSliderDown(False)
            self.update()
            if self._dragged:
                self._commit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        width = QFontMetricsF(fonts.medium("name")).horizontalAdvance(self.attribute.name)
        if self._scan is not None and QRectF(0, 0, width, scaled(NAME_ROW)).contains(event.position()):
            self.to_zero()
        else:
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        event.ignore()  # A wheel turned over the panel scrolls the panel.

    def to_zero(self) -> None:
        """Back to the scan's own value."""
        if self._scan is not None and not self.is_zero:
            self.setValue(self._position(self._scan))
            self._commit()

    def _take_hold(self, x: float) -> None:
        """The handle is held where it is touched; elsewhere on the track it comes to the pointer."""
        self._dragged = False
        self.setSliderDown(True)
        if abs(x - self._handle().x()) > HANDLE / 2:
            self._grab = 0.0
            self._drag_to(x)
            return
        self._grab = x - min(max(self._x(self._shown), 0.0), float(self.width()))
        self.update()

    def _drag_to(self, x: float) -> None:
        before = self.value()
        position = self._at(x)
        # Within three pixels the handle falls into the scan's own value: zero can be hit.
        if self._scan is not None and abs(self._x(self._scan) - x) <= 3:
            position = self._position(self._scan)
        self.setValue(position)
        if self.value() != before:
            self._dragged = True
            self.value_dragged.emit(self.number)
        self.update()

    def _commit(self) -> None:
        self.updateGeometry()
        self.update()
        self.value_committed.emit(self.number)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        large = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = self.pageStep() if large else self.singleStep()
        moves = {
            Qt.Key.Key_Left: -step,
            Qt.Key.Key_Down: -step,
            Qt.Key.Key_Right: step,
            Qt.Key.Key_Up: step,
            Qt.Key.Key_PageUp: self.pageStep(),
            Qt.Key.Key_PageDown: -self.pageStep(),
            Qt.Key.Key_Home: self.minimum() - self.value(),
            Qt.Key.Key_End: self.maximum() - self.value(),
        }
        key = Qt.Key(event.key())
        if key in moves:
            self.setValue(self.value() + moves[key])
            self._commit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._begin_typing()
        elif event.text().upper() == "H" and self._lockable:
            self.lock_clicked.emit()
        elif event.text() and event.text() in "0123456789+-":
            self._begin_typing(event.text())
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self._tell_end("")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.EnabledChange):
            self.updateGeometry()
            self.update()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._field.setGeometry(self.width() - 84, 0, 84, scaled(NAME_ROW))
        self.updateGeometry()

    # Typing

    def _begin_typing(self, text: str = "") -> None:
        if self._scan is None:
            return
        self._tell_end("")
        self._field.setText(text or self.attribute.number_text(self.number, self._scan))
        self._field.show()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        if not text:
            self._field.selectAll()
        self.update()

    def _take_typed(self) -> None:
        if not self._field.isVisible():
            return
        value = self._asked(self._field.text())
        if value is None and self._field.hasFocus():
            self._set_wrong(True)
            return
        self._end_typing()
        if value is None or self._scan is None:
            return
        before = self.value()
        self.setValue(self._position(value))
        if abs(value - self.number) > self._step:
            self._tell_end(f"The slider ends at {self.attribute.number_text(self.number, self._scan)}.")
        if self.value() != before:
            self._commit()

    def _asked(self, text: str) -> float | None:
        """The value that was typed; "+5" and, where no value is below 0, "−5" are counted from the scan's own."""
        value = parse_number(text)
        if value is None or self._scan is None:
            return None
        sign, negative = text.strip()[:1], min(self.attribute.seen[0], self._scan) < 0
        counted = self.attribute.relative or sign == "+" or (sign in ("-", MINUS) and not negative)
        return self._scan + value if counted else value

    def _tell_end(self, words: str) -> None:
        if words != self._ended:
            self._ended = words
            self.setAccessibleDescription(self.note)
            self.updateGeometry()
            self.update()

    def _on_value(self) -> None:
        self._tell_end("")
        self._name_for_readers()

    def _end_typing(self) -> None:
        self._set_wrong(False)
        focused = self._field.hasFocus()
        self._field.blockSignals(True)
        self._field.hide()
        self._field.blockSignals(False)
        if focused:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.update()

    def _set_wrong(self, wrong: bool) -> None:
        if wrong != self._wrong:
            self._wrong = wrong
            style.mark(self._field, wrong="true" if wrong else "")
            self.updateGeometry()
            self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        # Kept from the slider, which would begin to type anew.
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                self._end_typing()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take_typed()
                return True
        return False


def _short(value: float) -> str:
    """An end of the range: "20", "1.0", "0"."""
    if value == 0 or abs(value) >= 10:
        return written(value, 0)
    return written(value, 1)

"""Events of Qt as the gestures that the table of bindings is written in."""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QWheelEvent

_BUTTONS = {
    Qt.MouseButton.LeftButton: "LeftDrag",
    Qt.MouseButton.MiddleButton: "MiddleDrag",
    Qt.MouseButton.RightButton: "RightDrag",
}
_MODIFIERS = (
    ("Ctrl", Qt.KeyboardModifier.ControlModifier),
    ("Alt", Qt.KeyboardModifier.AltModifier),
    ("Shift", Qt.KeyboardModifier.ShiftModifier),
)


def with_modifiers(name: str, held: Qt.KeyboardModifier) -> str:
    return "+".join((*(word for word, modifier in _MODIFIERS if held & modifier), name))


def of_press(event: QMouseEvent) -> str:
    return with_modifiers(_BUTTONS.get(event.button(), ""), event.modifiers())


def of_move(event: QMouseEvent) -> str:
    """Of the mouse moving with no button held."""
    return with_modifiers("Move", event.modifiers())


def of_wheel(event: QWheelEvent) -> str:
    return with_modifiers("Wheel", event.modifiers())


def of_key(event: QKeyEvent) -> str:
    """Shift is left out of signs ("+", "_"): which of them need it depends on the keyboard."""
    name = QKeySequence(event.key()).toString(QKeySequence.SequenceFormat.PortableText)
    held = event.modifiers()
    if len(name) == 1 and not name.isalnum():
        held &= ~Qt.KeyboardModifier.ShiftModifier
    return with_modifiers(name, held)


def turned(event: QWheelEvent) -> int:
    """Eighths of a degree. Some systems swap the axes while Shift or Alt is held: whichever moved counts."""
    return event.angleDelta().y() or event.angleDelta().x()


OLDEST_MS = 100
"""A wheel event that waited longer is dropped: after a pause the slices must not run on by themselves."""
_ANOTHER_CLOCK_MS = 60_000


class Ages:
    """How long ago an event happened, by its own time stamp.

    Systems count from moments of their own, so only differences tell: the event that came through fastest is taken to
    be new.
    """

    def __init__(self) -> None:
        self._least: float | None = None

    def age(self, stamp_ms: float, now_ms: float) -> float:
        """Milliseconds; 0 for an event without a time stamp."""
        if stamp_ms <= 0:
            return 0.0
        since = now_ms - stamp_ms
        if self._least is None or since < self._least or since - self._least > _ANOTHER_CLOCK_MS:
            self._least = since
        return since - self._least


_ages = Ages()


def is_stale(event: QWheelEvent) -> bool:
    """Whether the event waited too long to be meant now."""
    return _ages.age(event.timestamp(), monotonic() * 1000) > OLDEST_MS

"""Events of Qt as the gestures that the table of bindings is written in."""

from __future__ import annotations

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

"""The ring that shows where the keyboard is: one transparent overlay per window.

Style sheets know no gap around a widget, so the ring is painted above everything. It follows the keyboard only: a
click moves the focus without it.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from app.theme.current import colour
from app.theme.tokens import RADIUS_BUTTON

GAP = 2
WIDTH = 2
KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


@runtime_checkable
class HasFocusArea(Protocol):
    """A widget of which only a part carries the focus (a slider's handle)."""

    def focus_area(self) -> tuple[QRect, int]:
        """The part in the widget's coordinates, and the radius of its corners."""
        ...


class FocusRing(QWidget):
    """Create one per top-level window; it lays itself over the window and follows its size."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._target: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.resize(window.size())
        self.hide()
        window.installEventFilter(self)
        self._watch(window.isVisible())

    @property
    def target(self) -> QWidget | None:
        """The widget the ring stands around, or None."""
        return self._target

    def _watch(self, watching: bool) -> None:
        """Every event of the application comes by; of a window that is not seen, none need."""
        application = QApplication.instance()
        assert application is not None
        if watching:
            application.installEventFilter(self)
        else:
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        kind = event.type()
        if kind == QEvent.Type.FocusIn and isinstance(watched, QWidget) and isinstance(event, QFocusEvent):
            if watched.window() is self._window:
                self._follow(watched if event.reason() in KEYBOARD else None)
        elif watched is self._target:
            if kind in (QEvent.Type.FocusOut, QEvent.Type.Hide):
                self._follow(None)
            elif kind in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Paint):
                self.update()
        if watched is self._window:
            if kind in (QEvent.Type.Show, QEvent.Type.Hide):
                self._watch(kind == QEvent.Type.Show)
            elif kind == QEvent.Type.Resize:
                self.resize(self._window.size())
        return False

    def _follow(self, target: QWidget | None) -> None:
        self._target = target
        self.setVisible(target is not None)
        if target is not None:
            show_whole(target)
            self.raise_()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        target = self._target
        if target is None or not target.isVisible():
            return
        area, radius = target.focus_area() if isinstance(target, HasFocusArea) else (target.rect(), RADIUS_BUTTON)
        box = QRectF(QRect(target.mapTo(self.window(), area.topLeft()), area.size()))
        reach = GAP + WIDTH / 2
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colour("text"), WIDTH))
            painter.drawRoundedRect(box.adjusted(-reach, -reach, reach, reach), radius + reach, radius + reach)


def show_whole(widget: QWidget) -> None:
    """Scroll what ``widget`` lies in until it is seen: Qt does so for moves of the focus inside one area only."""
    at = widget.parentWidget()
    while at is not None:
        if isinstance(at, QScrollArea):
            at.ensureWidgetVisible(widget)
        at = at.parentWidget()

"""A view state that several columns hold together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.stage.view_state import ViewState


class ViewLink(QObject):
    """Holds one ``ViewState`` and says when it changes."""

    changed = Signal(object, object)
    """(ViewState now, ViewState before)"""
    window_dragged = Signal()
    """A drag that changed the intensity window has ended: one step of undo."""
    window_reset_asked = Signal()
    points_asked = Signal(int)
    """Go on by so many timepoints."""
    windowing_changed = Signal(bool)

    def __init__(self, state: ViewState | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state or ViewState()
        self._windowing = False

    @property
    def state(self) -> ViewState:
        return self._state

    @property
    def windowing(self) -> bool:
        """Whether a plain drag changes the window: the tool bar's window mode."""
        return self._windowing

    def set_windowing(self, windowing: bool) -> None:
        if windowing != self._windowing:
            self._windowing = windowing
            self.windowing_changed.emit(windowing)

    def set(self, state: ViewState) -> None:
        if state != self._state:
            before, self._state = self._state, state
            self.changed.emit(state, before)

    def change(self, **fields: Any) -> None:
        """``set`` with some fields replaced."""
        self.set(replace(self._state, **fields))

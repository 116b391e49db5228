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

    def __init__(self, state: ViewState | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state or ViewState()

    @property
    def state(self) -> ViewState:
        return self._state

    def set(self, state: ViewState) -> None:
        if state != self._state:
            before, self._state = self._state, state
            self.changed.emit(state, before)

    def change(self, **fields: Any) -> None:
        """``set`` with some fields replaced."""
        self.set(replace(self._state, **fields))

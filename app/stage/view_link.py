"""A view state that several columns hold together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from app.stage.overlay_volume import OverlayVolume
from app.stage.view_state import Point, Ruler, ViewState

Mode = Literal["", "window", "ruler"]
"""What a plain drag does instead of setting the crosshair."""


class ViewLink(QObject):
    """Holds one ``ViewState`` and says when it changes."""

    changed = Signal(object, object)
    """(ViewState now, ViewState before)"""
    window_dragged = Signal()
    """A drag that changed the intensity window has ended: one step of undo."""
    window_reset_asked = Signal()
    points_asked = Signal(int)
    """Go on by so many timepoints."""
    mode_changed = Signal(str)
    overlays_changed = Signal()
    ruler_drawn = Signal()
    """A line has been measured: one step of undo."""

    def __init__(self, state: ViewState | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state or ViewState()
        self._mode: Mode = ""
        self.overlays: dict[str, OverlayVolume] = {}
        """What is laid over every picture, by the key of its layer; say so with ``overlays_changed``."""
        self.anchor: tuple[int, Point] | None = None
        """Where a line that is measured by key began: the axis through its plane, and world millimetres."""

    @property
    def state(self) -> ViewState:
        return self._state

    @property
    def mode(self) -> Mode:
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        if mode != self._mode:
            self._mode = mode
            self.mode_changed.emit(mode)

    def split(self, state: ViewState, parent: QObject) -> ViewLink:
        """A link of its own that begins with ``state``, how a cell is unlinked: under the same overlays, in the same
        mode, and what is measured there is measured for all."""
        own = ViewLink(state, parent)
        own.overlays = self.overlays
        self.overlays_changed.connect(own.overlays_changed)
        own.set_mode(self._mode)
        self.mode_changed.connect(own.set_mode)
        own.mode_changed.connect(self.set_mode)
        own.points_asked.connect(self.points_asked)
        own.ruler_drawn.connect(lambda: self._measured(own.state.rulers))
        return own

    def _measured(self, rulers: tuple[Ruler, ...]) -> None:
        self.change(rulers=rulers)
        self.ruler_drawn.emit()

    def set(self, state: ViewState) -> None:
        if state != self._state:
            before, self._state = self._state, state
            self.changed.emit(state, before)

    def change(self, **fields: Any) -> None:
        """``set`` with some fields replaced."""
        self.set(replace(self._state, **fields))

"""What lies on the stage, layer by layer: which are there now, and how the user changes their look and order.

Every change is one step of undo; while an opacity or a window is dragged, only the view changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.age_words import age_words
from app.edit_pictures import EditPictures
from app.overlays import Overlays
from app.panels.scans_panel import KINDS
from app.session import Session
from app.stage import slicing
from app.stage.view_state import CHANGE, COPY, SCAN, SYNTHETIC, Layer, ViewState
from app.theme.kinds import Kind
from engine.volume import Volume

PICTURES = (SCAN, COPY, SYNTHETIC)
NO_CHANGE = "All sliders are at zero: no change to show."


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the list. ``kind`` None: a label map; ``volume`` None: it is being read or made."""

    layer: Layer
    name: str
    kind: Kind | None
    shown: bool
    opacity: float
    volume: Volume | None

    @property
    def key(self) -> str:
        return self.layer.key

    @property
    def is_overlay(self) -> bool:
        return self.key not in (SCAN, COPY, SYNTHETIC, CHANGE)

    @property
    def spoken(self) -> str:
        kind = "label map" if self.kind is None else self.kind.word
        own = ", own window" if self.layer.window is not None and not self.is_overlay else ""
        return f"{self.name}, {kind}, {'shown' if self.shown else 'hidden'}, {round(self.opacity * 100)} percent{own}"


class Layers(QObject):
    changed = Signal()
    """Rows came or went, or look or stand otherwise."""
    chosen_changed = Signal()

    def __init__(self, session: Session, pictures: EditPictures, overlays: Overlays) -> None:
        super().__init__(session)
        self._session, self._pictures, self.overlays = session, pictures, overlays
        self._chosen = SCAN
        session.document_changed.connect(self.changed)
        session.scan_changed.connect(lambda _: self.changed.emit())
        pictures.changed.connect(self.changed)
        overlays.changed.connect(self.changed)
        session.link.changed.connect(self._on_view)

    @property
    def chosen(self) -> str:
        """The key of the row that keys and the panels below act on."""
        return self._chosen

    def choose(self, key: str) -> None:
        if key != self._chosen:
            self._chosen = key
            self.chosen_changed.emit()

    def step(self, by: int) -> None:
        """The next row below (+1) or above (-1) is chosen."""
        keys = [row.key for row in self.rows()]
        if keys:
            at = keys.index(self._chosen) if self._chosen in keys else 0
            self.choose(keys[(at + by) % len(keys)])

    def rows(self) -> list[Row]:
        """What is there now, from top to bottom."""
        found = (self._row(layer) for layer in self._session.link.state.layers)
        return [row for row in found if row is not None]

    def row(self, key: str) -> Row | None:
        return next((row for row in self.rows() if row.key == key), None)

    def picture(self, key: str) -> Volume | None:
        """The volume of scan, copy or synthetic, where it is there now."""
        scan, shown, copy = self._session.current, self._pictures.shown, self._pictures.copy
        if scan is None:
            return None
        if key == SCAN:
            return self._session.stage_volume(scan)
        if key == COPY:
            return copy.volume if copy else shown.volume if shown and shown.recipe.is_copy else None
        return shown.volume if shown is not None and not shown.recipe.is_copy else None

    def pictures(self) -> dict[str, Volume]:
        """Scan, copy and synthetic as far as they are there and shown, the uppermost first."""
        found = ((x.key, self.picture(x.key)) for x in self._session.link.state.layers if x.shown and x.key in PICTURES)
        return {key: volume for key, volume in found if volume is not None}

    # Changes

    def toggle(self, key: str) -> None:
        row = self.row(key)
        if row is None:
            return
        words = f"{row.name} {'hidden' if row.shown else 'shown'}"
        if key == CHANGE:
            self._change_map(words, shown=not row.shown)
        else:
            self._set(words, replace(row.layer, shown=not row.shown))

    def set_opacity(self, key: str, opacity: float, done: bool = True) -> None:
        """``done`` false while a bar is still held."""
        row = self.row(key)
        if row is None:
            return
        opacity = min(max(opacity, 0.0), 1.0)
        link = self._session.link
        if key == CHANGE:
            link.change(overlay=replace(link.state.overlay, strength=opacity))
        else:
            link.set(link.state.with_layer(replace(row.layer, opacity=opacity)))
        if done:
            self._session.view_steps.keep(f"{row.name} {round(opacity * 100)} %", "layers", "overlay")

    def order(self, keys: Sequence[str]) -> None:
        """The rows that are there stand in this order from top to bottom; those that are not keep their places."""
        view = self._session.link.state
        waiting = iter(keys)
        layers = tuple(view.layer(next(waiting)) if x.key in keys else x for x in view.layers)
        self._session.view_steps.change("Order of the layers", layers=layers)

    def move(self, key: str, by: int) -> None:
        """Up (-1) or down (+1) among the rows."""
        keys = [row.key for row in self.rows()]
        if key in keys and 0 <= (at := keys.index(key)) + by < len(keys):
            keys[at], keys[at + by] = keys[at + by], keys[at]
            self.order(keys)

    def set_colours(self, key: str, colours: str) -> None:
        self._look(key, f"in {colours}", colours=colours)

    def set_nearest(self, key: str, nearest: bool) -> None:
        self._look(key, "in squares" if nearest else "smooth", nearest=nearest)

    def set_own_window(self, key: str, own: bool) -> None:
        """A window of its own, at first the shared one; or the shared one again."""
        row = self.row(key)
        if row is not None and not row.is_overlay and key != CHANGE:
            window = self._session.link.state.window_of(key) if own else None
            self._look(key, "own window" if own else "shared window", window=window)

    def window_of(self, key: str) -> tuple[float, float]:
        return self._session.link.state.window_of(key)

    def set_window(self, key: str, low: float, high: float, done: bool = True) -> None:
        """Of the layer, where it has its own, else of all."""
        link = self._session.link
        link.set(link.state.windowed(low, high, key))
        if done:
            self._session.keep_window()

    def reset_window(self, key: str) -> None:
        row = self.row(key)
        if row is None or row.layer.window is None or row.volume is None:
            self._session.reset_window()
        else:
            self.set_window(key, *slicing.starting_window(row.volume.data))

    def toggle_chosen(self) -> None:
        """The chosen layer, where it is laid over; else the change map."""
        key = self._laid_over()
        if key == CHANGE:
            self.toggle_change_map()
        else:
            self.toggle(key)

    def strengthen(self, by: float) -> None:
        """The same layer stronger or fainter."""
        row = self.row(self._laid_over())
        strength = self._session.link.state.overlay.strength if row is None else row.opacity
        if row is not None:
            self.set_opacity(row.key, strength + by)
        else:
            self._change_map("Change map", strength=min(max(strength + by, 0.0), 1.0))

    @property
    def has_change(self) -> bool:
        """Whether there is anything to draw a change map of."""
        return not self._pictures.edit.is_zero

    def toggle_change_map(self) -> None:
        """Nothing, and a sentence that says why, without a change."""
        if not self.has_change:
            self._session.said.emit(NO_CHANGE, "")
            return
        shown = not self._session.link.state.overlay.shown
        self._change_map(f"Change map {'shown' if shown else 'hidden'}", shown=shown)

    def _laid_over(self) -> str:
        row = self.row(self._chosen)
        return row.key if row is not None and row.is_overlay else CHANGE

    def _change_map(self, words: str, **fields: Any) -> None:
        overlay = self._session.link.state.overlay
        self._session.view_steps.change(words, overlay=replace(overlay, **fields))

    def _look(self, key: str, words: str, **fields: Any) -> None:
        row = self.row(key)
        if row is not None:
            self._set(f"{row.name} {words}", replace(row.layer, **fields))

    def _set(self, words: str, layer: Layer) -> None:
        self._session.view_steps.change(words, layers=self._session.link.state.with_layer(layer).layers)

    # Rows

    def _row(self, layer: Layer) -> Row | None:
        key, session = layer.key, self._session
        file = next((file for file in session.workspace.overlays if file.key == key), None)
        if file is not None:
            overlay = self.overlays.get(key)
            kind = None if overlay is not None and overlay.labels is not None else KINDS[self.overlays.kind(file.path)]
            volume = overlay.volume if overlay else None
            return Row(layer, Path(file.path).name.split(".nii")[0], kind, layer.shown, layer.opacity, volume)
        if key not in (*PICTURES, CHANGE):
            return None  # the layer of a file that has not come yet, or has gone
        volume = self.picture(SYNTHETIC if key == CHANGE else key)
        if volume is None:
            return None
        if key == CHANGE:
            view = session.link.state.overlay
            return Row(layer, "Change map", Kind.CHANGE, view.shown, view.strength, volume)
        kind = {COPY: Kind.COPY, SYNTHETIC: Kind.SYNTHETIC}.get(key, Kind.SCAN)
        if key == SCAN and session.current is not None:
            kind = KINDS[session.current.kind]
        return Row(layer, self._name(key), kind, layer.shown, layer.opacity, volume)

    def _name(self, key: str) -> str:
        scan, shown = self._session.current, self._pictures.shown
        if key == COPY:
            return "Copy"
        if key == SCAN:
            return "Scan" if scan is None or scan.kind == "scan" else f"{scan.kind.capitalize()} file"
        assert scan is not None and shown is not None
        change = dict(shown.recipe.changes).get("age", 0.0)
        return f"Synthetic {age_words(self._session.age_of(scan, change), change)}".rstrip()

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if now.layers != before.layers or now.overlay != before.overlay:
            self.changed.emit()

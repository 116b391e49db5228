"""Explore: the scan beside its edit, under one crosshair and one camera."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout

from app.age_words import age_words
from app.edit_pictures import FINAL_LANE, EditPictures
from app.layers import Layers
from app.pages.columns_page import EDGE, GAP, ColumnsPage
from app.panels.parts import grid_words
from app.panels.readout_bar import Layer
from app.panels.scans_panel import KINDS
from app.pictures import Picture
from app.session import Session
from app.stage.camera import CameraLink
from app.stage.column import Column
from app.stage.view_state import COPY, SCAN, SYNTHETIC, ViewState
from app.theme.kinds import Kind
from app.theme.tokens import signed
from app.workspace.document import Scan
from engine.service.messages import Progress, Request
from engine.volume import Volume

LOWEST_WITH_3D = 880 - 44 - 36 - 30 - 26
"""Below this height of the page (880 of the window, less its bars) there is no room for 3D."""
WAIT_BEFORE_GREY_MS = 300
"""A picture greys out only when its successor is late; previews come faster than this."""


class ExplorePage(ColumnsPage):
    """The scan on the left, its edit on the right."""

    def __init__(self, session: Session, pictures: EditPictures, layers: Layers) -> None:
        camera = CameraLink()
        super().__init__(Column(session.link, camera), Column(session.link, camera))
        camera.setParent(self)
        self._session, self._pictures, self.camera = session, pictures, camera
        self.scan_column, self.edit_column = self.columns
        layout = QHBoxLayout(self)
        layout.setContentsMargins(EDGE, EDGE, EDGE, 4)
        layout.setSpacing(GAP)
        for column in self.columns:
            layout.addWidget(column, 1)
        self._layers = layers
        self._fraction: float | None = None
        self._late_after: Picture | None = None
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(WAIT_BEFORE_GREY_MS)
        self._late.timeout.connect(self.refresh)
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        session.link.changed.connect(self._on_view)
        session.client.progressed.connect(self._on_progress)
        pictures.changed.connect(self.refresh)
        self.peeked.connect(self.refresh)
        self.refresh()

    def layers(self) -> list[Layer]:
        """What the read-out reads: scan, copy, synthetic, as far as their eyes are open."""
        scan, copy, shown = self._session.current, self._pictures.copy, self._pictures.shown
        volume = self._session.stage_volume(scan) if scan else None
        if scan is None or volume is None:
            return []
        seen = self._layers.pictures()
        stored = self._session.file_grids.get(scan.source) if self._session.is_preparing(scan) else None
        layers = [Layer(KINDS[scan.kind], scan.kind, volume, stored)] if SCAN in seen else []
        if copy is not None and COPY in seen:
            layers.append(Layer(Kind.COPY, "copy", copy.volume))
        if shown is not None and SYNTHETIC in seen:
            layers.append(Layer(Kind.SYNTHETIC, "synthetic", shown.volume))
        return layers

    def difference(self) -> tuple[Volume, Volume] | None:
        """Synthetic and copy, where both are there."""
        copy, shown = self._pictures.copy, self._pictures.shown
        if copy is None or shown is None or shown.recipe.is_copy:
            return None
        return shown.volume, copy.volume

    def refresh(self) -> None:
        scan = self._session.current
        volume = self._session.stage_volume(scan) if scan else None
        if scan is None or volume is None:
            self.scan_column.clear("Opening the scan" if scan else "Drop a scan here")
            self.edit_column.clear()
            return
        seen = {SCAN: volume} if self.peeking else self._layers.pictures()
        if SCAN in seen:
            self._show_scan(self.scan_column, scan, volume)
        else:
            self.scan_column.clear("The scan is hidden\nin Layers")
        shown, uppermost = self._pictures.shown, next(iter(seen), "")
        if shown is not None and not uppermost:
            self.edit_column.clear("All of it is hidden\nin Layers")
        elif shown is not None or self.peeking:
            copy = self._pictures.copy if uppermost == COPY else None
            if shown is None or uppermost == SCAN:
                self._show_scan(self.edit_column, scan, volume)
                self.edit_column.set_overlay(None)
            else:
                self._show_edit(scan, copy or shown)
            self.edit_column.set_others({key: below for key, below in seen.items() if key != uppermost})
        else:
            preparing = self._session.is_preparing(scan)
            words = "The edit appears here\nonce the scan is prepared" if preparing else "The copy is being made"
            if self._session.model_problem:
                words = "Without a model the scan\ncan be looked at, not edited"
            self.edit_column.clear(words)

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if now.overlay.shown != before.overlay.shown or now.layers != before.layers:
            self.refresh()

    def _show_scan(self, column: Column, scan: Scan, volume: Volume) -> None:
        column.set_state("final")
        column.show_volume(
            volume,
            KINDS[scan.kind],
            scan.title,
            age_words(scan.age),
            grid_label=self._grid_label(scan, volume),
        )

    def _show_edit(self, scan: Scan, shown: Picture) -> None:
        change = dict(shown.recipe.changes).get("age", 0.0)
        age = self._session.age_of(scan, change)
        self.edit_column.show_volume(
            shown.volume,
            Kind.COPY if shown.recipe.is_copy else Kind.SYNTHETIC,
            scan.title,
            age_words(age, change),
            signed(change) if change and age is not None else "",
            grid_label=self._grid_label(scan, shown.volume),
        )
        mapped = self._session.link.state.overlay.shown and not shown.recipe.is_copy
        self.edit_column.set_overlay(self._change_volume(shown) if mapped else None)
        calls = shown.reply.calls
        current = shown is self._pictures.shown
        self._wait(shown if current and self._pictures.behind else None)
        if not current or self._pictures.up_to_date:
            self._fraction = None
            self.edit_column.set_state("final", calls)
        elif self._late_after is not None and not self._late.isActive():
            self.edit_column.set_state("out of date")
        elif shown.reply.quality == "preview":
            refining = self._pictures.refining and not self._pictures.held
            self.edit_column.set_state("refining" if refining else "preview", calls, self._fraction)
        else:
            self.edit_column.set_state("final", calls)

    def _wait(self, shown: Picture | None) -> None:
        """From when ``shown`` came first it has a while for its successor to come; None: none is waited for."""
        if shown is not self._late_after:
            self._late_after = shown
            self._late.stop()
            if shown is not None:
                self._late.start()

    def _change_volume(self, shown: Picture) -> Volume | None:
        """Synthetic minus copy."""
        copy = self._pictures.copy
        return self._session.differences.of(shown.volume, copy.volume) if copy is not None else None

    def _grid_label(self, scan: Scan, volume: Volume) -> str:
        if not self._session.is_preparing(scan):
            return grid_words("model", volume)
        return grid_words(self._session.native_space(scan), volume)

    def _on_progress(self, request: Request, progress: Progress) -> None:
        shown = self._pictures.shown
        if request.lane == FINAL_LANE and progress.of and shown is not None and shown.reply.quality == "preview":
            self._fraction = progress.step / progress.of
            if not self._pictures.held and not self._pictures.behind and not self.peeking:
                self.edit_column.set_state("refining", shown.reply.calls, self._fraction)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        for column in self.columns:
            column.set_3d_shown(self.height() >= LOWEST_WITH_3D)

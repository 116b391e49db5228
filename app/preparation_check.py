"""The look at a scan's preparation before its first use: when it is asked for, what there is to see, what is answered.

Checks that pass go on by themselves with a note. What warns is asked about once, while the scan is on the stage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from PySide6.QtCore import QObject, Signal

from app import background
from app.session import Session
from app.stage.overlay_volume import straightened
from app.stage.slicing import is_oblique
from app.workspace import document
from app.workspace.document import Scan
from engine.errors import NeurolapseError
from engine.service.messages import (
    Block,
    Check,
    LoadNative,
    LoadOutline,
    NativeReply,
    OutlineReply,
    Prepare,
    Request,
    ScanSource,
)
from engine.volume import Affine, FloatArray, Volume


@dataclass(frozen=True)
class Seen:
    """What is drawn of one scan's preparation; None: not here yet. ``millilitres``: of the brain that was found."""

    native: Volume | None = None
    brain: Volume | None = None
    template: Volume | None = None
    millilitres: float = 0.0
    model_from_native: Affine | None = None

    @property
    def complete(self) -> bool:
        return None not in (self.native, self.brain, self.template)


class PreparationCheck(QObject):
    """Puts the preparation on the stage where it is to be looked at, and takes the answer."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._asked: set[ScanSource] = set()
        self._source: ScanSource | None = None
        self._last: ScanSource | None = None
        self.seen = Seen()
        self.problem = ""
        session.scan_changed.connect(self._on_scan)
        session.document_changed.connect(self._on_document)
        session.said.connect(self._on_said)
        session.client.dropped.connect(self._on_dropped)

    @property
    def scan(self) -> Scan | None:
        """The scan whose preparation is on the stage."""
        return self._session.current if self._session.workspace.page == "preparation" else None

    def checks(self, scan: Scan) -> tuple[Check, ...]:
        prepared = self._session.prepared.get(scan.source)
        return prepared.reply.checks if prepared else ()

    def warnings(self, scan: Scan) -> int:
        """How many checks warn that the user has not yet said yes to."""
        return 0 if scan.accepted else sum(check.warning for check in self.checks(scan))

    def look(self) -> None:
        """Show the preparation of the scan on the stage."""
        if self._session.current is not None:
            self._session.set_page("preparation")

    def accept(self) -> None:
        """Yes, use this scan."""
        scan = self.scan
        if scan is not None:
            self._session.change(lambda w: document.with_fields(w, scan.key, accepted=True))
            self._session.set_page("explore")

    def refuse(self) -> None:
        """Not this one: it leaves the workspace; its file stays as it is."""
        scan = self.scan
        if scan is not None:
            self._session.set_page("explore")
            self._session.close_scan(scan.key)

    def redo(self, stripped: bool | None, registered: bool | None, mask: str | None) -> None:
        """Prepare the scan again, told what was done to it before; None: find out. One step of undo."""
        scan = self.scan
        if scan is None or (stripped, registered, mask) == (scan.stripped, scan.registered, scan.mask):
            return
        key, before = scan.key, (scan.stripped, scan.registered, scan.mask)
        self.problem = ""
        self._session.do(
            "Preparation",
            lambda w: document.with_told(w, key, stripped, registered, mask),
            lambda w: document.with_told(w, key, *before),
        )

    def _on_scan(self, scan: Scan) -> None:
        current = self._session.current
        if current is None or scan.key != current.key:
            return
        self._ask_about(current)
        if self.scan is not None:
            self._fetch(current)
        self.changed.emit()

    def _on_document(self) -> None:
        current = self._session.current
        # A file that was closed and comes again is looked at again.
        open_ = {scan.path for scan in self._session.workspace.scans}
        self._asked = {source for source in self._asked if source.path in open_}
        if current is not None and current.source != self._last:
            # Told otherwise, or taken back: another preparation of the same file. One that failed is not tried again.
            self._last = current.source
            self._session.prepare(current)
        if current is not None:
            self._ask_about(current)
        if self.scan is not None:
            self._fetch(self.scan)
        self.changed.emit()

    def _on_said(self, sentence: str, tone: str) -> None:
        if tone == "error" and self.scan is not None:
            self.problem = sentence
            self.changed.emit()

    def _on_dropped(self, request: Request) -> None:
        if isinstance(request, Prepare) and self.scan is not None and request.scan == self.scan.source:
            self.problem = "Cancelled: say what is true of the file, or undo."
            self.changed.emit()

    def _ask_about(self, scan: Scan) -> None:
        """Show what warns, once, in place of the edit; anywhere else it would only be in the way."""
        if not self.checks(scan) or scan.source in self._asked:
            return
        if self._session.workspace.page not in ("explore", "preparation"):
            return
        self._asked.add(scan.source)
        if self.warnings(scan):
            self._session.set_page("preparation")
        elif self._session.workspace.page == "explore" and not scan.accepted:
            self._session.said.emit(f"{scan.title} is prepared: all {len(self.checks(scan))} checks passed.", "")

    # What there is to see

    def _fetch(self, scan: Scan) -> None:
        """Have the engine send what is drawn, once for each scan and what was told of it."""
        if scan.source == self._source or scan.source not in self._session.prepared:
            return
        from engine.scans import describe

        same_file = self._source is not None and self._source.path == scan.source.path
        self.seen = Seen(native=self.seen.native, template=self.seen.template) if same_file else Seen()
        self._source, self.problem = scan.source, ""
        try:
            shape = describe(scan.path, scan.series).shape
        except NeurolapseError as error:
            self.problem = str(error)
            return
        source = scan.source
        model = self._session.model
        assert model is not None

        def native(data: FloatArray, reply: object) -> None:
            assert isinstance(reply, NativeReply)
            self._stand_up(source, "native", Volume(data.reshape(reply.shape), np.array(reply.affine)), order=1)

        def brain(data: FloatArray, reply: object) -> None:
            assert isinstance(reply, OutlineReply)
            found = Volume(data.reshape(reply.shape), np.array(reply.affine))
            self._arrived(source, millilitres=reply.millilitres, model_from_native=np.array(reply.model_from_native))
            self._stand_up(source, "brain", found, order=0)

        def template(data: FloatArray, reply: object) -> None:
            assert isinstance(reply, OutlineReply)
            self._arrived(source, template=Volume(data, np.array(reply.affine)))

        def outline(what: Literal["brain", "template"]) -> None:
            self._session.fetch(
                shape if what == "brain" else model.shape,
                lambda number, block: LoadOutline(number, f"{what}:{source.path}", source, block, what),
                brain if what == "brain" else template,
            )

        def load_native(number: int, block: Block) -> LoadNative:
            return LoadNative(number, f"check native:{source.path}", source, block)

        if self.seen.native is None:
            self._session.fetch(shape, load_native, native)
        if self.seen.template is None:
            outline("template")
        outline("brain")

    def _stand_up(self, source: ScanSource, part: str, volume: Volume, order: int) -> None:
        """Panes cut slices along the array's axes: an oblique volume is brought along the world's first."""
        if is_oblique(volume.affine):
            background.run(
                self, lambda: straightened(volume, order), lambda made: self._arrived(source, **{part: made})
            )
        else:
            self._arrived(source, **{part: volume})

    def _arrived(self, source: ScanSource, **parts: Any) -> None:
        if source == self._source:
            self.seen = replace(self.seen, **parts)
            self.changed.emit()

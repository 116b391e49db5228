"""Second volumes and label maps over the picture: which the document names, read from their files, given to the view.

A file on the scan's own grid belongs to the scan's space and is carried to the model's with it (by the affine part of
the registration); any other lies where its affine says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app import background
from app.session import Session
from app.stage import slicing
from app.stage.overlay_volume import OverlayVolume, overlay_of
from app.stage.view_state import Layer
from app.workspace.document import OverlayFile, Workspace
from app.workspace.label_table import label_names
from engine.errors import NeurolapseError
from engine.service.messages import ScanSource
from engine.volume import Affine, Volume, world_from_voxel

OPACITY_OF_LABELS, OPACITY = 0.5, 0.8
COLOURS = ("inferno", "viridis", "blue", "orange", "cividis")
"""Of the first, second, … overlay that is no label map."""
SAME_MM = 0.05
"""Corners this near are one: affines are rounded in files."""


@dataclass(frozen=True, eq=False)
class _Read:
    """``drawn``: the overlay by the bytes of the affine it was carried by."""

    volume: Volume
    kind: str
    drawn: dict[bytes, OverlayVolume]


class Overlays(QObject):
    changed = Signal()
    """An overlay was read, or is gone."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._read: dict[str, _Read] = {}
        self._reading: set[str] = set()
        self._refused: set[str] = set()
        self._on_own_grid: dict[tuple[ScanSource, str], bool] = {}
        session.document_changed.connect(self._follow)
        session.scan_changed.connect(lambda _: self._follow())

    def get(self, key: str) -> OverlayVolume | None:
        return self._session.link.overlays.get(key)

    def kind(self, path: str) -> str:
        """What the file says it is; a scan until it is read."""
        return self._read[path].kind if path in self._read else "scan"

    def add(self, paths: Sequence[Path]) -> None:
        """Each file becomes the uppermost layer, as one step of undo, once it is read; or a sentence says why not."""
        for path in paths:
            self._refused.discard(str(path.absolute()))
            self._have(str(path.absolute()), self._add)

    def remove(self, key: str) -> None:
        file = next((one for one in self._session.workspace.overlays if one.key == key), None)
        if file is None:
            return
        steps, before = self._session.view_steps, self._session.workspace.overlays
        layers = self._session.link.state.layers
        without = tuple(layer for layer in layers if layer.key != key)
        rest = tuple(one for one in before if one.key != key)
        self._session.do(
            f"Overlay {Path(file.path).name} removed",
            lambda w: steps.put(replace(w, overlays=rest), layers=without),
            lambda w: steps.put(replace(w, overlays=before), layers=layers),
        )

    def _add(self, path: str) -> None:
        session = self._session
        before, layers = session.workspace.overlays, session.link.state.layers
        taken = {file.key for file in before}
        key = next(key for number in range(1, len(taken) + 2) if (key := f"overlay-{number}") not in taken)
        overlay = next(iter(self._read[path].drawn.values()))
        if overlay.labels is not None:
            layer = Layer(key, opacity=OPACITY_OF_LABELS, colours="labels", window=(0.0, 1.0))
        else:
            colours = COLOURS[len(taken) % len(COLOURS)]
            layer = Layer(key, True, OPACITY, False, colours, slicing.starting_window(overlay.volume.data))
        files = (*before, OverlayFile(key, path))
        session.do(
            f"Overlay {Path(path).name}",
            lambda w: session.view_steps.put(replace(w, overlays=files), layers=(layer, *layers)),
            lambda w: session.view_steps.put(replace(w, overlays=before), layers=layers),
        )

    def _follow(self) -> None:
        """The view has what the document names, as far as it is read, in the space of the scan on the stage."""
        workspace, link = self._session.workspace, self._session.link
        drawn: dict[str, OverlayVolume] = {}
        for file in workspace.overlays:
            read = self._read.get(file.path)
            by = self._carried_by(workspace, file.path, read.volume) if read is not None else None
            if read is not None and by is not None and by.tobytes() in read.drawn:
                drawn[file.key] = read.drawn[by.tobytes()]
            else:
                self._have(file.path, lambda _: self._follow())
        if drawn != link.overlays:
            link.overlays.clear()
            link.overlays.update(drawn)
            link.overlays_changed.emit()
            self.changed.emit()

    def _carried_by(self, workspace: Workspace, path: str, volume: Volume) -> Affine:
        """The affine from the file's world to that of the stage."""
        scan = workspace.current_scan
        prepared = self._session.prepared.get(scan.source) if scan else None
        if scan is None or prepared is None or prepared.reply.model_from_native is None:
            return np.eye(4)
        own = self._on_own_grid.get((scan.source, path))
        if own is None:
            from engine.scans import describe

            header = describe(scan.path, scan.series)
            own = header.sides_known and _same_box(header.shape, header.affine, volume)
            self._on_own_grid[scan.source, path] = own
        return np.array(prepared.reply.model_from_native) if own else np.eye(4)

    def _have(self, path: str, then: Callable[[str], None]) -> None:
        """Read the file in a thread; ``then`` is called with the path once it can be drawn on the stage."""
        if path in self._reading or path in self._refused:
            return
        self._reading.add(path)
        workspace, known = self._session.workspace, self._read.get(path)

        def work() -> tuple[Volume, str, bytes, OverlayVolume]:
            from engine.scans import read

            if known is not None:
                volume, kind = known.volume, known.kind
            else:
                scan = read(path)
                volume, kind = scan.volume, scan.header.kind
            by = self._carried_by(workspace, path, volume)
            drawn = overlay_of(Volume(volume.data, by @ volume.affine), label_names(Path(path)), kind)
            return volume, kind, by.tobytes(), drawn

        def done(made: tuple[Volume, str, bytes, OverlayVolume]) -> None:
            self._reading.discard(path)
            volume, kind, by, overlay = made
            self._read.setdefault(path, _Read(volume, kind, {})).drawn[by] = overlay
            then(path)

        def failed(fault: Exception) -> None:
            self._reading.discard(path)
            self._refused.add(path)
            name = Path(path).name
            words = str(fault) if isinstance(fault, NeurolapseError) else f"{name} cannot be laid over: choose another."
            self._session.said.emit(words, "error")

        background.run(self, work, done, failed)


def _same_box(shape: tuple[int, int, int], affine: Affine, volume: Volume) -> bool:
    """Whether a file's grid, however its axes are stored, is that of ``volume``: the same eight corners."""
    one, other = _corners(shape, affine), _corners(volume.grid.shape, volume.affine)
    apart = np.linalg.norm(one[:, None] - other[None], axis=-1)
    return bool(np.all(apart.min(axis=1) < SAME_MM))


def _corners(shape: tuple[int, int, int], affine: Affine) -> NDArray[np.float64]:
    index = np.array(np.meshgrid(*((0, n - 1) for n in shape), indexing="ij")).reshape(3, -1).T
    return world_from_voxel(affine, index)

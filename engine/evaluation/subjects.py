"""What all sections of an evaluation share: the model under judgement, and the people as it sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from engine.cohort.members import Member, Visit
from engine.edit.synthesis import Synthesiser, Wish
from engine.evaluation.pictures import Picture
from engine.evaluation.side_by_side import each
from engine.kept import Kept
from engine.measure.similarity import ssim
from engine.measure.volumetry import region_shares, region_volumes
from engine.model.model import Codes
from engine.networks.segmentation import Segmentation
from engine.preparation import already_on_grid, prepare
from engine.scans import open_scan, read
from engine.volume import FloatArray

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[int, int, str], None]
Labels = NDArray[np.integer[Any]]
MOST_BYTES = 10**9
WIDTH = 7
"""Of the window by which ``ssim`` is meant where no width is said."""


@dataclass(frozen=True)
class Section:
    """``figures``: None where the cohort or the bundle cannot answer, and ``note`` says why; else how it was measured.

    What lies under "rows" in ``figures`` is told person by person.
    """

    figures: Mapping[str, Any] | None
    note: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Judged:
    """The model in ``bundle`` on the people of ``cohort``; ``work``: a folder for follow-ups made for it.

    ``at_once``: how many people to work on side by side.
    """

    synthesiser: Synthesiser
    bundle: Path
    cohort: Path
    members: Sequence[Member]
    work: Path
    seed: int
    progress: Progress
    groups: Mapping[str, Sequence[int]] = field(default_factory=dict)
    at_once: int = 1
    _kept: Kept = field(default_factory=lambda: Kept(MOST_BYTES))

    def each(self, items: Sequence[Item], work: Callable[[Item], Result], what: str) -> list[Result]:
        """``work`` of every item, in their order; ``what`` it is, for the progress."""
        return each(items, work, self.at_once, lambda done, of: self.progress(done, of, what))

    @property
    def volumetry(self) -> Segmentation | None:
        return self.synthesiser.model.volumetry

    @property
    def calls(self) -> int:
        return self.synthesiser.model.manifest.solver.final_calls

    @property
    def voxel_ml(self) -> float:
        affine = self.synthesiser.model.manifest.preparation.grid.affine
        return abs(float(np.linalg.det(affine[:3, :3]))) / 1000.0

    def image(self, visit: Visit) -> FloatArray:
        """A visit's scan (X, Y, Z) on the model's grid in [0, 1]; prepared first where it does not lie there.

        Raises ScanError and PreparationError.
        """

        def read_it() -> FloatArray:
            scan = open_scan(visit.image)
            recipe = self.synthesiser.model.manifest.preparation
            prepared = prepare(scan, recipe, cached=not already_on_grid(scan, recipe))
            return np.ascontiguousarray(prepared.volume.data, np.float32)

        return self._kept.get(visit.image, read_it)

    def labels(self, visit: Visit) -> Labels | None:
        """A visit's label map (X, Y, Z); None where there is none on the model's grid, or no table of its groups."""
        if visit.labels is None or not self.groups:
            return None
        volume = read(visit.labels).volume
        grid = self.synthesiser.model.manifest.preparation.grid
        return volume.data.astype(np.int32) if volume.grid.matches(grid) else None

    def codes(self, image: FloatArray) -> Codes:
        model = self.synthesiser.model
        return self._kept.get(("codes", _name(image)), lambda: model.encode(image, self.calls))

    def autoencoded(self, image: FloatArray) -> FloatArray:
        """The autoencoder alone."""
        model = self.synthesiser.model
        return self._kept.get(("alone", _name(image)), lambda: model.decode_latent(self.codes(image).latent))

    def copy(self, image: FloatArray) -> FloatArray:
        """There and back through diffusion, with recommended solver and calls."""
        return self._kept.get(("copy", _name(image)), lambda: self.synthesiser.model.decode(self.codes(image)))

    def edited(
        self, image: FloatArray, wishes: Sequence[tuple[Mapping[str, float], Sequence[str]]]
    ) -> list[FloatArray]:
        """Edits by (how far along which direction, directions held still), with recommended solver and calls."""
        wanted = [Wish(image, changes, held=held) for changes, held in wishes]
        return [made.volume for made in self.synthesiser.synthesise_all(wanted, self.calls)]

    def shares(self, volume: FloatArray) -> tuple[tuple[str, ...], FloatArray] | None:
        """Names of the regions (R), and how much of each voxel is theirs (R, X, Y, Z); None: there is no network."""
        if self.volumetry is None:
            return None
        return self.volumetry.config.regions, region_shares(self.volumetry, volume)

    def regions_ml(self, volume: FloatArray) -> dict[str, float] | None:
        """Millilitres of each region on the model's grid, by the bundle's volumetry network; None: it has none."""
        return self._kept.get(("ml", _name(volume)), lambda: region_volumes(self.synthesiser.model, volume))

    def truth_ml(self, visit: Visit) -> Mapping[str, float]:
        """The true volumes of a visit's regions, by the table or else by its label map; empty without either."""
        if visit.truth_ml:
            return visit.truth_ml
        labels = self.labels(visit)
        if labels is None:
            return {}
        return {name: float(np.isin(labels, found).sum()) * self.voxel_ml for name, found in self.groups.items()}


def _name(volume: FloatArray) -> str:
    return hashlib.sha256(volume.tobytes()).hexdigest()


def similarity(a: FloatArray, b: FloatArray) -> float:
    """SSIM over the whole volume, window of ``WIDTH``, σ 1.5."""
    x, y = (torch.from_numpy(v)[None, None] for v in (a, b))
    return float(ssim(x, y, WIDTH))


def squared_error(a: FloatArray, b: FloatArray) -> float:
    return float(np.square(a - b).mean())


def evenly(members: Sequence[Member], most: int) -> list[Member]:
    """At most so many of them, evenly over age (unknown ages first) from the youngest to the oldest."""
    ordered = sorted(members, key=lambda member: (member.age or 0.0, member.name))
    if len(ordered) <= most:
        return ordered
    return [ordered[k] for k in np.linspace(0, len(ordered) - 1, most).round().astype(int)]


def those(count: int, of: int) -> str:
    """ "30 people", "20 of 30 people (evenly over age, to save time)"."""
    people = "person" if of == 1 else "people"
    return f"{of} {people}" if count == of else f"{count} of {of} {people}, evenly over age (more would take long)"

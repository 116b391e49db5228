"""A synthesised volume on its way out: on the model's grid or carried into the scan's own space, and saying so."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.diffusion.solvers import Tick, no_tick
from engine.edit.synthesis import Synthesis, Synthesiser, Wish
from engine.export.provenance import OWN_SPACE, Provenance, SyntheticForm
from engine.export.volume_file import write_volume
from engine.model.batches import MOST
from engine.model.manifest import Manifest
from engine.preparation import Prepared, already_on_grid, carry_back, move_back
from engine.scans import Scan, fingerprint
from engine.volume import FloatArray, Volume

Space = Literal["model", "native"]
Form = Literal["change", "plain", "minus copy", "minus scan"]


@dataclass(frozen=True)
class Order:
    """What is to be written. ``space`` None: the model's for a scan that lies on its grid, else the scan's own.

    ``form``: in native space "change" adds synthetic minus copy to the scan's own voxels, and "plain" is the synthetic
    brain alone; on the model's grid both are that. "minus copy" and "minus scan" are maps of the difference; in native
    space what the change form would add. ``held`` directions are still read as before. ``semantic_only``: noise drawn
    from ``seed`` in place of the scans' own. Ages of the scans in years where they are known. ``details`` for the
    sidecar.
    """

    changes: Mapping[str, float]
    second: Prepared | None = None
    fraction: float = 0.0
    calls: int | None = None
    space: Space | None = None
    form: Form = "change"
    seed: int = 0
    age: float | None = None
    second_age: float | None = None
    held: Collection[str] = ()
    semantic_only: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_map(self) -> bool:
        return self.form in ("minus copy", "minus scan")

    @property
    def age_shown(self) -> float | None:
        """Years; None where an age that it depends on is not known."""
        if self.age is None or (self.second is not None and self.second_age is None):
            return None
        between = 0.0 if self.second_age is None else self.fraction * (self.second_age - self.age)
        return self.age + between + self.changes.get("age", 0.0)


@dataclass(frozen=True)
class Made:
    """A synthesised volume in the space asked for, ``synthesis`` on the model's grid, and where it comes from."""

    volume: Volume
    synthesis: Synthesis
    provenance: Provenance
    native: bool


Ordered = tuple[Scan, Prepared, Order]
"""A scan, its prepared form, and what is ordered of it."""


def make(synthesiser: Synthesiser, scan: Scan, prepared: Prepared, order: Order, tick: Tick = no_tick) -> Made:
    """Carries out ``order`` for ``scan``, whose prepared form is ``prepared``."""
    return next(make_all(synthesiser, [(scan, prepared, order)], tick))


def make_all(synthesiser: Synthesiser, ordered: Sequence[Ordered], tick: Tick = no_tick) -> Iterator[Made]:
    """Carries out orders that ask for the same number of calls, in turn; a few volumes are synthesised at a time."""
    for first in range(0, len(ordered), MOST):
        batch = ordered[first : first + MOST]

        def tick_of_all(step: int, of: int, done: int = first, size: int = len(batch)) -> None:
            tick(done * of + step * size, len(ordered) * of)

        yield from _made(synthesiser, batch, tick_of_all)


def _made(synthesiser: Synthesiser, ordered: Sequence[Ordered], tick: Tick) -> Iterator[Made]:
    manifest = synthesiser.model.manifest
    (calls,) = {order.calls or manifest.solver.final_calls for _, _, order in ordered}
    synthesised = synthesiser.synthesise_all([_wish(prepared, order) for _, prepared, order in ordered], calls, tick)
    copies: dict[int, FloatArray] = {}
    for (scan, prepared, order), synthesis in zip(ordered, synthesised, strict=True):
        source = prepared.volume.data
        native = order.space == "native" or (order.space is None and not already_on_grid(scan, manifest.preparation))
        grid = manifest.preparation.grid
        volume = Volume(synthesis.volume, grid.affine)
        movement = synthesis.movement if native and order.form in ("change", "minus copy") else None
        if movement is None and (order.is_map or (native and order.form == "change")):
            less = source
            if order.form != "minus scan":
                if id(source) not in copies:
                    copies[id(source)] = synthesiser.synthesise(Wish(source, {}), calls, tick).volume
                less = copies[id(source)]
            volume = Volume(synthesis.volume - less, grid.affine)
        if native and order.form == "plain":
            volume = carry_back(volume, prepared, scan, "plain")
        elif movement is not None:
            volume = move_back(movement, grid.affine, prepared, scan)
        elif native:
            volume = carry_back(volume, prepared, scan, "change")
        if native and order.is_map:
            volume = Volume(volume.data - scan.volume.data, volume.affine)
        provenance = _provenance(manifest, scan, order, synthesis, native, moved=movement is not None)
        yield Made(volume, synthesis, provenance, native)


def _wish(prepared: Prepared, order: Order) -> Wish:
    second = None if order.second is None else order.second.volume.data
    drawn = order.seed if order.semantic_only else None
    return Wish(prepared.volume.data, order.changes, second, order.fraction, order.held, drawn)


def write(made: Made, path: str | Path, scan: Scan) -> Path:
    """``made`` as NIfTI with its sidecar, whole or not at all, and never onto the scan itself.

    In native space the file has the scan's axes, size and, where that loses nothing, its voxel type.
    """
    like = scan.header if made.native else None
    return write_volume(path, made.volume, made.provenance, like=like, sources=[scan.header.path])


def weights_sha256(manifest: Manifest) -> str:
    """One digest of all files of a bundle."""
    listed = "\n".join(f"{name} {digest}" for name, digest in sorted(manifest.checksums.items()))
    return hashlib.sha256(listed.encode()).hexdigest()


def _provenance(
    manifest: Manifest, scan: Scan, order: Order, synthesis: Synthesis, native: bool, moved: bool
) -> Provenance:
    """``moved``: in native space the scan's own tissue is, nothing was added to it."""
    at_visit = order.second is None or order.fraction in (0.0, 1.0)
    own = at_visit and not any(order.changes.values()) and not order.semantic_only
    kind: Literal["copy", "synthetic"] = "copy" if own else "synthetic"
    shown = order.age_shown
    ranges = {d.name: (d.low, d.high) for d in manifest.directions}
    beyond = shown is not None and "age" in ranges and not ranges["age"][0] <= shown <= ranges["age"][1]
    form: SyntheticForm
    match order.form:
        case "minus copy" | "minus scan":
            form, description = "difference", f"Synthetic {order.form}: a map of differences, not acquired."
        case "change" | "plain":
            form = ("moved" if moved else order.form) if native else "model"
            how = {"moved": ": the scan's own tissue moved", "change": ": the change added to the scan's own voxels"}
            copy = "The model's copy of a T1 brain."
            description = copy if kind == "copy" else f"A synthesised T1 brain, not acquired{how.get(form, '')}."
    return Provenance(
        kind=kind,
        description=description,
        form=form,
        model_name=manifest.name,
        model_version=manifest.version,
        weights_sha256=weights_sha256(manifest),
        changes=order.changes,
        seed=order.seed,
        steps=synthesis.calls,
        solver=manifest.solver.name,
        held=order.held,
        semantic_only=order.semantic_only,
        scan_sha256=fingerprint(scan),
        age_at_scan=order.age,
        age_shown=shown,
        extrapolated=beyond or not 0.0 <= order.fraction <= 1.0,
        skull_stripped=form not in ("moved", "change"),
        spatial_reference=OWN_SPACE if native else manifest.preparation.template,
        details=order.details,
    )

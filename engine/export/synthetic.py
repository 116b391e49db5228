"""A synthesised volume on its way out: on the model's grid or carried into the scan's own space, and saying so."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.diffusion.solvers import Tick, no_tick
from engine.edit.synthesis import Synthesis, Synthesiser, Wish
from engine.export.provenance import Provenance
from engine.export.volume_file import write_volume
from engine.model.manifest import Manifest
from engine.preparation import Form, Prepared, already_on_grid, carry_back
from engine.scans import Scan, fingerprint
from engine.volume import Volume

Space = Literal["model", "native"]


@dataclass(frozen=True)
class Order:
    """What is to be written. ``space`` None: the model's for a scan that lies on its grid, else the scan's own.

    ``form`` counts in native space: "change" adds synthetic minus copy to the scan's own voxels, "plain" is the
    synthetic brain alone. ``held`` directions are still read as before. ``semantic_only``: noise drawn from ``seed`` in
    place of the scans' own. ``age`` of the scan in years where it is known.
    """

    changes: Mapping[str, float]
    second: Prepared | None = None
    fraction: float = 0.0
    calls: int | None = None
    space: Space | None = None
    form: Form = "change"
    seed: int = 0
    age: float | None = None
    held: Collection[str] = ()
    semantic_only: bool = False


@dataclass(frozen=True)
class Made:
    """A synthesised volume in the space asked for, ``synthesis`` on the model's grid, and where it comes from."""

    volume: Volume
    synthesis: Synthesis
    provenance: Provenance
    native: bool


def make(synthesiser: Synthesiser, scan: Scan, prepared: Prepared, order: Order, tick: Tick = no_tick) -> Made:
    """Carries out ``order`` for ``scan``, whose prepared form is ``prepared``."""
    manifest = synthesiser.model.manifest
    calls = order.calls or manifest.solver.calls(between=order.second is not None)
    source = prepared.volume.data
    second = None if order.second is None else order.second.volume.data
    drawn = order.seed if order.semantic_only else None
    wish = Wish(source, order.changes, second, order.fraction, order.held, drawn)
    synthesis = synthesiser.synthesise(wish, calls, tick)
    native = order.space == "native" or (order.space is None and not already_on_grid(scan, manifest.preparation))
    grid = manifest.preparation.grid
    volume = Volume(synthesis.volume, grid.affine)
    if native and order.form == "change":
        copy = synthesiser.synthesise(Wish(source, {}), calls, tick)
        volume = carry_back(Volume(synthesis.volume - copy.volume, grid.affine), prepared, scan, "change")
    elif native:
        volume = carry_back(volume, prepared, scan, "plain")
    return Made(volume, synthesis, _provenance(manifest, scan, order, synthesis, native), native)


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


def _provenance(manifest: Manifest, scan: Scan, order: Order, synthesis: Synthesis, native: bool) -> Provenance:
    at_visit = order.second is None or order.fraction in (0.0, 1.0)
    own = at_visit and not any(order.changes.values()) and not order.semantic_only
    kind: Literal["copy", "synthetic"] = "copy" if own else "synthetic"
    age = order.age
    shown = None if age is None else age + order.changes.get("age", 0.0)
    ranges = {d.name: (d.low, d.high) for d in manifest.directions}
    beyond = shown is not None and "age" in ranges and not ranges["age"][0] <= shown <= ranges["age"][1]
    return Provenance(
        kind=kind,
        description="The model's copy of a T1 brain." if kind == "copy" else "A synthesised T1 brain, not acquired.",
        form=order.form if native else "model",
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
        age_at_scan=age,
        age_shown=shown,
        extrapolated=beyond or not 0.0 <= order.fraction <= 1.0,
        skull_stripped=not (native and order.form == "change"),
        spatial_reference=None if native else manifest.preparation.template,
    )

"""A scan onto the model's grid."""

from __future__ import annotations

import argparse
from dataclasses import asdict

import numpy as np

from engine.commands import Progress, Report
from engine.commands.batch import Item, Output, over_scans
from engine.commands.scan_argument import add_scan_argument, doubts_about, recipe_of, scan_of, sources_of
from engine.export import Provenance, check_target, write_volume
from engine.model.manifest import Manifest
from engine.preparation import Prepared, prepare
from engine.preparation.place import Warp
from engine.scans import fingerprint

_OUTPUT = Output("prepared", "T1w.nii.gz", on_grid=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_scan_argument(parser, folders=True)
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="a .nii.gz or .nii; of a folder: a folder")
    parser.add_argument("--stripped", action="store_true", default=None, help="the skull was removed before")
    parser.add_argument("--registered", action="store_true", default=None, help="it lies in MNI space already")
    parser.add_argument("--mask", metavar="FILE", help="the brain, drawn by other means")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    def model() -> tuple[Manifest, str]:
        from engine.commands.synthesis_arguments import model_of

        return model_of(arguments)

    return over_scans(arguments, progress, _prepare, lambda _: _OUTPUT, model if arguments.bundle else None)


def _prepare(item: Item, progress: Progress) -> Report:
    arguments = item.arguments
    sources = sources_of(arguments)
    check_target(arguments.output, sources)
    recipe = recipe_of(arguments)
    scan = scan_of(arguments)
    prepared = prepare(scan, recipe, arguments.stripped, arguments.registered, arguments.mask, progress)
    record = _record(prepared)
    provenance = Provenance(
        kind=scan.header.kind if scan.header.kind in ("copy", "synthetic") else "scan",
        description="A T1 brain on the model's grid, 0 to 1.",
        form="model",
        scan_sha256=fingerprint(scan),
        age_at_scan=item.age,
        skull_stripped=True,
        spatial_reference=recipe.template,
        details={**record, **item.details},
    )
    path = write_volume(arguments.output, prepared.volume, provenance, sources=sources)
    lines = [f"{'warning' if check.warning else 'pass'}: {check.sentence}" for check in prepared.checks]
    return Report({"path": str(path), **record}, "\n".join(lines), warnings=doubts_about(scan, prepared))


def _record(prepared: Prepared) -> dict[str, object]:
    return {
        "steps": list(prepared.steps),
        "transforms": {"model_from_native": prepared.model_from_native.tolist(), "warp": _told(prepared.warp)},
        "intensity_scale": prepared.intensity_scale,
        "intensity_offset": prepared.intensity_offset,
        "native": {"shape": list(prepared.native.shape), "affine": prepared.native.affine.tolist()},
        "checks": [asdict(check) for check in prepared.checks],
    }


def _told(warp: Warp | None) -> dict[str, object] | None:
    """How far the warp behind the affine moves points; its field is kept with the prepared scan."""
    if warp is None:
        return None
    far_mm = np.linalg.norm(warp.into_model.astype(np.float32), axis=-1)
    return {"type": "SyN", "mean_mm": round(float(far_mm.mean()), 3), "largest_mm": round(float(far_mm.max()), 3)}

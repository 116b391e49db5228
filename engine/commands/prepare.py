"""A scan onto the model's grid."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from engine.commands import Progress, Report
from engine.commands.scan_argument import add_scan_argument, recipe_of, scan_of, sources_of
from engine.export import Provenance, check_target, write_volume
from engine.preparation import Prepared, prepare
from engine.scans import fingerprint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_scan_argument(parser)
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="a .nii.gz or .nii")
    parser.add_argument("--stripped", action="store_true", default=None, help="the skull was removed before")
    parser.add_argument("--registered", action="store_true", default=None, help="it lies in MNI space already")
    parser.add_argument("--mask", metavar="FILE", help="the brain, drawn by other means")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    sources = sources_of(arguments)
    check_target(arguments.output, sources)
    scan = scan_of(arguments)
    prepared = prepare(scan, recipe_of(arguments), arguments.stripped, arguments.registered, arguments.mask, progress)
    record = _record(prepared)
    provenance = Provenance(
        kind=scan.header.kind if scan.header.kind in ("copy", "synthetic") else "scan",
        description="A T1 brain on the model's grid, 0 to 1.",
        form="model",
        scan_sha256=fingerprint(scan),
        skull_stripped=True,
        details=record,
    )
    path = write_volume(arguments.output, prepared.volume, provenance, sources=sources)
    lines = [f"{'warning' if check.warning else 'pass'}: {check.sentence}" for check in prepared.checks]
    return Report({"path": str(path), **record}, "\n".join(lines))


def _record(prepared: Prepared) -> dict[str, object]:
    return {
        "steps": list(prepared.steps),
        "transforms": {"model_from_native": prepared.model_from_native.tolist()},
        "intensity_scale": prepared.intensity_scale,
        "intensity_offset": prepared.intensity_offset,
        "native": {"shape": list(prepared.native.shape), "affine": prepared.native.affine.tolist()},
        "checks": [asdict(check) for check in prepared.checks],
    }

"""What a file is: its header, whether it can be a T1 head, whether it lies on the model's grid."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.commands import Progress, Report
from engine.commands.scan_argument import add_scan_argument, recipe_of
from engine.errors import ScanError
from engine.preparation import T1_CHECKS, already_on_grid, prepared_before
from engine.scans import ScanHeader, describe, doubt, emptiness, read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_scan_argument(parser)


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    header = describe(arguments.scan, arguments.series)
    warnings = list(header.header_notes)
    likely: bool | None = None
    reasons: list[str] = []
    on_grid = False
    try:
        scan = read(arguments.scan, arguments.series, arguments.volume)
    except ScanError as error:
        # A 4D file, or several series, of which none was chosen: the header is told all the same.
        if header.volumes == 1 and len(header.series) < 2:
            raise
        warnings.append(str(error))
    else:
        warnings = list(scan.notes)
        sentence = emptiness(scan) or doubt(scan)
        if sentence is not None:
            likely, reasons = False, [sentence]
        recipe = recipe_of(arguments)
        on_grid = already_on_grid(scan, recipe)
        # The thorough answer needs a preparation: it is given where that was made before, and not asked for here.
        prepared = prepared_before(scan, recipe) if sentence is None else None
        if prepared is not None:
            looked_at = [check for check in prepared.checks if check.name in T1_CHECKS]
            likely = not any(check.warning for check in looked_at)
            reasons = [check.sentence for check in looked_at if check.warning or likely]
    data: dict[str, object] = {
        "path": str(Path(arguments.scan)),
        "format": header.format,
        "kind": header.kind,
        "shape": list(header.shape),
        "spacing_mm": [round(edge, 6) for edge in header.spacing_mm],
        "orientation": header.orientation,
        "dtype": header.dtype,
        "affine": header.affine.tolist(),
        "memory_mb": round(header.memory_mb, 1),
        "volumes": header.volumes,
        "series": [
            {"number": s.number, "description": s.description, "modality": s.modality, "shape": list(s.shape)}
            for s in header.series
        ],
        "header_notes": list(header.header_notes),
        "warnings": warnings,
        "t1_brain": {"likely": likely, "reasons": reasons},
        "on_model_grid": on_grid,
    }
    return Report(data, _text(header, warnings, reasons, on_grid))


def _text(header: ScanHeader, warnings: list[str], reasons: list[str], on_grid: bool) -> str:
    size = " x ".join(map(str, header.shape))
    edges = " x ".join(f"{edge:.3g}" for edge in header.spacing_mm)
    lines = [
        f"{header.name}: {header.format}, {header.kind}",
        f"{size} voxels of {edges} mm, {header.orientation}, {header.dtype}",
        f"takes about {max(header.memory_mb, 1):.0f} MB of memory to open",
    ]
    if header.volumes > 1:
        lines.append(f"{header.volumes} volumes, 0 to {header.volumes - 1}")
    lines += [f"series {s.number}: {s.modality} {s.description} {' x '.join(map(str, s.shape))}" for s in header.series]
    if on_grid:
        lines.append("on the model's grid")
    return "\n".join([*lines, *warnings, *reasons])

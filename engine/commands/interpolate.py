"""The time between two visits, and beyond them."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from engine.commands import Progress, Report
from engine.commands.synthesis_arguments import add_preparation_options, add_solver_options, check_steps, ticking
from engine.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="A", help="the earlier visit")
    parser.add_argument("second", metavar="B", help="the later visit")
    parser.add_argument("--times", required=True, metavar="T0,T1", help="when the two visits were")
    parser.add_argument("--at", required=True, metavar="T,…", help="the times to synthesise")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="DIR")
    parser.add_argument("--unit", choices=("months", "years"), default="months")
    add_solver_options(parser)
    parser.add_argument("--space", choices=("model", "native"), help="the model's grid or A's own space")
    parser.add_argument("--form", choices=("change", "plain"), default="change")
    add_preparation_options(parser)


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    from engine.commands.scan_argument import doubts_about
    from engine.edit.synthesis import load_synthesiser
    from engine.export import check_target, sidecar_of
    from engine.export.atomic import beside, filling, flush
    from engine.export.synthetic import Order, Space, make_all, write
    from engine.preparation import already_on_grid, prepare
    from engine.scans import open_scan

    start, end = _times(arguments.times, "--times", exactly=2)
    if start == end:
        raise UsageError(f"--times {arguments.times}: the two visits need different times.")
    asked = _times(arguments.at, "--at")
    steps = check_steps(arguments)
    targets = [arguments.output / f"{_name(time)}.nii.gz" for time in asked]
    listing = arguments.output / "timeline.json"
    with filling(arguments.output, [*targets, *map(sidecar_of, targets), listing]):
        for target in targets:
            check_target(target, [arguments.first, arguments.second])
        scans = [open_scan(path) for path in (arguments.first, arguments.second)]
        synthesiser = load_synthesiser(arguments.bundle, arguments.device, arguments.solver)
        recipe = synthesiser.model.manifest.preparation
        first, second = (
            prepare(scan, recipe, arguments.stripped, arguments.registered, arguments.mask, progress) for scan in scans
        )
        warnings = [
            f"{scan.header.name}: {sentence}"
            for scan, prepared in zip(scans, (first, second), strict=True)
            for sentence in doubts_about(scan, prepared)
        ]
        on_grid = all(already_on_grid(scan, recipe) for scan in scans)
        space: Space = arguments.space or ("model" if on_grid else "native")
        fractions = [(time - start) / (end - start) for time in asked]
        ordered = [
            (scans[0], first, Order({}, second, fraction, steps, space, arguments.form, arguments.seed))
            for fraction in fractions
        ]
        volumes = make_all(synthesiser, ordered, ticking(progress, "synthesising"))
        timeline = []
        for time, fraction, target, made in zip(asked, fractions, targets, volumes, strict=True):
            write(made, target, scans[0])
            timeline.append(
                {
                    "time": time,
                    "unit": arguments.unit,
                    "file": target.name,
                    "kind": made.provenance.kind,
                    "extrapolated": not 0.0 <= fraction <= 1.0,
                }
            )
        with beside(listing) as (temporary,):
            temporary.write_text(json.dumps(timeline, indent=1) + "\n")
            flush(temporary)
    data = {"path": str(listing), "timeline": timeline}
    return Report(data, f"{len(timeline)} volumes in {arguments.output}.", warnings=warnings)


def _times(text: str, option: str, exactly: int | None = None) -> list[float]:
    try:
        times = [float(word) for word in text.split(",")]
        if not all(map(math.isfinite, times)):
            raise ValueError
    except ValueError:
        raise UsageError(f"{option} {text}: not understood: write numbers with commas, for example 0,24.") from None
    if exactly is not None and len(times) != exactly:
        raise UsageError(f"{option} {text}: needs {exactly} times, for example 0,24.")
    return times


def _name(time: float) -> str:
    """t06, t12p5, tm06 for a time before the first visit."""
    whole, _, rest = f"{abs(time):.10g}".partition(".")
    return f"t{'m' if time < 0 else ''}{whole:0>2}{'p' + rest if rest else ''}"

"""What is how fast on this machine, and how many times as fast as a named baseline of the same run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from engine.commands import Progress, Report

if TYPE_CHECKING:
    from engine.evaluation.against import Comparison
    from engine.evaluation.speed import Figure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--against",
        choices=("published", "voxel"),
        help="the published size beside the published way of running it, or beside diffusion on voxels (minutes)",
    )


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    if arguments.against:
        return _against(arguments, progress)
    from engine.evaluation.speed import BASELINE, ROUNDS, measure_speed

    speed = measure_speed(arguments.bundle, arguments.device, arguments.seed, progress)
    figures = {figure.what: {**_seconds(figure), "ratio": figure.ratio} for figure in speed.figures}
    data = {"machine": speed.machine, "model": speed.model, "baseline": BASELINE, "unit": "s", "rounds": ROUNDS}
    lines = [
        f"{speed.model} on {speed.machine}",
        f"milliseconds, median of {ROUNDS} rounds (quartiles); baseline: {BASELINE}",
        f"{'':22}{'median':>9}{'quartiles':>20}{'baseline':>11}{'times as fast':>16}",
    ]
    for figure in speed.figures:
        low, median, high, baseline = (1000 * t for t in (figure.low, figure.median, figure.high, figure.baseline))
        quartiles = f"{low:.1f} to {high:.1f}"
        lines.append(f"{figure.what:22}{median:9.1f}{quartiles:>20}{baseline:11.1f}{figure.ratio:16.2f}")
    return Report({**data, "figures": figures}, "\n".join(lines))


def _seconds(figure: Figure) -> dict[str, float]:
    return {"median": figure.median, "low": figure.low, "high": figure.high, "baseline": figure.baseline}


def _against(arguments: argparse.Namespace, progress: Progress) -> Report:
    from engine.evaluation.against import compare_with_published, compare_with_voxels

    if arguments.against == "published":
        found = compare_with_published(arguments.bundle, arguments.device, arguments.seed, progress)
    else:
        found = compare_with_voxels(arguments.device, arguments.seed, progress)
    data = {
        "against": arguments.against,
        "machine": found.machine,
        "ours": found.ours,
        "baseline": found.baseline,
        "unit": "s",
        "figures": {row.what: {"ours": row.ours, "baseline": row.baseline, "ratio": row.ratio} for row in found.rows},
        "peak_bytes": dict(zip(("ours", "baseline"), found.peaks, strict=True)),
        "deviation": found.deviation,
    }
    return Report(data, _table(found))


def _table(found: Comparison) -> str:
    lines = [
        found.machine,
        f"ours: {found.ours}",
        f"baseline: {found.baseline}",
        f"{'seconds':34}{'ours':>10}{'baseline':>11}{'times as fast':>16}",
        *(f"{row.what:34}{row.ours:10.2f}{row.baseline:11.2f}{row.ratio:16.1f}" for row in found.rows),
    ]
    ours, baseline = found.peaks
    if ours is not None and baseline is not None:
        lines.append(f"{'peak memory, GB':34}{ours / 1e9:10.2f}{baseline / 1e9:11.2f}")
    lines += [f"deviation from float32, {what}: {100 * off:.2f} %" for what, off in found.deviation.items()]
    return "\n".join(lines)

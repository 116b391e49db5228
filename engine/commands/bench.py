"""What is how fast on this machine, and how many times as fast as a named baseline of the same run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from engine.commands import Progress, Report

if TYPE_CHECKING:
    from engine.evaluation.speed import Figure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but what is common to all commands."""


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
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

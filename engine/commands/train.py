"""``train CONFIG``: the three stages, and the bundle they end in."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path

from engine import priority
from engine.commands import Progress, Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="a file of configs/")
    parser.add_argument("--data", help="cohort folder, instead of the one the configuration names")
    parser.add_argument("--resume", action="store_true", help="go on where an earlier run stopped")
    parser.add_argument("-o", "--output", type=Path, help="folder of the run (default: runs/NAME)")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    from engine.training.config import load_config
    from engine.training.pipeline import train
    from engine.training.run import first_process_first

    priority.give_way(priority.TRAINING)
    config = load_config(arguments.config, arguments.data)
    folder = arguments.output or Path("runs") / config.name
    # The progress bars of Lightning go to stdout, which is the report's.
    with (
        open(os.devnull, "w") if arguments.quiet else contextlib.nullcontext(sys.stderr) as bars,
        contextlib.redirect_stdout(bars),
    ):
        try:
            bundle = train(config, folder, arguments.resume)
            with first_process_first() as is_first:
                if is_first:
                    _judge(bundle, Path(config.data), arguments.device, arguments.seed, progress)
        except SystemExit as end:  # Lightning's answer to Ctrl-C
            raise KeyboardInterrupt from end
    return Report({"bundle": str(bundle)}, f"The model lies in {bundle}: use it with --bundle {bundle}.")


def _judge(bundle: Path, cohort: Path, device: str, seed: int, progress: Progress) -> None:
    """What the bundle is worth on the cohort's people of split ``test``, into its manifest and its card; none, none."""
    from engine.cohort.members import has_judged
    from engine.edit.synthesis import load_synthesiser
    from engine.evaluation.report import evaluate, report_folder, summary, write_report
    from engine.model.manifest import record_figures

    if has_judged(cohort):
        folder = report_folder(bundle.parent / "evaluation", cohort)
        evaluation = evaluate(load_synthesiser(bundle, device), bundle, cohort, folder, seed, progress)
        write_report(evaluation, bundle, folder)
        record_figures(bundle, summary(evaluation.report))

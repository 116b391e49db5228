"""What a model is worth on a cohort it never saw."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.commands import Progress, Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cohort", required=True, type=Path, metavar="DIR", help="a cohort folder")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="REPORT_DIR")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    from engine.edit.synthesis import load_synthesiser
    from engine.evaluation.card import headlines
    from engine.evaluation.report import evaluate, report_folder, write_report
    from engine.evaluation.words import figure_in_words
    from engine.model.manifest import find_bundle

    bundle, folder = find_bundle(arguments.bundle), report_folder(arguments.output, arguments.cohort)
    synthesiser = load_synthesiser(bundle, arguments.device)
    evaluation = evaluate(synthesiser, bundle, arguments.cohort, folder, arguments.seed, progress)
    path = write_report(evaluation, bundle, folder)
    lines = []
    for key, meaning, figure in headlines(evaluation.report):
        value, interval = figure_in_words(figure)
        lines.append(f"{key}: {value} ({interval}), {meaning}")
    held = [bar for bar in evaluation.report["bars"] if bar["met"] is not None]
    lines += [f"{'met' if bar['met'] else 'missed'}: {bar['asked']} ({bar['measured']})" for bar in held]
    return Report({"path": str(path), **evaluation.report}, "\n".join([*lines, f"Written to {path.parent}."]))

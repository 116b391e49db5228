"""What a model is worth on a cohort it never saw."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.commands import Progress, Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cohort", required=True, type=Path, metavar="DIR", help="a folder of prepared people")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="REPORT_DIR")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    from engine.edit.synthesis import load_synthesiser
    from engine.evaluation.report import evaluate, write_report

    synthesiser = load_synthesiser(arguments.bundle, arguments.device)
    report = evaluate(synthesiser, arguments.cohort, progress)
    path = write_report(report, arguments.output)
    lines = [
        f"{group}.{name}: {figure[0]:.3f} ({figure[1]:.3f} to {figure[2]:.3f})"
        for group, figures in _flat(report)
        for name, figure in figures.items()
        if isinstance(figure, list) and len(figure) == 3 and isinstance(figure[0], float)
    ]
    return Report({"path": str(path), **report}, "\n".join([*lines, f"Written to {path}."]))


def _flat(report: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
    found: list[tuple[str, dict[str, object]]] = []
    for name, value in report.items():
        if isinstance(value, dict):
            found.append((name, value))
            found += [(f"{name}.{inner}", figures) for inner, figures in _flat(value) if inner != "read"]
    return found

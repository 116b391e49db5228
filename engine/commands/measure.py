"""What the model reads from a scan."""

from __future__ import annotations

import argparse

from engine.commands import Progress, Report
from engine.commands.scan_argument import add_scan_argument
from engine.commands.synthesis_arguments import add_preparation_options, subject_of
from engine.model.manifest import Direction


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_scan_argument(parser)
    add_preparation_options(parser)


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    subject = subject_of(arguments, progress)
    read = subject.synthesiser.read(subject.prepared.volume.data)
    about = {d.name: d for d in subject.synthesiser.model.manifest.directions}
    readouts = {
        name: {"value": value, "unit": about[name].unit, "error": about[name].error} for name, value in read.items()
    }
    data = {
        "path": arguments.scan,
        "age": readouts.get("age"),
        "readouts": readouts,
        "volumes_ml": {},
        "space": "model",
        "kind": subject.scan.header.kind,
    }
    return Report(data, "\n".join(_line(about[name], value) for name, value in read.items()))


def _line(about: Direction, value: float) -> str:
    wrong = "" if about.error is None else f", wrong by {about.error:.1f} on average"
    return f"{about.label}: {value:.1f} {about.unit}{wrong}"

"""What the model reads from a scan."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Literal

from engine.commands import Progress, Report
from engine.commands.batch import Item, Output, over_scans
from engine.commands.scan_argument import add_scan_argument
from engine.commands.synthesis_arguments import (
    Load,
    Subject,
    add_preparation_options,
    loading,
    model_of,
    subject_of,
)
from engine.model.manifest import Direction

Space = Literal["model", "native"]
SPACES: dict[Space, str] = {"model": ", in a brain of the template's size", "native": ""}
_OUTPUT = Output("model", "readouts.json", on_grid=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_scan_argument(parser, folders=True)
    add_preparation_options(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="a .json file; of a folder: a folder")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    load = loading(arguments)

    def measure(item: Item, progress: Progress) -> Report:
        return _measure(item, progress, load)

    return over_scans(arguments, progress, measure, lambda _: _OUTPUT, lambda: model_of(arguments))


def _measure(item: Item, progress: Progress, load: Load) -> Report:
    from engine.export import check_place
    from engine.export.derivatives import write_text

    arguments = item.arguments
    if arguments.output is not None:
        check_place(arguments.output, [arguments.scan])
    subject = subject_of(arguments, progress, load)
    read = subject.synthesiser.read(subject.prepared.volume.data)
    about = {d.name: d for d in subject.synthesiser.model.manifest.directions}
    readouts = {
        name: {"value": value, "unit": about[name].unit, "error": about[name].error} for name, value in read.items()
    }
    volumes, space = _volumes(subject)
    found = {
        "age": readouts.get("age"),
        "readouts": readouts,
        "volumes_ml": volumes,
        "space": space,
        "kind": subject.scan.header.kind,
    }
    if arguments.output is not None:
        record = {**item.details, "AgeAtScan": item.age, **found}
        write_text(arguments.output, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    lines = [_line(about[name], value) for name, value in read.items()]
    lines += [f"{region}: {ml:.1f} ml{SPACES[space]}" for region, ml in volumes.items()]
    return Report({"path": arguments.scan, **found}, "\n".join(lines), warnings=subject.warnings)


def _volumes(subject: Subject) -> tuple[dict[str, float], Space]:
    """Millilitres by region, none where the model measures none, and in whose size: the person's own ("native") where
    an affine alone took the scan to the grid, else the template's ("model")."""
    from engine.measure.volumetry import own_size, region_volumes

    prepared = subject.prepared
    volumes = region_volumes(subject.synthesiser.model, prepared.volume.data) or {}
    if prepared.warp is not None or prepared.native.matches(prepared.volume.grid):
        return volumes, "model"
    return own_size(volumes, prepared.model_from_native), "native"


def _line(about: Direction, value: float) -> str:
    wrong = "" if about.error is None else f", wrong by {about.error:.1f} on average"
    return f"{about.label}: {value:.1f} {about.unit}{wrong}"

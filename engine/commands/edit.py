"""A scan with its age or another attribute moved."""

from __future__ import annotations

import argparse

from engine.commands import Progress, Report
from engine.commands.scan_argument import sources_of
from engine.commands.synthesis_arguments import add_synthesis_arguments, check_steps, subject_of, ticking


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_synthesis_arguments(parser)
    parser.add_argument(
        "--set", action="append", required=True, metavar="NAME=VALUE", dest="settings", help="age=+10, age=75, …"
    )


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    from engine.edit.settings import parse_settings
    from engine.export import check_target
    from engine.export.synthetic import Order, make, write
    from engine.model.manifest import find_bundle, read_manifest

    check_target(arguments.output, sources_of(arguments))
    steps = check_steps(arguments)
    # Words that make no sense are refused before minutes of preparation; what they move from is known only after it.
    names = [direction.name for direction in read_manifest(find_bundle(arguments.bundle)).directions]
    parse_settings(arguments.settings, dict.fromkeys(names, 0.0))
    subject = subject_of(arguments, progress)
    before = subject.synthesiser.read(subject.prepared.volume.data)
    changes = parse_settings(arguments.settings, before)
    order = Order(changes, calls=steps, space=arguments.space, form=arguments.form, seed=arguments.seed)
    made = make(subject.synthesiser, subject.scan, subject.prepared, order, ticking(progress, "synthesising"))
    path = write(made, arguments.output, subject.scan)
    after = subject.synthesiser.read(made.synthesis.volume)
    units = {d.name: d.unit for d in subject.synthesiser.model.manifest.directions}
    data = {
        "path": str(path),
        "changes": changes,
        "readouts": {
            name: {"before": before[name], "after": after[name], "asked": before[name] + changes.get(name, 0.0)}
            for name in before
        },
        "space": "native" if made.native else "model",
        "steps": made.synthesis.calls,
    }
    lines = [f"{name}: read {before[name]:.1f} before, {after[name]:.1f} after ({units[name]})" for name in before]
    return Report(data, "\n".join(lines))

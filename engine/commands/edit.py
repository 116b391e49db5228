"""A scan with its age or another attribute moved."""

from __future__ import annotations

import argparse
from dataclasses import replace

from engine.commands import Progress, Report
from engine.commands.batch import Item, Output, over_scans
from engine.commands.scan_argument import recipe_of, sources_of
from engine.commands.synthesis_arguments import (
    Load,
    add_synthesis_arguments,
    check_steps,
    loading,
    model_of,
    subject_of,
    ticking,
)
from engine.export.derivatives import label_of
from engine.scans import describe, upright
from engine.volume import Grid


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_synthesis_arguments(parser, folders=True)
    add_change_options(parser, required=True)


def add_change_options(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument(
        "--set",
        action="extend",
        nargs="+",
        required=required,
        default=None if required else [],
        metavar="NAME=VALUE",
        dest="settings",
        help="age=+10, age=75, …",
    )
    parser.add_argument(
        "--hold", action="extend", nargs="+", default=[], metavar="NAME", help="what else is read must not change"
    )


def check_changes(arguments: argparse.Namespace) -> None:
    """Refuses words that make no sense before minutes of preparation; what they move from is known only after it."""
    from engine.edit.settings import check_directions, parse_settings

    names = [direction.name for direction in model_of(arguments)[0].directions]
    check_directions(parse_settings(arguments.settings, dict.fromkeys(names, 0.0)), arguments.hold, names)


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    check_changes(arguments)
    check_steps(arguments)
    load = loading(arguments, arguments.solver)

    def edit(item: Item, progress: Progress) -> Report:
        return edit_one(item, progress, load)

    return over_scans(arguments, progress, edit, output_of, lambda: model_of(arguments))


def output_of(item: Item) -> Output:
    """Named by the values asked for ("synthAge74p5"), or the change ("synthAgeBy10") where only that is known, and by
    what was held ("synthAge74p5HoldSex"); a copy is "synthRecon"."""
    arguments = item.arguments
    label = "".join(_state(word, item.age) for word in arguments.settings) or "Recon"
    label += "".join(f"Hold{name.title()}" for name in arguments.hold)
    header = describe(arguments.scan, arguments.series)
    lies_there = upright(Grid(header.shape, header.affine)).matches(upright(recipe_of(arguments).grid))
    on_grid = arguments.space == "model" or (arguments.space is None and lies_there)
    return Output(f"synth{label}{'' if on_grid else arguments.form.title()}", "T1w.nii.gz", on_grid)


def _state(word: str, age: float | None) -> str:
    name, _, value = word.partition("=")
    by = value[:1] in ("+", "-")
    shown = float(value)
    if by and name == "age" and age is not None:
        by, shown = False, age + shown
    return f"{name.title()}{'By' if by else ''}{label_of(shown)}"


def edit_one(item: Item, progress: Progress, load: Load) -> Report:
    """One scan; no setting gives its copy. Also what ``export`` does for an edit."""
    from engine.edit.settings import parse_settings
    from engine.export import check_target
    from engine.export.synthetic import Order, make, write

    arguments = item.arguments
    check_target(arguments.output, sources_of(arguments))
    steps = check_steps(arguments)
    subject = subject_of(arguments, progress, load)
    before = subject.synthesiser.read(subject.prepared.volume.data)
    zeros = subject.synthesiser.zeros(subject.prepared.volume.data, item.age)
    changes = parse_settings(arguments.settings, zeros)
    order = Order(
        changes,
        held=arguments.hold,
        calls=steps,
        space=arguments.space,
        form=arguments.form,
        seed=arguments.seed,
        age=item.age,
    )
    made = make(subject.synthesiser, subject.scan, subject.prepared, order, ticking(progress, "synthesising"))
    provenance = replace(made.provenance, details={**made.provenance.details, **item.details})
    path = write(replace(made, provenance=provenance), arguments.output, subject.scan)
    after = subject.synthesiser.read(made.synthesis.volume)
    units = {d.name: d.unit for d in subject.synthesiser.model.manifest.directions}
    data = {
        "path": str(path),
        "changes": changes,
        "held": list(arguments.hold),
        "age_at_scan": item.age,
        "readouts": {
            name: {"before": before[name], "after": after[name], "asked": zeros[name] + changes.get(name, 0.0)}
            for name in before
        },
        "space": "native" if made.native else "model",
        "solver": made.provenance.solver,
        "steps": made.synthesis.calls,
    }
    lines = [f"{name}: read {before[name]:.1f} before, {after[name]:.1f} after ({units[name]})" for name in before]
    if item.age is not None and "age" in changes:
        lines.append(f"age: counted from the {item.age:g} years that the participants' tables tell")
    return Report(data, "\n".join(lines), warnings=subject.warnings)

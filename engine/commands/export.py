"""An edit, or one person's time, in any of the forms that the window writes."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from engine.commands import Progress, Report
from engine.commands.batch import Item
from engine.commands.edit import add_change_options, check_changes, edit_one, output_of
from engine.commands.synthesis_arguments import (
    Load,
    add_preparation_options,
    add_solver_options,
    check_steps,
    loading,
    model_of,
    ticking,
)
from engine.commands.visits_argument import add_visit_options, doubts_of, named, points_of, visits_of
from engine.edit.settings import parse_settings
from engine.errors import UsageError
from engine.export.derivatives import derivative_of, deriving, label_of, source_of
from engine.export.film import FRAMES_A_SECOND
from engine.export.synthetic import Order, make, write
from engine.export.timeline import Frame, Point, Visit, acquired, frames_of, order_of, synthesised, year_step
from engine.export.timeline_forms import ENDINGS, check_form, write_form
from engine.preparation import already_on_grid
from engine.scans import open_scan
from engine.scans.bids import visit_at, visit_of

_VOLUMES: Mapping[str, Mapping[str, str]] = {
    "native": {"space": "native", "form": "change"},
    "plain": {"space": "native", "form": "plain"},
    "model": {"space": "model", "form": "change"},
    "change": {},
}
"""What each is, in the words of the command ``edit``."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "“--workspace FILE” in place of SCAN: what the window shows of a saved workspace."
    parser.add_argument("scans", nargs="+", metavar="SCAN", help="one, or several visits of one person")
    parser.add_argument("--what", required=True, choices=(*_VOLUMES, "bids", *ENDINGS))
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="OUT", help="a file; of bids: a folder")
    add_change_options(parser, required=False)
    add_solver_options(parser)
    add_preparation_options(parser)
    one = parser.add_argument_group("of one scan")
    one.add_argument("--minus", choices=("copy", "scan"), default="copy", help="what a change map is counted from")
    one.add_argument("--series", type=int, metavar="N", help="which series of a DICOM folder")
    one.add_argument("--volume", type=int, metavar="N", help="which volume of a 4D file, counted from 0")
    add_visit_options(parser)
    space = parser.add_argument_group("of a change map and of bids")
    space.add_argument("--space", choices=("model", "native"), help="the model's grid or the scan's own")
    space.add_argument("--form", choices=("change", "plain"), default="change", help="of bids in native space")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    check_steps(arguments)
    what, several = arguments.what, len(arguments.scans) > 1
    if several and what in _VOLUMES:
        raise UsageError(f"--what {what}: is of one scan: name one, or choose timeline4d or bids.")
    if several and arguments.settings:
        raise UsageError(f"--set {arguments.settings[0]}: moves one scan, not a timeline: name one scan.")
    if several and (arguments.mask or arguments.series is not None or arguments.volume is not None):
        raise UsageError("--mask, --series and --volume are of one scan: leave them out.")
    if not several and what in ("timeline4d", "gif", "mp4"):
        raise UsageError(f"--what {what}: shows time: name two or more visits of one person.")
    if what == "change" and arguments.minus == "copy" and not arguments.settings:
        raise UsageError("--what change: nothing is moved, so nothing changes: say what (--set age=+10).")
    check_changes(arguments)
    load = loading(arguments, arguments.solver)
    if what in _VOLUMES:
        return edit_one(_item(arguments), progress, load)
    if what == "bids":
        return (_timeline_derivatives if several else _edit_derivative)(arguments, progress, load)
    return _points(arguments, progress, load)


def _item(arguments: argparse.Namespace) -> Item:
    """One scan, as the command ``edit`` would be asked."""
    scan = arguments.scans[0]
    words = {"scan": scan, **_VOLUMES.get(arguments.what, {})}
    if arguments.what == "change":
        words["form"] = f"minus {arguments.minus}"
    visit = visit_of(scan)
    return Item(argparse.Namespace(**(vars(arguments) | words)), visit.age if visit else None)


def _points(arguments: argparse.Namespace, progress: Progress, load: Load) -> Report:
    """The points of a timeline, or the states of one scan, as one file."""
    what, out = arguments.what, arguments.output
    if not out.name.lower().endswith(ENDINGS[what]):
        raise UsageError(f"{out.name} is no name for {what}: let it end with {ENDINGS[what][0]}.")
    if not FRAMES_A_SECOND[0] <= arguments.fps <= FRAMES_A_SECOND[1]:
        raise UsageError(f"--fps {arguments.fps}: choose between {FRAMES_A_SECOND[0]} and {FRAMES_A_SECOND[1]}.")
    check_form(out, arguments.scans)
    scans = named(arguments)
    points = points_of(arguments, scans) if len(scans) > 1 else []
    visits = visits_of(arguments, scans, progress, load)
    if points:
        tick = ticking(progress, "synthesising")
        frames = frames_of(load(), visits, points, _wanted(arguments), arguments.ends, tick)
    else:
        frames = _states(arguments, visits[0], progress, load)
    progress(0, 0, "writing")
    write_form(out, frames, load(), arguments.seed, arguments.fps, arguments.scans)
    data = {
        "path": str(out),
        "frames": [{"kind": frame.provenance.kind, "age": frame.age, "name": frame.name} for frame in frames],
        "year_step": year_step(frames),
    }
    return Report(data, f"{len(frames)} points.", warnings=doubts_of(visits))


def _states(arguments: argparse.Namespace, visit: Visit, progress: Progress, load: Load) -> list[Frame]:
    """One scan, its copy and, where something is moved, the edit."""
    changes = parse_settings(arguments.settings, load().zeros(visit.prepared.volume.data, visit.age))
    frames = [acquired(visit)]
    for moved in [{}, changes] if changes else [{}]:
        order = replace(_wanted(arguments), changes=moved, held=arguments.hold if moved else (), age=visit.age)
        made = make(load(), visit.scan, visit.prepared, order, ticking(progress, "synthesising"))
        frames.append(synthesised(made, visit, visit.name))
    return frames


def _wanted(arguments: argparse.Namespace) -> Order:
    """On the model's grid."""
    return Order({}, calls=arguments.steps, space="model", seed=arguments.seed)


# BIDS derivatives


def _edit_derivative(arguments: argparse.Namespace, progress: Progress, load: Load) -> Report:
    visit = visit_at(arguments.scans[0])
    item = _item(arguments)
    output = output_of(item)
    target = derivative_of(visit, arguments.output, output.desc, output.ending, output.on_grid)
    item.arguments.output = target
    item.arguments.space = "model" if output.on_grid else "native"
    item = replace(item, details={"Sources": [source_of(visit)]})
    with deriving(arguments.output, visit.root, [target], *model_of(arguments)):
        return edit_one(item, progress, load)


def _timeline_derivatives(arguments: argparse.Namespace, progress: Progress, load: Load) -> Report:
    """A file for each point, below the visit that it starts from; the visits themselves lie in the dataset already."""
    scans = named(arguments)
    places = [visit_at(scan.path) for scan in scans]
    recipe = model_of(arguments)[0].preparation
    on_grid = all(already_on_grid(open_scan(scan.path), recipe) for scan in scans)
    order = replace(
        _wanted(arguments),
        space=arguments.space or ("model" if on_grid else "native"),
        form=arguments.form,
    )
    ending = "" if order.space == "model" else arguments.form.title()
    points: dict[Path, Point] = {}
    for point in points_of(arguments, scans):
        if point.visit is None or arguments.ends == "copy":
            desc = f"synth{'Recon' if point.visit is not None else f'T{label_of(point.fraction)}'}{ending}"
            target = derivative_of(
                places[point.start], arguments.output, desc, "T1w.nii.gz", on_grid=order.space == "model"
            )
            if target in points:
                raise UsageError(f"{target.name}: two points would have this name: ask for fewer points.")
            points[target] = point

    with deriving(arguments.output, places[0].root, list(points), *model_of(arguments)):
        visits = visits_of(arguments, scans, progress, load)
        lines = []
        for target, point in points.items():
            visit = visits[point.start]
            shown = places[point.start : point.start + 1] if point.visit is not None else places[point.gap :][:2]
            wanted = replace(order, details={"Sources": [source_of(place) for place in shown]})
            its_order = order_of(point, visits, wanted)
            made = make(load(), visit.scan, visit.prepared, its_order, ticking(progress, target.name))
            write(made, target, visit.scan)
            place = target.relative_to(arguments.output).as_posix()
            lines.append({"file": place, "kind": made.provenance.kind, "age": made.provenance.age_shown})
        data = {"path": str(arguments.output), "frames": lines}
        return Report(data, f"{len(lines)} volumes.", warnings=doubts_of(visits))

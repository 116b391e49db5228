"""Several scans as the visits of one person, and which points in time are asked for."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.commands import Progress
from engine.commands.scan_argument import doubts_about
from engine.commands.synthesis_arguments import Load
from engine.errors import ScanError, UsageError
from engine.export.timeline import Point, Visit, at_ages, equal_steps
from engine.preparation import prepare
from engine.scans import describe, open_scan
from engine.scans.bids import Visit as BidsVisit
from engine.scans.bids import visit_of

_MOST_POINTS = 500


@dataclass(frozen=True)
class Named:
    """A scan that was named, before it is opened, and what tables or the user say of it. ``age`` in years."""

    path: str
    bids: BidsVisit | None
    age: float | None


def add_visit_options(parser: argparse.ArgumentParser) -> None:
    time = parser.add_argument_group("of several visits")
    time.add_argument("--ages", metavar="A,B,…", help="the age at each, where no table tells it or another is meant")
    time.add_argument("--points", type=int, default=3, metavar="N", help="between visits, at equal steps (default: 3)")
    time.add_argument("--at", metavar="AGE,…", help="the ages to synthesise, in place of equal steps")
    time.add_argument("--ends", choices=("scan", "copy"), default="scan", help="what is shown at the visits")
    time.add_argument("--fps", type=int, default=2, metavar="N", help="frames a second of a film, 1 to 30 (default: 2)")
    time.add_argument("--anyway", action="store_true", help="they are visits of one person, whatever the files say")


def named(arguments: argparse.Namespace) -> list[Named]:
    """SCAN…, by age where all ages are known.

    Raises ScanError where they are no visits of one person, UsageError where their ages make no order.
    """
    told = [visit_of(scan) for scan in arguments.scans]
    ages = [visit.age if visit else None for visit in told]
    if arguments.ages is not None:
        ages = [*_numbers(arguments.ages, "--ages")]
        if len(ages) != len(told):
            raise UsageError(f"--ages {arguments.ages}: {len(told)} scans need {len(told)} ages.")
    if len(told) > 1 and not arguments.anyway:
        _check_person(arguments.scans, sorted({visit.subject for visit in told if visit}))
    scans = [Named(*each) for each in zip(arguments.scans, told, ages, strict=True)]
    known = [age for age in ages if age is not None]
    if len(known) < len(scans):
        return scans
    if len(set(known)) < len(known):
        raise UsageError("Two visits have the same age: say the age at each (--ages A,B).")
    return sorted(scans, key=lambda scan: scan.age or 0.0)


def points_of(arguments: argparse.Namespace, scans: Sequence[Named]) -> list[Point]:
    """The visits and the points asked for. Raises UsageError."""
    ages = [scan.age for scan in scans]
    if arguments.at is not None:
        points = at_ages(ages, _numbers(arguments.at, "--at"))
    elif arguments.points < 1:
        raise UsageError(f"--points {arguments.points}: choose 1 or more.")
    else:
        points = equal_steps(ages, arguments.points)
    if len(points) > _MOST_POINTS:
        raise UsageError(f"{len(points)} points are more than a timeline can have ({_MOST_POINTS}): ask for fewer.")
    return points


def visits_of(arguments: argparse.Namespace, scans: Sequence[Named], progress: Progress, load: Load) -> list[Visit]:
    """``scans``, opened and prepared for the model."""
    opened = [open_scan(scan.path, arguments.series, arguments.volume) for scan in scans]
    recipe = load().model.manifest.preparation
    given = arguments.stripped, arguments.registered, arguments.mask
    return [
        Visit(scan, prepare(scan, recipe, *given, progress), told.age, told.bids)
        for scan, told in zip(opened, scans, strict=True)
    ]


def doubts_of(visits: Sequence[Visit]) -> list[str]:
    """What is to be looked at in each visit's scan, by file."""
    return [
        f"{visit.scan.header.name}: {sentence}"
        for visit in visits
        for sentence in doubts_about(visit.scan, visit.prepared)
    ]


def _check_person(scans: Sequence[str], people: Sequence[str]) -> None:
    if len({Path(scan).resolve() for scan in scans}) < len(scans):
        raise ScanError(f"{Path(scans[0]).name}: two visits are the same file: name another.")
    if len(people) > 1:
        whose = " and ".join(people)
        raise ScanError(f"These visits belong to {whose}: a timeline needs one person: add --anyway if they are one.")
    for scan in scans:
        if describe(scan).kind in ("copy", "synthetic"):
            raise ScanError(f"{Path(scan).name} is marked synthetic, not acquired: add --anyway to use it as a visit.")


def _numbers(text: str, option: str) -> list[float]:
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise UsageError(f"{option} {text}: not understood: write numbers with commas, for example 61.5,63.")
    return numbers

"""A timeline on its way out: the visits of one person and the points between and beyond them, on the model's grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from engine.diffusion.solvers import Tick, no_tick
from engine.edit.synthesis import Synthesiser
from engine.errors import UsageError
from engine.export.provenance import Provenance
from engine.export.synthetic import Made, Order, make_all
from engine.preparation import Prepared
from engine.scans import Scan, fingerprint
from engine.scans.bids import Visit as BidsVisit
from engine.volume import Volume

Ends = Literal["scan", "copy"]

# Of a step, so that only rounding passes.
_EVEN_WITHIN = 1e-3


@dataclass(frozen=True)
class Visit:
    """An acquired scan, prepared. ``age`` in years where known; ``bids``: where it lies in a BIDS folder, if in one."""

    scan: Scan
    prepared: Prepared
    age: float | None = None
    bids: BidsVisit | None = None

    @property
    def subject(self) -> str:
        return self.bids.subject if self.bids else self.scan.header.name

    @property
    def session(self) -> str:
        """As in BIDS ("ses-M000"), empty where there is none."""
        return self.bids.session if self.bids else ""

    @property
    def name(self) -> str:
        return self.session or self.scan.header.name


@dataclass(frozen=True)
class Point:
    """``fraction`` of the way from the visit number ``gap`` to the one after it: 0 and 1 are these visits themselves,
    below and above lies what is extrapolated. ``age`` in years where both visits have one."""

    gap: int
    fraction: float
    age: float | None

    @property
    def visit(self) -> int | None:
        """The number of the visit that this point is."""
        return {0.0: self.gap, 1.0: self.gap + 1}.get(self.fraction)

    @property
    def start(self) -> int:
        """The number of the visit that it is, or starts from."""
        return self.gap if self.visit is None else self.visit

    @property
    def extrapolated(self) -> bool:
        return not 0.0 <= self.fraction <= 1.0


@dataclass(frozen=True)
class Frame:
    """One point's ``volume`` on the model's grid, values in [0, 1]. ``name``: what it is called where no age is known;
    ``session``: of the visit that it is, or that it starts from."""

    volume: Volume
    provenance: Provenance
    name: str
    subject: str = ""
    session: str = ""
    extrapolated: bool = False

    @property
    def age(self) -> float | None:
        return self.provenance.age_shown


def equal_steps(ages: Sequence[float | None], between: int) -> list[Point]:
    """The visits of ``ages`` (in their order, at least two) and ``between`` points in each gap, at equal steps."""
    points = []
    for gap, (start, end) in enumerate(pairwise(ages)):
        for step in range(between + 1):
            fraction = step / (between + 1)
            age = None if start is None or end is None else start + fraction * (end - start)
            points.append(Point(gap, fraction, start if step == 0 else age))
    return [*points, Point(len(ages) - 2, 1.0, ages[-1])]


def at_ages(ages: Sequence[float | None], asked: Sequence[float]) -> list[Point]:
    """The visits of ``ages`` and the ``asked`` ages, by age; what lies beyond the visits goes on along the nearest gap.

    Raises UsageError where a visit's age is not known.
    """
    known = [age for age in ages if age is not None]
    if len(known) < len(ages):
        raise UsageError("--at: counts in years, and the age at a visit is not known: say the ages (--ages A,B).")
    points = equal_steps(known, between=0)
    for age in {*asked} - {*known}:
        gap = int(np.clip(np.searchsorted(known, age) - 1, 0, len(known) - 2))
        points.append(Point(gap, (age - known[gap]) / (known[gap + 1] - known[gap]), age))
    return sorted(points, key=lambda point: point.age or 0.0)


def acquired(visit: Visit) -> Frame:
    """The visit itself, as the model is shown it."""
    provenance = Provenance(
        kind="scan",
        description="An acquired T1 brain, prepared.",
        scan_sha256=fingerprint(visit.scan),
        age_at_scan=visit.age,
        age_shown=visit.age,
        skull_stripped=True,
    )
    return Frame(visit.prepared.volume, provenance, visit.name, visit.subject, visit.session)


def synthesised(made: Made, visit: Visit, name: str, extrapolated: bool = False) -> Frame:
    """``made``, on the model's grid, as what starts from ``visit``."""
    return Frame(made.volume, made.provenance, name, visit.subject, visit.session, extrapolated)


def order_of(point: Point, visits: Sequence[Visit], wanted: Order) -> Order:
    """``wanted`` for the volume at ``point``: between two visits, or the copy of one."""
    if point.visit is not None:
        return replace(wanted, age=visits[point.visit].age)
    first, second = visits[point.gap], visits[point.gap + 1]
    details = {"SecondScanSHA256": fingerprint(second.scan), "Fraction": point.fraction, **wanted.details}
    return replace(
        wanted,
        second=second.prepared,
        fraction=point.fraction,
        age=first.age,
        second_age=second.age,
        details=details,
    )


def frames_of(
    synthesiser: Synthesiser,
    visits: Sequence[Visit],
    points: Sequence[Point],
    wanted: Order,
    ends: Ends = "scan",
    tick: Tick = no_tick,
) -> list[Frame]:
    """What lies at ``points``, on the model's grid; at the visits the ``ends``: the scans, or their copies."""

    def is_scan(point: Point) -> bool:
        return point.visit is not None and ends == "scan"

    ordered = [
        (visits[point.start].scan, visits[point.start].prepared, order_of(point, visits, wanted))
        for point in points
        if not is_scan(point)
    ]
    made = make_all(synthesiser, ordered, tick)
    frames = []
    for point in points:
        visit = visits[point.start]
        name = visit.name if point.visit is not None else f"{point.fraction:.2f} of the way from {visit.name}"
        if is_scan(point):
            frames.append(acquired(visit))
        else:
            frames.append(synthesised(next(made), visit, name, point.extrapolated))
    return frames


def year_step(frames: Sequence[Frame]) -> float | None:
    """Years from frame to frame, None where they differ or an age is not known."""
    ages = [frame.age for frame in frames]
    steps = np.diff([age for age in ages if age is not None])
    if len(steps) != len(ages) - 1 or not len(steps) or np.ptp(steps) > _EVEN_WITHIN * steps.mean():
        return None
    return float(steps.mean())


def provenance_of(frames: Sequence[Frame], seed: int) -> Provenance:
    """Of all ``frames`` together: synthetic as soon as one of them is, with a line for each in ``Frames``."""
    generated = [frame.provenance for frame in frames if frame.provenance.generated]
    if not generated:
        raise UsageError("Every point of the timeline is a visit: ask for points between them.")
    return replace(
        generated[0],
        kind="synthetic",
        description="One person in time: acquired scans, prepared, and synthesised T1 brains. “Frames” tells which.",
        changes={},
        seed=seed,
        scan_sha256=None,
        age_at_scan=None,
        age_shown=None,
        extrapolated=None,
        skull_stripped=True,
        details={"YearStep": year_step(frames), "Frames": [_line(frame) for frame in frames]},
    )


def _line(frame: Frame) -> Mapping[str, Any]:
    provenance = frame.provenance
    return {
        "Kind": provenance.kind,
        "Age": frame.age,
        "Extrapolated": frame.extrapolated,
        "Session": frame.session or None,
        "ScanSHA256": provenance.scan_sha256,
        **provenance.details,
    }

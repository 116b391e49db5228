"""Where the points of a timeline lie: at the visits of one person, between them, and beyond."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.workspace.document import Scan, Workspace

Ages = Callable[[Scan], float | None]
OLDEST = 120.0
"""Years: no point lies above."""


@dataclass(frozen=True)
class Spot:
    """``fraction`` of the way from the visit ``first`` to the next one, ``second``: below 0 and above 1 it lies beyond
    them. ``age`` in years where both have one."""

    first: Scan
    second: Scan
    fraction: float
    age: float | None

    @property
    def visit(self) -> Scan | None:
        """The visit that lies here."""
        return {0.0: self.first, 1.0: self.second}.get(self.fraction)

    @property
    def extrapolated(self) -> bool:
        return not 0.0 <= self.fraction <= 1.0


def spots(workspace: Workspace, age_of: Ages) -> list[Spot]:
    """The visits of the person on the stage and the points to be made between and beyond them, from first to last.

    Each gap is filled alone. What lies beyond goes on along the gap next to it.
    """
    visits = workspace.visits
    if not visits:
        return []
    typed = workspace.typed.get(visits[0].person)
    ages = [age for visit in visits if (age := age_of(visit)) is not None]
    dated = len(ages) == len(visits) and ages[0] < ages[-1]
    if typed is not None and dated:
        return _at_ages(visits, ages, typed)
    steps = workspace.points + 1
    found = [
        spot_at(first, second, step / steps, age_of) for first, second in pairwise(visits) for step in range(steps)
    ]
    found.append(spot_at(visits[-2], visits[-1], 1.0, age_of))
    if workspace.beyond and dated:
        inner = [spot.age for spot in found if spot.visit is None and spot.age is not None]
        first, last = max(ages[0] - workspace.beyond, 0.0), max(min(ages[-1] + workspace.beyond, OLDEST), ages[-1])
        return _at_ages(visits, ages, (first, *inner, last))
    return found


def spot_at(first: Scan, second: Scan, fraction: float, age_of: Ages) -> Spot:
    start, end = age_of(first), age_of(second)
    between = None if start is None or end is None else start + fraction * (end - start)
    age = {0.0: start, 1.0: end}.get(fraction, between)
    return Spot(first, second, fraction, age)


def neighbours(workspace: Workspace, key: str, age_of: Ages) -> Spot | None:
    """Where the visit ``key`` lies between the ones before and after it; None for a first or a last one.

    By their ages; half-way where one is not known.
    """
    scan = workspace.scan(key)
    visits = [visit for visit in workspace.by_subject()[scan.person] if visit.is_visit]
    at = visits.index(scan) if scan in visits else 0
    if not 0 < at < len(visits) - 1:
        return None
    first, second = visits[at - 1], visits[at + 1]
    start, age, end = age_of(first), age_of(scan), age_of(second)
    if start is None or age is None or end is None or end <= start:
        return Spot(first, second, 0.5, age)
    return Spot(first, second, (age - start) / (end - start), age)


def _at_ages(visits: Sequence[Scan], ages: Sequence[float], wanted: Sequence[float]) -> list[Spot]:
    last = len(visits) - 1
    gaps = [gap for gap in range(last) if ages[gap + 1] > ages[gap]]
    found = [Spot(visits[gap], visits[gap + 1], 0.0, ages[gap]) for gap in range(last)]
    found.append(Spot(visits[last - 1], visits[last], 1.0, ages[last]))
    for age in {*wanted} - {*ages}:
        gap = min(gaps, key=lambda gap: max(ages[gap] - age, age - ages[gap + 1], 0.0))
        found.append(Spot(visits[gap], visits[gap + 1], (age - ages[gap]) / (ages[gap + 1] - ages[gap]), age))
    return sorted(found, key=lambda spot: spot.age or 0.0)

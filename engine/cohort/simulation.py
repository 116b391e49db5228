"""Follow-ups with known truth: real anatomies at later visits, in groups that lose volume at published rates.

The same person may go through every group (counterfactual twins): where they stand among the members of a group, and
the scanner's draws at each visit, depend on the seed and the person alone, so that twins differ by their group's rates
and by nothing else. Every draw is keyed by name, never by order: any visit can be made again by itself.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cohort.carried_labels import carried
from engine.cohort.deformation import FollowUp, follow_up, warp
from engine.cohort.rates import Rate, Severity, change_after, draw_severity
from engine.cohort.sources import NO_REGION, Anatomy, Source
from engine.cohort.variety import Variety
from engine.errors import NeurolapseError, UsageError

WITHIN = 0.04
"""A change is met when it misses what was asked by no more than this share of it."""

NEGLIGIBLE = 1e-5
"""Or by no more than this share of the region: half a year takes a thousandth of a brainstem."""


@dataclass(frozen=True)
class Simulation:
    """A simulation as ``configs/simulate.toml`` tells it. ``months`` after the scan; 0 is the scan itself.

    ``rates``: group → region → yearly change. ``twins``: everyone in every group, else each in one, drawn evenly.
    ``common``: share of the variance of a person's rates that all regions have in common.
    """

    data: str
    months: tuple[int, ...]
    rates: Mapping[str, Mapping[str, Rate]]
    split: str | None = None
    ages: tuple[float, float] = (0.0, 150.0)
    twins: bool = True
    common: float = 0.5
    variety: Variety = field(default_factory=Variety)


@dataclass(frozen=True)
class Course:
    """``source`` in ``group``: the percent a year by which each region changes."""

    source: Source
    group: str
    severity: Severity
    rates: Mapping[str, float]

    @property
    def name(self) -> str:
        """The participant: person and group in one BIDS label."""
        return f"{self.source.name}{self.group}"


@dataclass(frozen=True)
class FollowedUp:
    """A visit: ``image`` and ``labels`` (X, Y, Z), the true volume of each group in millilitres.

    ``asked`` and ``met`` are relative changes since the scan, of the regions; ``smallest_jacobian`` is above 0.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.integer]
    volumes_ml: Mapping[str, float]
    asked: Mapping[str, float]
    met: Mapping[str, float]
    smallest_jacobian: float


class UnmetChangeError(NeurolapseError):
    """An anatomy that cannot change as asked."""


def load_simulation(path: Path, data: str | None = None) -> Simulation:
    """The simulation described by ``path``; ``data`` overrides its cohort. Raises UsageError for what does not fit."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such configuration: name a file of configs/.") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not a TOML file ({error}): correct it.") from None
    known = {f.name for f in fields(Simulation)}
    unknown, missing = set(table) - known, {"data", "months", "rates"} - set(table)
    if unknown:
        raise UsageError(f"{path}: unknown setting {', '.join(sorted(unknown))}: remove it or correct its name.")
    if missing:
        raise UsageError(f"{path}: says nothing of {', '.join(sorted(missing))}: add it.")
    try:
        return _simulation(table, data)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{path}: {error}: correct it.") from error


def _simulation(table: dict[str, Any], data: str | None) -> Simulation:
    shared = os.environ.get("NEUROLAPSE_SHARED", "../shared")
    table["data"] = data or str(table["data"]).replace("$NEUROLAPSE_SHARED", shared)
    table["months"] = tuple(table["months"])
    table["ages"] = tuple(table.get("ages", (0.0, 150.0)))
    unknown = set(table.get("variety", {})) - {f.name for f in fields(Variety)}
    if unknown:
        raise ValueError(f"unknown setting {', '.join(sorted(unknown))} in [variety]")
    table["variety"] = Variety(**table.get("variety", {}))
    table["rates"] = {
        group: {region: _rate(f"{group}.{region}", rate) for region, rate in rates.items()}
        for group, rates in table["rates"].items()
    }
    simulation = Simulation(**table)
    months = simulation.months
    if not months or list(months) != sorted({int(m) for m in months}) or months[0] < 0:
        raise ValueError(f"months {list(months)} are not whole numbers from 0 on in rising order")
    if not simulation.rates or not all(group.isalnum() for group in simulation.rates):
        raise ValueError("rates want groups named by letters and digits alone, as [rates.normal]")
    if len({tuple(sorted(rates)) for rates in simulation.rates.values()}) > 1:
        raise ValueError("the groups of rates name different regions")
    if not 0.0 <= simulation.common <= 1.0:
        raise ValueError(f"common = {simulation.common} does not lie within 0 to 1")
    return simulation


def _rate(where: str, given: Any) -> Rate:
    match given:
        case [int() | float() as mean, int() | float() as spread] if mean > -100 and spread >= 0:
            return Rate(float(mean), float(spread))
    raise ValueError(f"rates.{where} = {given} is no [mean, standard deviation] in percent a year")


def check_regions(simulation: Simulation, groups: Mapping[str, Sequence[int]]) -> None:
    """Raises UsageError unless the rates name each region of the label maps."""
    asked, there = set(next(iter(simulation.rates.values()))), set(groups) - {NO_REGION}
    if asked - there:
        raise UsageError(f"labels.tsv: has no group {', '.join(sorted(asked - there))}: add it, or take its rate out.")
    if there - asked:
        raise UsageError(f"labels.tsv: its {', '.join(sorted(there - asked))} has no rate: add one, 0 keeps it.")


def courses(simulation: Simulation, sources: Sequence[Source], seed: int) -> list[Course]:
    """Who is followed up in which group."""
    planned = []
    groups = list(simulation.rates)
    for source in sources:
        random = _random(seed, source.name, "course")
        chosen = groups[int(random.integers(len(groups)))]
        # In alphabetical order, so that the order of the table does not count.
        severity = draw_severity(sorted(simulation.rates[chosen]), simulation.common, random)
        for group in groups if simulation.twins else [chosen]:
            planned.append(Course(source, group, severity, severity.rates(simulation.rates[group])))
    return planned


def followed_up(
    anatomy: Anatomy, course: Course, simulation: Simulation, months: Sequence[int], seed: int
) -> Iterator[tuple[int, FollowedUp]]:
    """Those visits of ``simulation`` that are asked for by ``months``, one after the other.

    The search for each deformation starts from that of the last visit of all, whichever are asked for, so that a visit
    made alone is the same. Raises UnmetChangeError.
    """
    last = simulation.months[-1]
    furthest = _deformed(anatomy, course, last, None) if any(month > 0 for month in months) else None
    for month in months:
        if month == 0 or furthest is None:
            still = dict.fromkeys(course.rates, 0.0)
            visit = FollowedUp(anatomy.image, anatomy.labels, anatomy.volumes_ml(), still, still, 1.0)
        else:
            nearer = {name: growth * month / last for name, growth in furthest.growth.items()}
            there = furthest if month == last else _deformed(anatomy, course, month, nearer)
            visit = _seen(anatomy, there, change_after(course.rates, month / 12.0))
        image = simulation.variety.applied(
            visit.image, anatomy.spacing, _random(seed, course.source.name, f"scan {month}")
        )
        yield month, replace(visit, image=image)


def _deformed(anatomy: Anatomy, course: Course, month: int, start: Mapping[str, float] | None) -> FollowUp:
    asked = change_after(course.rates, month / 12.0)
    tolerance = {name: max(WITHIN * abs(change), NEGLIGIBLE) for name, change in asked.items()}
    try:
        there = follow_up(anatomy.regions, asked, anatomy.inside, anatomy.spacing, tolerance, start=start)
    except ValueError as error:
        raise UnmetChangeError(f"{course.name}: at month {month} {error}: lower the rates, or leave it out.") from error
    if there.jacobian.min() <= 0.0:
        raise UnmetChangeError(f"{course.name}: at month {month} tissue would fold: lower the rates, or leave it out.")
    return there


def _seen(anatomy: Anatomy, there: FollowUp, asked: Mapping[str, float]) -> FollowedUp:
    """``anatomy`` brought along. The fluid around the brain is what it becomes; nobody asked."""
    fluid = np.isin(anatomy.labels, anatomy.groups.get(NO_REGION, ())).astype(np.float64)
    growth = dict(there.achieved)
    if fluid.any():
        growth[NO_REGION] = float(warp(fluid, there.backward, anatomy.spacing).sum() / fluid.sum() - 1.0)
    levels = warp(anatomy.image.astype(np.float64), there.backward, anatomy.spacing, order=3)
    brain = warp(anatomy.inside.astype(np.float64), there.backward, anatomy.spacing) >= 0.5
    return FollowedUp(
        image=np.where(brain, np.clip(np.rint(levels), 1, 255), 0).astype(np.uint8),
        labels=carried(anatomy.labels, anatomy.groups, there.backward, anatomy.spacing, growth),
        volumes_ml={name: ml * (1.0 + growth.get(name, 0.0)) for name, ml in anatomy.volumes_ml().items()},
        asked=asked,
        met=there.achieved,
        smallest_jacobian=float(there.jacobian.min()),
    )


def _random(seed: int, *names: str) -> np.random.Generator:
    return np.random.default_rng([seed, *"/".join(names).encode()])

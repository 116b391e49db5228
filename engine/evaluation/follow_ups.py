"""Later visits of people who were scanned once, made by the simulator, with the true volumes of their regions.

Everyone old enough is followed up twice, healthy and with Alzheimer's (counterfactual twins); some of them through a
whole series of visits. They are kept as a cohort folder, so a run that was stopped goes on, and they can be looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.cohort.groups import groups_in
from engine.cohort.members import Member, read_members
from engine.cohort.simulation import (
    Simulation,
    UnmetChangeError,
    check_regions,
    courses,
    followed_up,
    load_simulation,
)
from engine.cohort.sources import Source, load_anatomy, read_labels_table
from engine.errors import PreparationError, ScanError, UsageError
from engine.evaluation.subjects import Judged, evenly
from engine.export.simulated_folder import begin, scan_path, write_tables, write_visit

SETTINGS = Path(__file__).resolve().parents[2] / "configs" / "simulate.toml"
HEALTHY, ILL = "normal", "alzheimer"
MONTH = 36
"""At which twins are told apart; what one unit of the direction ``atrophy`` stands for."""

SERIES = (0, 3, 6, 12, 18, 24, 36, 48)
PEOPLE = 20
IN_SERIES = 16
FOLLOWED = "Follow-ups simulated with known truth (configs/simulate.toml, healthy and Alzheimer-type twins)"
FOLDER = "follow-ups"


def plan() -> Simulation:
    """The rates and the variety of ``configs/simulate.toml``, at the months that are judged."""
    simulation = load_simulation(SETTINGS)
    rates = {group: simulation.rates[group] for group in (HEALTHY, ILL)}
    return replace(simulation, split=None, months=SERIES, rates=rates)


def visits_over_time(judged: Judged) -> tuple[list[Member], str]:
    """People with more than one visit, and where the later ones come from; nobody, and why not.

    The cohort's own where it has them, else simulated ones. Raises DiskError.
    """
    own = [member for member in judged.members if len(member.visits) > 1]
    if own:
        return own, f"The cohort's own visits of {len(own)} participants."
    simulation = replace(plan(), data=str(judged.cohort))
    chosen = _old_enough(judged, simulation)
    if not chosen:
        return [], "The cohort has one visit of each person, and no label maps to simulate later ones from."
    try:
        made = _made(judged, simulation, chosen)
    except (ScanError, UsageError) as error:
        return [], f"Later visits could not be simulated: {error}"
    people = len({member.person for member in made})
    return made, f"{FOLLOWED} of {people} people of {_range(made)} years. {severities(simulation)}"


def _made(judged: Judged, simulation: Simulation, chosen: Sequence[Member]) -> list[Member]:
    """The twins, as members of the cohort of follow-ups. Who cannot be followed up is left out.

    Raises UsageError for regions whose rates nobody knows, ScanError where nobody could be followed up.
    """
    text = read_labels_table(judged.cohort)
    groups = groups_in(text)
    known = {group: {r: rate for r, rate in rates.items() if r in groups} for group, rates in simulation.rates.items()}
    simulation = replace(simulation, rates=known)
    check_regions(simulation, groups)
    folder = judged.work / FOLDER
    begin(folder, simulation, text, judged.seed)
    sources = [
        Source(member.name, member.age, member.sex or "n/a", "test", member.first.image, member.first.labels)
        for member in chosen
        if member.first.labels is not None
    ]
    in_series = {member.name: (HEALTHY, ILL)[k % 2] for k, member in enumerate(evenly(chosen, IN_SERIES))}
    planned = courses(simulation, sources, judged.seed)

    def follow(source: Source) -> str:
        anatomy = None
        try:
            for course in (course for course in planned if course.source is source):
                wanted = SERIES if in_series.get(source.name) == course.group else (0, MONTH)
                missing = [month for month in wanted if not scan_path(folder, course, month).exists()]
                if missing:
                    anatomy = anatomy or load_anatomy(source, groups, judged.seed)
                    for month, visit in followed_up(anatomy, course, simulation, missing, judged.seed):
                        write_visit(folder, course, month, visit, anatomy, simulation.variety, judged.seed)
        except (ScanError, PreparationError, UnmetChangeError) as error:
            return str(error)
        return ""

    failures = [failure for failure in judged.each(sources, follow, "following people up") if failure]
    write_tables(folder)
    if len(failures) == len(sources):
        raise ScanError(failures[0])
    return read_members(folder, None)


def severities(simulation: Simulation) -> str:
    """The rates in words."""
    groups = ((HEALTHY, "normal ageing"), (ILL, "Alzheimer-type"))
    regions = [region for region in ("ventricles", "hippocampus", "cortical-grey") if region in simulation.rates[ILL]]
    words = [
        f"{region} "
        + ", ".join(
            f"{word} {simulation.rates[group][region].mean:+g} ± {simulation.rates[group][region].spread:g}"
            for group, word in groups
        )
        for region in regions
    ]
    return f"Severities overlap between people; percent a year, mean ± standard deviation: {'; '.join(words)}."


def _range(members: Sequence[Member]) -> str:
    ages = [member.age for member in members if member.age is not None]
    return f"{min(ages):.0f} to {max(ages):.0f}"


def _old_enough(judged: Judged, simulation: Simulation) -> list[Member]:
    """People with label maps of the ages that the rates hold for; where there are none, of any age."""
    labelled = [m for m in judged.members if m.age is not None and judged.labels(m.first) is not None]
    low, high = simulation.ages
    return evenly([m for m in labelled if low <= float(m.age or 0.0) <= high] or labelled, PEOPLE)

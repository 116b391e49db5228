"""The directions of a bundle, fitted to the codes of the people it was trained on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from engine.cohort.groups import read_groups
from engine.cohort.simulation import Simulation, UnmetChangeError, courses, followed_up, load_simulation
from engine.cohort.sources import Source, load_anatomy, read_sources
from engine.edit.directions import Axis
from engine.edit.people_codes import mirrored_code
from engine.edit.probes import Array, fit_probe, scores
from engine.model.manifest import Direction
from engine.model.model import Model
from engine.training.calibration import calibrated, millilitres, reread, units_by_volumes, years_by_volumes
from engine.training.data import People
from engine.volume import FloatArray, spacing

Image = NDArray[np.uint8]

RATES = Path(__file__).resolve().parents[2] / "configs" / "simulate.toml"
HEALTHY, ILL = "normal", "alzheimer"
MONTHS = 36
"""One unit of atrophy: what so many months of the illness do to the mean person, beyond what they do to the healthy."""

FOLLOWED = 48
"""So many people are followed up."""

MOST_ATROPHY = 2.0
"""Units: nobody was followed up for longer than the half of it."""

TRIED = 10
"""On so many people each direction is calibrated."""

WORTH = 0.1
"""Least R² on people left out: a column that codes tell no better makes no slider."""


def semantic_codes(model: Model, images: Iterable[Image]) -> Array:
    """y of every image, and of its mirror image averaged with it, (N, E)."""
    return np.stack([mirrored_code(model, (image / 255).astype(np.float32)) for image in images])


def fit_axes(model: Model, people: People, cohort: Path, seed: int, kept: Path) -> list[Axis]:
    """Age, and as far as the cohort tells and codes show it: sex, ventricles, Alzheimer-type atrophy; calibrated.

    Follow-ups of people with label maps are simulated once and ``kept``.
    """
    groups = read_groups(cohort)
    codes = semantic_codes(model, people.images)
    ages = people.ages
    age = Direction("age", "Age", "years", float(np.floor(ages.min())), float(np.ceil(ages.max())), None)
    axes = [_calibrated(model, value_axis(age, codes, ages), people)]
    more = []
    sexes = _sexes(cohort, people.names)
    if sexes is not None:
        more.append(value_axis(Direction("sex", "Sex (0 female, 1 male)", "", 0.0, 1.0, None), codes, sexes))
    if people.labels is not None and "ventricles" in groups:
        voxel_ml = float(np.prod(spacing(np.array(model.manifest.preparation.affine)))) / 1000.0
        ml = np.isin(people.labels, groups["ventricles"]).sum((1, 2, 3)) * voxel_ml
        about = Direction("ventricles", "Ventricles", "ml", *_range(ml), None)
        more.append(value_axis(about, codes, ml))
    axes += [_calibrated(model, axis, people) for axis in more if axis.about.scores["r2"] >= WORTH]
    rates = load_simulation(RATES, str(cohort)).rates[ILL]
    if people.labels is not None and set(rates) <= set(groups):
        twins = _twins(cohort, groups, seed, kept)
        atrophy = atrophy_axis(*(semantic_codes(model, images) for images in twins))
        axes.append(_calibrated_atrophy(model, atrophy, twins))
    return axes


def _calibrated(model: Model, axis: Axis, people: People) -> Axis:
    """Tried on people of all ages; by region volumes where the model can measure them."""
    if model.manifest.edits == "decoded":
        return axis
    tried = _scaled(people.images[np.argsort(people.ages)[_evenly(len(people.ages))]])
    shown = reread(model, axis)
    if model.volumetry is not None and axis.about.name == "age":
        shown = years_by_volumes(model, _scaled(people.images), people.ages)
    if model.volumetry is not None and axis.about.name in model.volumetry.config.regions:
        shown = millilitres(model, axis.about.name)
    return calibrated(model, axis, tried, shown)


def _calibrated_atrophy(model: Model, axis: Axis, twins: tuple[Image, Image, Image]) -> Axis:
    if model.manifest.edits == "decoded":
        return axis
    own, healthy, ill = (_scaled(images[_evenly(len(images))]) for images in twins)
    shown = reread(model, axis) if model.volumetry is None else units_by_volumes(model, healthy, ill)
    return calibrated(model, axis, own, shown)


def _scaled(images: Image) -> list[FloatArray]:
    return [(image / 255).astype(np.float32) for image in images]


def _evenly(count: int) -> NDArray[np.integer]:
    return np.linspace(0, count - 1, min(TRIED, count)).round().astype(int)


def value_axis(about: Direction, codes: Array, values: Array) -> Axis:
    """The direction of ``values`` (N,) known of N people with ``codes`` (N, E).

    The step is stretched until the reader sees what was asked for: a reader fitted to few people is shy.
    """
    probe = fit_probe(codes, values)
    found = scores(values, probe.left_out)
    about = replace(about, error=found["mae"], scores=found)
    return Axis(about, probe.weight, probe.bias, probe.step / float(probe.weight @ probe.step))


def atrophy_axis(own: Array, healthy: Array, ill: Array) -> Axis:
    """Alzheimer-type atrophy from the codes (P, E) of P people as scanned and at two simulated later visits.

    One unit is the mean difference between twins, what the illness does beyond ageing: years have a direction of their
    own. The reader tells the changes of the ill from those of their healthy twins; it is scaled to read the unit as 1,
    and says 0 of the mean person as scanned.
    """
    changes = np.concatenate([healthy - own, ill - own])
    told = np.repeat([0.0, 1.0], len(own))
    probe = fit_probe(changes, told)
    step = (ill - healthy).mean(0)
    weight = probe.weight / float(probe.weight @ step)
    about = Direction(
        "atrophy",
        "Alzheimer-type atrophy (simulated)",
        "× 3 years",
        0.0,
        MOST_ATROPHY,
        None,
        {"people": float(len(own)), **scores(told, probe.left_out)},
        from_scan=True,
    )
    return Axis(about, weight, -float(weight @ own.mean(0)), step)


def _sexes(cohort: Path, names: Sequence[str]) -> Array | None:
    """0 for women, 1 for men; None where the table does not tell of everyone, or there are not both."""
    with (cohort / "participants.tsv").open(encoding="utf-8-sig", newline="") as file:
        told = {row["participant_id"]: row.get("sex") for row in csv.DictReader(file, delimiter="\t")}
    known = [told.get(name) for name in names]
    return np.array([float(sex == "M") for sex in known]) if set(known) == {"F", "M"} else None


def _range(values: Array) -> tuple[float, float]:
    return float(np.floor(values.min())), float(np.ceil(values.max()))


def _twins(cohort: Path, groups: Mapping[str, Sequence[int]], seed: int, kept: Path) -> tuple[Image, Image, Image]:
    """People of the training split as scanned, later, and later and ill; (P, X, Y, Z) each."""
    if not kept.exists():
        simulation = load_simulation(RATES, str(cohort))
        rates = {group: simulation.rates[group] for group in (HEALTHY, ILL)}
        simulation = replace(simulation, months=(0, MONTHS), rates=rates, twins=True)
        sources = sorted(read_sources(cohort, "train", simulation.ages), key=lambda source: source.age or 0.0)
        chosen = np.linspace(0, len(sources) - 1, min(FOLLOWED, len(sources))).round().astype(int)
        seen = list(_followed([sources[i] for i in chosen], simulation, groups, seed))
        save_file({name: np.stack([visits[name] for visits in seen]) for name in ("own", HEALTHY, ILL)}, kept)
    images = load_file(kept)
    return images["own"], images[HEALTHY], images[ILL]


def _followed(
    sources: Sequence[Source], simulation: Simulation, groups: Mapping[str, Sequence[int]], seed: int
) -> Iterator[dict[str, Image]]:
    for source in sources:
        anatomy = load_anatomy(source, groups, seed)
        visits: dict[str, Image] = {}
        try:
            for course in courses(simulation, [source], seed):
                for month, visit in followed_up(anatomy, course, simulation, (0, MONTHS), seed):
                    visits["own" if month == 0 else course.group] = visit.image
        except UnmetChangeError:
            continue
        yield visits

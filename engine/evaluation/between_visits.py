"""Whether the model fills in a missing visit, or goes on beyond the last, better than cheap tricks do.

Three visits of a person at equal distances: the middle one is predicted from the outer two, and the last one from the
first two. All is compared with the autoencoder's copy of what was really there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from engine.cohort.members import Member, Visit
from engine.edit.synthesis import Wish
from engine.evaluation import pictures
from engine.evaluation.intervals import Array, bootstrap, mean
from engine.evaluation.subjects import Judged, Section, evenly, similarity, squared_error
from engine.volume import FloatArray

GAPS = (6, 12, 24, 36, 48)
"""Months between the outer visits."""

NEAR = 0.2
"""Visits count where they lie no further from their place than this share of the gap."""

PEOPLE = 16
WAYS = ("model", "copy", "voxel", "latent")
PICTURED = 36


@dataclass(frozen=True)
class _Triple:
    """Three visits of a person, ``gap`` months between the outer ones."""

    member: Member
    gap: int
    visits: tuple[Visit, Visit, Visit]

    def fraction(self, target: int, start: int, end: int) -> float:
        """Where the target lies on the way from start to end; beyond 1 is extrapolation."""
        months = [visit.months for visit in self.visits]
        return (months[target] - months[start]) / (months[end] - months[start])


@dataclass(frozen=True)
class _Row:
    person: str
    group: str
    figures: Mapping[str, Mapping[str, float]]


def between_visits(judged: Judged, members: Sequence[Member], source: str) -> tuple[Section, Section]:
    """The sections of interpolation and extrapolation."""
    chosen = evenly([member for member in members if triples(member)], PEOPLE)
    if not chosen:
        nothing = f"Nobody here has three visits at about equal distances. {source}"
        return Section(None, nothing), Section(None, nothing)

    def predicted(member: Member) -> list[tuple[_Triple, _Row, _Row, pictures.Picture]]:
        told = []
        for triple in triples(member):
            images = [judged.image(visit) for visit in triple.visits]
            row, *volumes = _predicted(judged, triple, images, 1, 0, 2)
            beyond = _predicted(judged, triple, images, 2, 0, 1)[0]
            told.append((triple, row, beyond, _picture(triple, *volumes)))
        return told

    found = [told for own in judged.each(chosen, predicted, "between visits") for told in own]
    inside: dict[int, list[_Row]] = {gap: [] for gap in GAPS}
    beyond: dict[int, list[_Row]] = {gap // 2: [] for gap in GAPS}
    for triple, row, further, _ in found:
        inside[triple.gap].append(row)
        beyond[triple.gap // 2].append(further)
    drawn = [picture for triple, _, _, picture in found if triple.gap == PICTURED][-2:]
    people = len({member.person for member in chosen})
    common = (
        f"{people} people (at most {PEOPLE}). {source} Compared with the autoencoder's copy of the visit that was "
        "there: ssim "
        "(width 7, whole volume) and mse; voxel and latent (the autoencoder's, a straight line) start from the copies "
        "of "
        "both visits. volume_error: mean over regions of |change − true change| / true start volume, percent, by the "
        "bundle's volumetry network, change counted from the copy of the first visit"
        + (" (null: it has none)." if judged.volumetry is None else ".")
    )
    interpolation = Section(
        {str(gap): _figures(rows) for gap, rows in inside.items()},
        f"By months between the visits, the target in the middle; copy: the earlier visit. {common}",
        tuple(drawn),
    )
    extrapolation = Section(
        {str(months): _figures(rows) for months, rows in beyond.items()},
        f"By months beyond the second of two visits that lie as far apart; copy: the second visit. {common}",
    )
    return interpolation, extrapolation


def triples(member: Member) -> list[_Triple]:
    """For each of ``GAPS`` the earliest visits that lie so far apart, and one in their middle."""
    found: dict[int, _Triple] = {}
    for first in member.visits:
        for last in member.visits:
            apart = last.months - first.months
            gap = min(GAPS, key=lambda g: abs(g - apart))
            if apart <= 0 or gap in found or abs(gap - apart) > NEAR * gap:
                continue
            middle = (first.months + last.months) / 2
            target = min(member.visits, key=lambda visit: abs(visit.months - middle))
            if abs(target.months - middle) <= NEAR * apart:
                found[gap] = _Triple(member, gap, (first, target, last))
    return [found[gap] for gap in sorted(found)]


def _predicted(
    judged: Judged, triple: _Triple, images: Sequence[FloatArray], target: int, start: int, end: int
) -> tuple[_Row, FloatArray, FloatArray, FloatArray]:
    """A row of figures; the copies of start and target, and the model's prediction."""
    model, fraction = judged.synthesiser.model, triple.fraction(target, start, end)
    codes = [judged.codes(images[k]) for k in (start, end)]
    copies = [judged.autoencoded(images[k]) for k in (start, end)]
    truth = judged.autoencoded(images[target])
    nearest = 0 if abs(fraction) <= abs(fraction - 1) else 1
    made: dict[str, FloatArray] = {
        "model": judged.synthesiser.synthesise(Wish(images[start], {}, images[end], fraction), judged.calls).volume,
        "copy": copies[nearest],
        "voxel": np.clip(copies[0] + np.float32(fraction) * (copies[1] - copies[0]), 0, 1),
        "latent": model.decode_latent(torch.lerp(codes[0].latent, codes[1].latent, fraction)),
    }
    errors = _volume_errors(judged, triple.visits[start], triple.visits[target], copies[0], made)
    figures = {
        way: {"ssim": similarity(volume, truth), "mse": squared_error(volume, truth)}
        | ({"volume_error": errors[way]} if errors else {})
        for way, volume in made.items()
    }
    return _Row(triple.member.person, triple.visits[-1].group, figures), copies[0], truth, made["model"]


def _volume_errors(
    judged: Judged, start: Visit, target: Visit, copy: FloatArray, made: Mapping[str, FloatArray]
) -> dict[str, float] | None:
    before = judged.regions_ml(copy)
    truths = [judged.truth_ml(visit) for visit in (start, target)]
    if before is None or not truths[0] or not truths[1]:
        return None
    regions = [region for region in before if truths[0].get(region) and region in truths[1]]
    if not regions:
        return None

    def error(volume: FloatArray) -> float:
        after = judged.regions_ml(volume) or {}
        return 100.0 * float(
            np.mean([abs((after[r] - before[r]) - (truths[1][r] - truths[0][r])) / truths[0][r] for r in regions])
        )

    return {way: error(volume) for way, volume in made.items()}


def _figures(rows: Sequence[_Row]) -> dict[str, Any] | None:
    if not rows:
        return None
    people = [row.person for row in rows]

    def told(way: str, name: str) -> Array | None:
        values = [row.figures[way].get(name) for row in rows]
        return None if None in values else np.array(values, np.float64)

    found: dict[str, Any] = {}
    for way in WAYS:
        values = {name: told(way, name) for name in ("ssim", "mse", "volume_error")}
        found[way] = {n: None if v is None else bootstrap(mean, v, people=people) for n, v in values.items()}
    ours = told("model", "volume_error")
    for way in ("copy", "voxel"):
        theirs = told(way, "volume_error")
        found[f"saved_on_{way}"] = (
            None if ours is None or theirs is None else bootstrap(_difference, theirs, ours, people=people)
        )
    return found


def _difference(theirs: Array, ours: Array) -> float:
    return float(np.mean(theirs - ours))


def _picture(triple: _Triple, first: FloatArray, truth: FloatArray, made: FloatArray) -> pictures.Picture:
    real, predicted = truth - first, made - first
    limit = max(0.05, float(np.percentile(np.abs(real), 99.8)))
    months = [round(visit.months) for visit in triple.visits]
    return pictures.columns(
        f"{triple.member.name}: month {months[1]} predicted from months {months[0]} and {months[2]}, and the change "
        "since "
        f"month {months[0]} (full colour at {limit:.2f} of the grey scale; red is brighter, blue darker).",
        [
            (f"month {months[0]}", pictures.grey(first)),
            (f"month {months[1]}, true", pictures.grey(truth)),
            ("predicted", pictures.grey(made)),
            ("true change", pictures.change(real, first, limit)),
            ("predicted change", pictures.change(predicted, first, limit)),
        ],
    )

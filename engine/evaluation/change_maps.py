"""Whether an edit changes the places that really change: its map beside that of twins, or of years."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.cohort.members import Member, Visit
from engine.evaluation import pictures
from engine.evaluation.disease import NEGATIVE, POSITIVE
from engine.evaluation.intervals import Figure, bootstrap, mean
from engine.evaluation.subjects import Judged
from engine.volume import FloatArray

PEOPLE = 16
MONTHS = 36

Pair = tuple[str, Visit, Visit, float]
"""Whose, before, after, and how far along the direction one leads to the other."""

Correlations = dict[str, dict[str, Figure | None]]


def change_maps(judged: Judged, visited: Sequence[Member]) -> tuple[Correlations, list[pictures.Picture]]:
    """Correlation inside the brain of predicted changes with those of twins and of years, by direction.

    "scan": with the difference of the scans; "copies": with that of their copies.
    """
    pairs = {"atrophy": _twins(visited), "age": _healthy(visited)}
    figures: dict[str, dict[str, Figure | None]] = {}
    drawn: list[pictures.Picture] = []
    for direction, found in pairs.items():
        chosen = found[:PEOPLE] if direction in judged.synthesiser.axes else []
        told = judged.each(chosen, partial(_correlated, judged, direction), f"change maps of {direction}")
        figures[direction] = {
            name: bootstrap(mean, [rs[k] for rs, _ in told]) for k, name in enumerate(("scan", "copies"))
        }
        drawn += [picture for _, picture in told[:1]]
    return figures, drawn


def _correlated(judged: Judged, direction: str, pair: Pair) -> tuple[list[float], pictures.Picture]:
    person, before, after, dose = pair
    scans = [judged.image(visit) for visit in (before, after)]
    copies = [judged.autoencoded(scan) for scan in scans]
    predicted = judged.edited(scans[0], [({direction: dose}, ())])[0] - judged.copy(scans[0])
    inside = scans[0] > 0
    truths = (scans[1] - scans[0], copies[1] - copies[0])
    picture = _twin_picture(person, direction, dose, copies[0], truths[0], predicted)
    return [float(np.corrcoef(predicted[inside], truth[inside])[0, 1]) for truth in truths], picture


def _twins(visited: Sequence[Member]) -> list[Pair]:
    """(person, healthy visit, the ill twin's at the same month, 1): later visits only."""
    found = []
    for person in sorted({member.person for member in visited}):
        own = [
            (member, visit)
            for member in visited
            if member.person == person
            for visit in member.visits
            if visit.months > 0
        ]
        healthy = {round(v.months): v for _, v in own if v.group.lower() in NEGATIVE}
        ill = {round(v.months): v for _, v in own if v.group.lower() in POSITIVE}
        both = sorted(set(healthy) & set(ill), key=lambda month: abs(month - MONTHS))
        if both:
            found.append((person, healthy[both[0]], ill[both[0]], 1.0))
    return found


def _healthy(visited: Sequence[Member]) -> list[Pair]:
    """(person, an early visit, the last one, the years between), of healthy people; scans both, or simulated both."""
    found = []
    for member in visited:
        own = [v for v in member.visits if v.group.lower() in NEGATIVE]
        # The first visit of a simulated series is the scan itself, sharper than what is made of it.
        later = [v for v in own if v.months > 0] if len(own) > 2 else own
        if len(later) > 1 and later[-1].months > later[0].months:
            found.append((member.person, later[0], later[-1], (later[-1].months - later[0].months) / 12.0))
    return found


def _twin_picture(
    person: str, direction: str, dose: float, copy: FloatArray, truth: FloatArray, predicted: FloatArray
) -> pictures.Picture:
    limits = [max(0.02, float(np.percentile(np.abs(m), 99.5))) for m in (truth, predicted)]
    return pictures.columns(
        f"{person}: what {direction} {dose:+g} changes by the model, beside what really changed (each in full colour "
        "at "
        f"its 99.5th percentile, {limits[0]:.2f} and {limits[1]:.2f}).",
        [
            ("copy", pictures.grey(copy)),
            ("true change", pictures.change(truth, copy, limits[0])),
            ("predicted change", pictures.change(predicted, copy, limits[1])),
        ],
    )

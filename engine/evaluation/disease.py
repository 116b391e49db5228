"""Whether the reader of Alzheimer-type atrophy tells the ill from the healthy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from engine.cohort.members import Member, Visit
from engine.evaluation.intervals import Array, Figure, bootstrap, mean
from engine.evaluation.subjects import Judged, Section

DIRECTION = "atrophy"
POSITIVE = frozenset({"alzheimer", "alzheimers", "ad", "dementia"})
NEGATIVE = frozenset({"normal", "healthy", "control", "controls", "cn", "hc"})
MONTHS = 36.0


def disease(judged: Judged, members: Sequence[Member], source: str) -> Section:
    axis = judged.synthesiser.axes.get(DIRECTION)
    if axis is None:
        return Section(None, f"The bundle has no direction {DIRECTION}.")
    chosen = [(member, visit, label) for member in members for visit, label in [_told(member)] if label is not None]
    if {label for _, _, label in chosen} != {True, False}:
        return Section(None, f"Nobody here is known to be ill, or nobody healthy. {source}")
    model = judged.synthesiser.model
    first, later = zip(
        *judged.each(
            chosen,
            lambda one: [axis.read(model.semantic_code(judged.image(visit))) for visit in (one[0].first, one[1])],
            "reading atrophy",
        ),
        strict=True,
    )
    people = [member.person for member, _, _ in chosen]
    ill = np.array([float(label) for _, _, label in chosen])
    since = np.array(later) - np.array(first)
    figures: dict[str, Any] = {
        **_figures(ill, since, people),
        "one_scan": _figures(ill, np.array(later), people),
        "positive": "alzheimer",
        "months": float(np.median([visit.months for _, visit, _ in chosen])),
        "read_healthy": bootstrap(mean, since[ill == 0], people=[p for p, i in zip(people, ill, strict=True) if not i]),
        "read_ill": bootstrap(mean, since[ill == 1], people=[p for p, i in zip(people, ill, strict=True) if i]),
        "rows": [
            {"name": member.name, "ill": label, "since": s, "one_scan": one}
            for (member, _, label), s, one in zip(chosen, since.tolist(), later, strict=True)
        ],
    }
    note = (
        f"Positive: Alzheimer-type ({int(ill.sum())} visits), negative: healthy ({int((1 - ill).sum())}), of "
        f"{len(set(people))} "
        f"people, about {figures['months']:.0f} months after their first visit. {source} Read: by how much the "
        "bundle's "
        "reader of y says more at this visit than at the first; one_scan: what it says of this visit alone, where "
        "people "
        "differ by much more than three years do. acc, precision, recall and f1 at the threshold that is best for all "
        "other people."
    )
    return Section(figures, note)


def _told(member: Member) -> tuple[Visit, bool | None]:
    """The later visit nearest to three years after the first, and whether the person was ill then (None: not said)."""
    later = [visit for visit in member.visits if visit.months > 0]
    if not later:
        return member.first, None
    visit = min(later, key=lambda v: abs(v.months - MONTHS))
    group = "".join(letter for letter in visit.group.lower() if letter.isalpha())
    return visit, True if group in POSITIVE else False if group in NEGATIVE else None


def _figures(ill: Array, score: Array, people: Sequence[str]) -> dict[str, Figure | None]:
    said = left_out_decisions(ill, score, people)
    return {
        "auc": bootstrap(auc, ill, score, people=people),
        "acc": bootstrap(lambda truth, told: float(np.mean(truth == told)), ill, said, people=people),
        "precision": bootstrap(lambda truth, told: float(truth[told == 1].mean()), ill, said, people=people),
        "recall": bootstrap(lambda truth, told: float(told[truth == 1].mean()), ill, said, people=people),
        "f1": bootstrap(_f1, ill, said, people=people),
    }


def auc(ill: Array, score: Array) -> float:
    """Area under the ROC curve: how often an ill one scores above a healthy one, ties counting half."""
    positive = ill == 1
    n, m = int(positive.sum()), int((~positive).sum())
    return float((rankdata(score)[positive].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def left_out_decisions(ill: Array, score: Array, people: Sequence[str]) -> Array:
    """1 where ``score`` lies above the threshold that sorts everyone but that person best.

    Of several the one nearest to the middle between the medians of both groups.
    """
    names = np.array(people)
    said = np.zeros(len(score))
    for name in np.unique(names):
        own = names == name
        known, truth = score[~own], ill[~own] == 1
        order = np.sort(known)
        between = np.concatenate([[order[0] - 1], (order[1:] + order[:-1]) / 2, [order[-1] + 1]])
        right = np.array([np.mean((known > threshold) == truth) for threshold in between])
        best = between[right == right.max()]
        middle = (np.median(known[truth]) + np.median(known[~truth])) / 2 if 0 < truth.sum() < len(truth) else 0.0
        said[own] = score[own] > best[np.abs(best - middle).argmin()]
    return said


def _f1(truth: Array, told: Array) -> float:
    both = float((truth * told).sum())
    return 2 * both / float(truth.sum() + told.sum())

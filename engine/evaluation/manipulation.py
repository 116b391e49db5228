"""What edits do: whether regions move as they should, by how much, and whether all else stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from engine.cohort.members import Member
from engine.evaluation import pictures
from engine.evaluation.change_maps import Correlations, change_maps
from engine.evaluation.independent_age import AgeFromRegions
from engine.evaluation.intervals import Figure, bootstrap, mean
from engine.evaluation.subjects import Judged, Section, evenly, squared_error, those
from engine.volume import FloatArray

DOSES: Mapping[str, tuple[float, ...]] = {
    "age": (-10.0, 10.0, 20.0),
    "atrophy": (0.5, 1.0),
    "ventricles": (5.0, 10.0),
    "sex": (-1.0, 1.0),
}
"""In each direction's unit. The scan's own value, 0, is always among them."""

SIGNS: Mapping[str, Mapping[str, int]] = {
    "age": {"ventricles": 1, "hippocampus": -1},
    "atrophy": {"ventricles": 1, "hippocampus": -1},
    "ventricles": {"ventricles": 1},
}
"""Which way a region goes with a direction."""

PEOPLE = 20
COMPARED = 60
CALIBRATED = 10.0
"""Years asked for when the slider of age is checked."""

CHANGE_LIMIT = 0.25


@dataclass(frozen=True)
class _Edit:
    """What came of moving ``person`` by ``dose`` along ``direction``: changes since the copy."""

    person: str
    direction: str
    dose: float
    percent: Mapping[str, float]
    ml: Mapping[str, float]
    read: Mapping[str, float]
    read_held: Mapping[str, float]
    nearest: bool
    years: float | None


def manipulation(judged: Judged, visited: Sequence[Member], source: str) -> Section:
    axes = judged.synthesiser.axes
    moved = [name for name in DOSES if name in axes]
    if not moved:
        return Section(None, "The bundle has none of the directions " + ", ".join(DOSES) + ".")
    chosen = evenly(judged.members, PEOPLE)
    compared = evenly(judged.members, COMPARED)
    originals = {
        member.name: judged.image(member.first) for member in {m.name: m for m in (*chosen, *compared)}.values()
    }
    reader = AgeFromRegions.fitted(judged)
    found = judged.each(chosen, lambda m: _edits(judged, m, originals, reader, moved), "editing people")
    edits = [edit for own in found for edit in own]
    middle = chosen[len(chosen) // 2]
    drawn = [_dose_picture(judged, middle, originals[middle.name], moved)]
    spread = _reader_spread(judged, originals)
    maps, twin_pictures = change_maps(judged, visited)
    figures: dict[str, Any] = {
        "sign_agreement": _share([(edit.person, _right(edit)) for edit in edits if _strongest(edit)]),
        "monotone": _share(_monotone(edits)),
        "change_correlation": maps["atrophy"]["scan"] if maps["atrophy"]["scan"] else maps["age"]["scan"],
        "sign_agreement_by": _signs(edits),
        "identity": _share([(edit.person, edit.nearest) for edit in edits]),
        "age_calibration": _calibration(edits),
        "change_correlation_by": maps,
        "directions": {name: _dose_response([e for e in edits if e.direction == name], spread) for name in moved},
    }
    return Section(figures, _note(judged, chosen, reader, source, maps), (*drawn, *twin_pictures))


def _edits(
    judged: Judged,
    member: Member,
    originals: Mapping[str, FloatArray],
    reader: AgeFromRegions | None,
    moved: Sequence[str],
) -> list[_Edit]:
    """All edits of someone, whose copy is the zero from which they are counted."""
    scan, name, axes = originals[member.name], member.name, judged.synthesiser.axes
    copy = judged.copy(scan)
    before, read_before = judged.regions_ml(copy) or {}, judged.synthesiser.read(copy)
    asked = [(direction, dose) for direction in moved for dose in DOSES[direction]]
    others = {direction: [other for other in axes if other != direction] for direction in moved}
    holding = [direction for direction in moved if others[direction]]
    made = judged.edited(
        scan,
        [({direction: dose}, ()) for direction, dose in asked]
        + [({direction: DOSES[direction][-1]}, others[direction]) for direction in holding],
    )

    def read(volume: FloatArray) -> dict[str, float]:
        """By how much every reader says something else of ``volume``, encoded anew."""
        after = judged.synthesiser.read(volume)
        return {name: after[name] - read_before[name] for name in after}

    held = {(d, DOSES[d][-1]): read(volume) for d, volume in zip(holding, made[len(asked) :], strict=True)}
    edits = []
    for (direction, dose), volume in zip(asked, made[: len(asked)], strict=True):
        after = judged.regions_ml(volume)
        ml = {region: after[region] - before[region] for region in after} if after else {}
        distances = {other: squared_error(volume, original) for other, original in originals.items()}
        edits.append(
            _Edit(
                person=name,
                direction=direction,
                dose=dose,
                percent={region: 100 * change / before[region] for region, change in ml.items() if before[region]},
                ml=ml,
                read=read(volume),
                read_held=held.get((direction, dose), {}),
                nearest=min(distances, key=lambda other: distances[other]) == name,
                years=reader.read(name, after) - reader.read(name, before) if reader and after else None,
            )
        )
    return edits


def _strongest(edit: _Edit) -> bool:
    return edit.direction in SIGNS and edit.dose == DOSES[edit.direction][-1] and _regions_told(edit)


def _regions_told(edit: _Edit) -> bool:
    return all(region in edit.ml for region in SIGNS[edit.direction])


def _right(edit: _Edit) -> bool:
    return all(sign * edit.ml[region] > 0 for region, sign in SIGNS[edit.direction].items())


def _signs(edits: Sequence[_Edit]) -> dict[str, dict[str, Figure | None]]:
    """By direction and region, each alone."""
    strongest = [edit for edit in edits if _strongest(edit)]
    return {
        direction: {
            region: _share([(e.person, sign * e.ml[region] > 0) for e in strongest if e.direction == direction])
            for region, sign in signs.items()
        }
        for direction, signs in SIGNS.items()
    }


def _monotone(edits: Sequence[_Edit]) -> list[tuple[str, bool]]:
    """For each person, direction and region with a sign: whether every larger dose goes further."""
    told = []
    for direction, signs in SIGNS.items():
        own = [edit for edit in edits if edit.direction == direction and _regions_told(edit)]
        for person in sorted({edit.person for edit in own}):
            for region, sign in signs.items():
                series = {edit.dose: sign * edit.ml[region] for edit in own if edit.person == person} | {0.0: 0.0}
                values = [series[dose] for dose in sorted(series)]
                told.append((person, all(a < b for a, b in pairwise(values))))
    return told


def _share(told: Sequence[tuple[str, bool]]) -> Figure | None:
    return bootstrap(mean, [float(yes) for _, yes in told], people=[person for person, _ in told])


def _calibration(edits: Sequence[_Edit]) -> Figure | None:
    """Years by which the independent regression moves for ``CALIBRATED`` years asked."""
    years = [e.years for e in edits if e.direction == "age" and e.dose == CALIBRATED and e.years is not None]
    return bootstrap(mean, years)


def _reader_spread(judged: Judged, originals: Mapping[str, FloatArray]) -> dict[str, float]:
    """Standard deviation over people of what each reader says."""
    read = [judged.synthesiser.read(scan) for scan in originals.values()]
    return {name: float(np.std([one[name] for one in read])) for name in judged.synthesiser.axes}


def _dose_response(edits: Sequence[_Edit], spread: Mapping[str, float]) -> dict[str, Any]:
    """By dose: percent change of every region, how the direction's own reader moved; how far other readers did."""
    found: dict[str, Any] = {}
    for dose in sorted({edit.dose for edit in edits}):
        own = [edit for edit in edits if edit.dose == dose]
        others = [name for name in spread if name != own[0].direction and spread[name] > 0]
        found[f"{dose:+g}"] = {
            "percent": {r: bootstrap(mean, [edit.percent[r] for edit in own]) for r in own[0].percent},
            "ml": {r: bootstrap(mean, [edit.ml[r] for edit in own]) for r in own[0].ml},
            "read": bootstrap(mean, [edit.read[edit.direction] for edit in own]),
            "others": {name: bootstrap(mean, [edit.read[name] / spread[name] for edit in own]) for name in others},
            "others_held": {
                name: bootstrap(mean, [edit.read_held[name] / spread[name] for edit in own])
                for name in others
                if own[0].read_held
            },
        }
    return found


def _dose_picture(judged: Judged, member: Member, scan: FloatArray, moved: Sequence[str]) -> pictures.Picture:
    copy = judged.copy(scan)
    shown = [("copy", pictures.grey(copy))]
    for name in moved[:2]:
        dose = DOSES[name][-1]
        made = judged.edited(scan, [({name: dose}, ())])[0]
        shown += [
            (f"{name} {dose:+g}", pictures.grey(made)),
            (f"{name} {dose:+g} − copy", pictures.change(made - copy, copy, CHANGE_LIMIT)),
        ]
    return pictures.columns(
        f"{member.name}: copy and edits (full colour at {CHANGE_LIMIT:g} of the grey scale; red is brighter, blue "
        "darker).",
        shown,
    )


def _note(
    judged: Judged,
    chosen: Sequence[Member],
    reader: AgeFromRegions | None,
    source: str,
    maps: Correlations,
) -> str:
    words = [f"Edits of the first visits of {those(len(chosen), len(judged.members))}, counted from the copy."]
    if judged.volumetry is None:
        words.append("Regions could not be measured: the bundle has no volumetry network.")
    else:
        words.append(
            "sign_agreement: at the largest dose ventricles grow and hippocampi shrink; monotone: they do so the more "
            "at "
            "every larger dose; by the bundle's volumetry network, over people and the directions that should do it."
        )
    words.append(
        "identity: the edited volume is nearest (mean squared difference) to the person's own scan among all people's. "
        "read: how far the direction's own reader moves when the edit is encoded anew; others: how far the others do, "
        "in "
        "standard deviations over people; others_held: with them held still."
    )
    if any(figure["scan"] for figure in maps.values()):
        words.append(
            "change_correlation: Pearson's r inside the brain, mean over people, of the predicted change map with the "
            "difference of two scans: for atrophy those of twins at the same month, ill and healthy; for age two "
            "visits of a "
            f"healthy person. copies: with the difference of their copies. {source}"
        )
    if reader is not None:
        whose = "people of split train" if reader.apart else "these people, each left out in turn"
        words.append(
            f"age_calibration: years by which an independent regression moves when {CALIBRATED:g} years are asked "
            "for: a "
            f"ridge on the network's region volumes over their sum, fitted to {reader.people} {whose}, wrong by "
            f"{reader.error:.1f} years on those left out."
        )
    return " ".join(words)

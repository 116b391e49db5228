"""How well the bundle's volumetry network finds the regions that label maps name."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cohort.members import Member
from engine.evaluation import pictures
from engine.evaluation.intervals import bootstrap, mean
from engine.evaluation.subjects import Judged, Section
from engine.measure.volumetry import dice

Row = tuple[float, float, float]
"""Dice, error in millilitres, error in percent."""


def volumetry(judged: Judged) -> Section:
    if judged.volumetry is None:
        return Section(None, "The bundle has no volumetry network.")
    labelled = [member for member in judged.members if member.first.labels is not None]

    def segmented(member: Member) -> tuple[dict[str, Row], pictures.Picture | None]:
        labels, scan = judged.labels(member.first), judged.image(member.first)
        found = judged.shares(scan)
        if labels is None or found is None:
            return {}, None
        names, shares = found
        number = np.concatenate([1.0 - shares.sum(0, keepdims=True), shares]).argmax(0)
        truth, rows = np.zeros(labels.shape, np.int64), {}
        for place, name in enumerate(names, 1):
            inside = np.isin(labels, judged.groups.get(name, ()))
            truth[inside] = place
            if not inside.any():
                continue
            ml = float(inside.sum()) * judged.voxel_ml
            error = float(shares[place - 1].sum(dtype=np.float64)) * judged.voxel_ml - ml
            rows[name] = (dice(number == place, inside), abs(error), 100 * abs(error) / ml)
        columns = [
            ("scan", pictures.grey(scan)),
            ("label map", pictures.regions(truth, scan)),
            ("network", pictures.regions(number, scan)),
        ]
        drawn = pictures.columns(f"{member.name}: regions as labelled and as found.", columns)
        return rows, drawn if member is labelled[0] else None

    told = judged.each(labelled, segmented, "segmenting people")
    names = list(dict.fromkeys(name for row, _ in told for name in row))
    rows = {name: [row[name] for row, _ in told if name in row] for name in names}
    if not rows:
        return Section(None, "The cohort has no label maps on the model's grid with a table of their groups.")
    figures: dict[str, Any] = {
        name: {
            "dice": bootstrap(mean, [one[0] for one in its]),
            "ml_error": bootstrap(mean, [one[1] for one in its]),
            "percent_error": bootstrap(mean, [one[2] for one in its]),
        }
        for name, its in rows.items()
    }
    note = (
        f"Scans of {sum(bool(row) for row, _ in told)} people against the groups of their label maps, on the model's "
        "grid. ml_error: mean absolute difference in millilitres there; percent_error: of the labelled volume."
    )
    return Section(figures, note, tuple(picture for _, picture in told if picture))

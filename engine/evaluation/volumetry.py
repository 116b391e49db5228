"""How well the bundle's volumetry network finds the regions that label maps name."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.evaluation import pictures
from engine.evaluation.intervals import bootstrap, mean
from engine.evaluation.subjects import Judged, Section
from engine.measure.volumetry import dice


def volumetry(judged: Judged) -> Section:
    if judged.volumetry is None:
        return Section(None, "The bundle has no volumetry network.")
    rows: dict[str, list[tuple[float, float, float]]] = {}
    drawn: tuple[pictures.Picture, ...] = ()
    labelled = 0
    for index, member in enumerate(judged.members):
        judged.progress(index, len(judged.members), "segmenting people")
        labels = judged.labels(member.first)
        if labels is None:
            continue
        labelled += 1
        scan = judged.image(member.first)
        found = judged.shares(scan)
        assert found is not None
        names, shares = found
        background = 1.0 - shares.sum(0, keepdims=True)
        number = np.concatenate([background, shares]).argmax(0)
        truth = np.zeros(labels.shape, np.int64)
        for place, name in enumerate(names, 1):
            inside = np.isin(labels, judged.groups.get(name, ()))
            truth[inside] = place
            if not inside.any():
                continue
            ml = float(inside.sum()) * judged.voxel_ml
            error = float(shares[place - 1].sum(dtype=np.float64)) * judged.voxel_ml - ml
            rows.setdefault(name, []).append((dice(number == place, inside), abs(error), 100 * abs(error) / ml))
        if not drawn:
            columns = [
                ("scan", pictures.grey(scan)),
                ("label map", pictures.regions(truth, scan)),
                ("network", pictures.regions(number, scan)),
            ]
            drawn = (pictures.columns(f"{member.name}: regions as labelled and as found.", columns),)
    if not rows:
        return Section(None, "The cohort has no label maps on the model's grid with a table of their groups.")
    figures: dict[str, Any] = {
        name: {
            "dice": bootstrap(mean, [row[0] for row in told]),
            "ml_error": bootstrap(mean, [row[1] for row in told]),
            "percent_error": bootstrap(mean, [row[2] for row in told]),
        }
        for name, told in rows.items()
    }
    note = (
        f"Scans of {labelled} people against the groups of their label maps, on the model's grid. ml_error: mean "
        "absolute "
        "difference in millilitres there; percent_error: of the labelled volume."
    )
    return Section(figures, note, drawn)

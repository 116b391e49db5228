"""What a model reads from the points of a timeline, or from an edit, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.export.atomic import beside, flush
from engine.export.timeline import Frame

COLUMNS = ("subject", "session", "kind", "age", "sliders", "seed", "space", "measure", "value", "unit")


def write_measures(
    path: Path, frames: Sequence[Frame], read: Sequence[Mapping[str, float]], units: Mapping[str, str]
) -> Path:
    """A row for each frame and measure: UTF-8, commas, a dot for the decimals; the path. ``read``: by frame, by name.

    Everything is read on the model's grid, where brains have the template's size: space is "model". Raises DiskError.
    """
    with beside(path) as (temporary,):
        with temporary.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(COLUMNS)
            for frame, values in zip(frames, read, strict=True):
                for name, value in values.items():
                    rows.writerow([*_point(frame), "model", name, f"{value:.6g}", units[name]])
        flush(temporary)
    return path


def _point(frame: Frame) -> list[str]:
    provenance = frame.provenance
    sliders = [f"{name}={value:+g}" for name, value in provenance.changes.items()]
    if "Fraction" in provenance.details:
        sliders.append(f"t={provenance.details['Fraction']:g}")
    age = "" if frame.age is None else f"{frame.age:g}"
    seed = "" if provenance.seed is None else str(provenance.seed)
    return [frame.subject, frame.session, provenance.kind, age, " ".join(sliders), seed]

"""How old the model takes people for, beside saying the mean age and beside a ridge regression on region volumes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.cohort.members import Member, read_members
from engine.errors import ScanError
from engine.evaluation.intervals import Array, bootstrap, mean, r2, root_mean_square
from engine.evaluation.subjects import Judged, Section
from engine.measure.volume_age import VolumeAge, counted, fit_to_cohort, load_volume_age, volumes_of

LEAST_FITTED = 30


def age(judged: Judged) -> Section:
    known = [member for member in judged.members if member.age is not None]
    synthesiser = judged.synthesiser
    if "age" not in synthesiser.axes:
        return Section(None, "The bundle has no direction age.")
    if not known:
        return Section(None, "No age is known in this cohort.")
    reader = synthesiser.axes["age"]
    ages = [float(member.age or 0.0) for member in known]
    read = judged.each(known, lambda m: reader.read(judged.codes(judged.image(m.first)).semantic), "reading ages")
    truth, told = np.array(ages), np.array(read)
    fitted_mean = synthesiser.model.manifest.trained_on.get("mean_age")
    volumes, source = _read_from_volumes(judged, known)
    figures: dict[str, Any] = {
        "mae": bootstrap(mean, np.abs(told - truth)),
        "rmse": bootstrap(root_mean_square, told - truth),
        "r2": bootstrap(r2, truth, told),
        "mae_mean": None if fitted_mean is None else bootstrap(mean, np.abs(float(fitted_mean) - truth)),
        "mae_volumes": None if volumes is None else bootstrap(mean, np.abs(volumes - truth)),
        "r2_volumes": None if volumes is None else bootstrap(r2, truth, volumes),
        "mae_over_volumes": None
        if volumes is None
        else bootstrap(_ratio, np.abs(told - truth), np.abs(volumes - truth)),
        "rows": [{"name": member.name, "age": a, "read": b} for member, a, b in zip(known, ages, read, strict=True)],
    }
    note = (
        f"First visits of {len(known)} people of {truth.min():.0f} to {truth.max():.0f} years, read by the bundle's "
        "linear "
        "reader of y; years. mae_mean: always saying the mean age of the people the reader was fitted to. "
        f"mae_volumes: {source} mae_over_volumes: mae as a share of mae_volumes."
    )
    return Section(figures, note)


def _ratio(ours: Array, theirs: Array) -> float:
    return float(ours.mean() / theirs.mean())


def _read_from_volumes(judged: Judged, known: Sequence[Member]) -> tuple[Array | None, str]:
    """Ages told by a ridge regression on volumes, and where that comes from."""
    reader, whose = load_volume_age(judged.bundle), "carried by the bundle"
    if reader is None:
        reader, whose = _fitted_here(judged.cohort, known), "fitted to the cohort's people of split train"
    if reader is None:
        return None, "not measured: neither bundle nor cohort has a regression on volumes."
    volumes = volumes_of(judged.cohort, [member.name for member in known], reader.labels)
    if volumes is None:
        maps = [judged.labels(member.first) for member in known]
        if any(labels is None for labels in maps):
            return None, "not measured, for want of label maps."
        volumes = np.stack([counted(labels, reader.labels) for labels in maps if labels is not None])
        whose += ", on label maps counted on the grid"
    return reader.read(volumes), f"a ridge regression on volumes / ICV, {whose}."


def _fitted_here(cohort: Path, known: Sequence[Member]) -> VolumeAge | None:
    try:
        others = read_members(cohort, "train")
    except ScanError:
        return None
    fitted = [member for member in others if member.age is not None and member not in known]
    if len(fitted) < LEAST_FITTED:
        return None
    return fit_to_cohort(cohort, [m.name for m in fitted], np.array([float(m.age or 0.0) for m in fitted]))

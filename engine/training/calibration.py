"""How much further than the model draws it a carried edit has to go until the picture shows what was asked.

What an image holds at low noise outweighs what its code says, so a moved code draws a part of the change that it was
given. Each direction is tried on training people and followed by a judge that knows nothing of codes, and edits go as
many times further as that takes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.edit.carrying import carried, movement, unit_velocity
from engine.edit.directions import Axis, step_of
from engine.edit.probes import Array
from engine.measure.volume_age import fit_volume_age
from engine.measure.volumetry import region_volumes
from engine.model.model import Model
from engine.volume import FloatArray

Volumes = Mapping[str, float]
Shown = Callable[[FloatArray, FloatArray], float]
"""How many units of a direction an edit (X, Y, Z) shows beyond the copy it was made from."""

AMOUNTS = {"age": 15.0, "ventricles": 10.0, "atrophy": 1.0, "sex": 1.0}
"""What is asked for, in each direction's unit."""

CALLS = 6
GAINS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
"""What is tried. At 6 ventricles grow faster in ten years than they differ between people ten years apart."""

TELLING = ("ventricles", "hippocampus")
"""Regions by which atrophy is judged."""


def calibrated(model: Model, axis: Axis, images: Sequence[FloatArray], shown: Shown) -> Axis:
    """``axis`` with the least gain at which pictures of ``images`` (X, Y, Z) show what is asked, by their median.

    Where none of ``GAINS`` suffices, the one that shows most. The median, because a few brains hardly follow at all.
    """
    amount, step = AMOUNTS[axis.about.name], step_of({axis.about.name: axis}, axis.about.name)
    codes = [model.encode(image, CALLS) for image in images]
    copies = model.decode_all(codes)
    ways = [unit_velocity(model, code, copy, step) for code, copy in zip(codes, copies, strict=True)]
    seen = []
    for gain in GAINS:
        far = np.float32(amount * gain)
        edits = [carried(copy, movement(far * way, copy.shape)) for copy, way in zip(copies, ways, strict=True)]
        seen.append(float(np.median([shown(copy, edit) for copy, edit in zip(copies, edits, strict=True)])) / amount)
    return replace(axis, gain=least_sufficient(seen))


def least_sufficient(seen: Sequence[float]) -> float:
    """Where between ``GAINS`` the share ``seen`` of what was asked first reaches 1, on straight lines between them."""
    if seen[0] >= 1.0:
        return GAINS[0]
    for (low, before), (high, after) in itertools.pairwise(zip(GAINS, seen, strict=True)):
        if after >= 1.0:
            return low + (high - low) * (1.0 - before) / (after - before)
    return GAINS[int(np.argmax(seen))]


def reread(model: Model, axis: Axis) -> Shown:
    """By the direction's own reader, of pictures encoded anew: where there is no other judge."""
    return lambda copy, edit: axis.read(model.semantic_code(edit)) - axis.read(model.semantic_code(copy))


def years_by_volumes(model: Model, images: Sequence[FloatArray], ages: Array) -> Shown:
    """By a plain regression of ages (N,) on the region volumes of ``images``.

    A ridge is shy: what it reads is stretched until it rises by a year for each year that people are older.
    """
    table = np.array([list(_volumes(model, image).values()) for image in images])
    reader = fit_volume_age(range(table.shape[1]), table, ages)
    shy = float(np.polyfit(ages, reader.read(table), 1)[0])

    def years(image: FloatArray) -> float:
        return float(reader.read(np.array([list(_volumes(model, image).values())]))[0])

    return lambda copy, edit: (years(edit) - years(copy)) / shy


def millilitres(model: Model, region: str) -> Shown:
    return lambda copy, edit: _volumes(model, edit)[region] - _volumes(model, copy)[region]


def units_by_volumes(model: Model, healthy: Sequence[FloatArray], ill: Sequence[FloatArray]) -> Shown:
    """By the logarithmic changes of ``TELLING`` regions, against those of ``ill`` beside their ``healthy`` twins."""
    pairs = zip(healthy, ill, strict=True)
    truth = np.mean([_logarithms(_volumes(model, b), _volumes(model, a)) for a, b in pairs], axis=0)

    def units(copy: FloatArray, edit: FloatArray) -> float:
        return float(_logarithms(_volumes(model, edit), _volumes(model, copy)) @ truth / (truth @ truth))

    return units


def _volumes(model: Model, image: FloatArray) -> Volumes:
    volumes = region_volumes(model, image)
    assert volumes is not None, "a model without volumetry cannot be judged by volumes"
    return volumes


def _logarithms(after: Volumes, before: Volumes) -> Array:
    return np.log([after[region] / before[region] for region in TELLING])

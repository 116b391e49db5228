"""The published probe's three files as a direction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.edit.directions import Axis
from engine.edit.probes import published_probe
from engine.errors import ModelError
from engine.model.manifest import Direction
from engine.model.weight_files import open_tensor, open_weights

TUTORIAL_STEPS = 2.5
"""How far the published tutorial moves a scan."""

DISEASE = Direction(
    "disease", "Healthy ↔ Alzheimer's (published probe)", "steps", -TUTORIAL_STEPS, TUTORIAL_STEPS, None
)
"""Positive towards healthy: the probe's classes are in alphabetical order, Alzheimer's 0 and control 1."""


def disease_axis(probe: Path, mean: Path, deviation: Path) -> Axis:
    """The direction in the files of the probe (weight (1, E), bias (1,)), the mean and the deviation (E,) of codes.

    One unit is the published step, √E along the normalised weight. The reader speaks in that unit too, so that a code
    moved by s reads s more: it is the published logit over √E·‖weight‖, 0 at the probe's own boundary.
    Raises ModelError where a file does not hold what it should.
    """
    state = open_weights(probe)
    if set(state) != {"weight", "bias"} or state["weight"].numel() != state["weight"].shape[-1]:
        raise ModelError(f"{probe.name}: is no linear probe (weight and bias): choose the classifier's file.")
    weight = _vector(state["weight"])
    middle, spread = _vector(open_tensor(mean)), _vector(open_tensor(deviation))
    for path, vector in ((mean, middle), (deviation, spread)):
        if vector.shape != weight.shape:
            raise ModelError(
                f"{path.name}: has {len(vector)} numbers, {probe.name} {len(weight)}: choose files of one training."
            )
    if not (np.isfinite([weight, middle, spread]).all() and (spread > 0).all() and weight.any()):
        raise ModelError(f"{deviation.name}: does not scale codes (a zero or no number): choose the deviation's file.")
    reader, bias, step = published_probe(weight, float(state["bias"].reshape(-1)[0]), middle, spread)
    unit = float(reader @ step)
    return Axis(DISEASE, reader / unit, bias / unit, step)


def _vector(tensor: torch.Tensor) -> NDArray[np.float64]:
    return np.asarray(tensor.double().reshape(-1).numpy(), np.float64)

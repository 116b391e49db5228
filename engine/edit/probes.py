"""Fitting a direction to people whose value is known: a ridge reader, and the step that one unit makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PENALTIES = tuple(np.logspace(-2, 5, 29))


@dataclass(frozen=True)
class Probe:
    """``weight``·y + ``bias`` reads the value; ``step`` (E,) is the mean change of y per unit of the value.

    ``left_out`` (N,): each person read by a probe fitted without them, at the same penalty.
    """

    weight: Array
    bias: float
    step: Array
    left_out: Array


def fit_probe(codes: Array, values: Array) -> Probe:
    """A ridge probe over codes (N, E) of N people, one scan each, with values (N,).

    Codes are standardised; the penalty is the one with the least leave-one-out squared error (Golub et al. 1979,
    computed from one decomposition). The step is the least-squares slope of codes over values (Haufe et al. 2014: a
    reader's weights are not the pattern they read), so it holds what goes with the value in people, not what tells it
    best.
    """
    mean, deviation = codes.mean(0), codes.std(0) + 1e-8
    x, centre = (codes - mean) / deviation, values.mean()
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    projected = u.T @ (values - centre)

    def left_out(penalty: float) -> Array:
        shrink = s**2 / (s**2 + penalty)
        fitted = centre + u @ (shrink * projected)
        leverage = 1 / len(values) + (u**2) @ shrink
        out: Array = values - (values - fitted) / (1 - leverage)
        return out

    penalty = min(PENALTIES, key=lambda p: float(np.square(values - left_out(p)).sum()))
    weight = (vt.T @ (s / (s**2 + penalty) * projected)) / deviation
    spread = values - centre
    step = spread @ (codes - mean) / (spread @ spread)
    return Probe(weight, float(centre - mean @ weight), step, left_out(penalty))


def published_probe(weight: Array, bias: float, mean: Array, deviation: Array) -> tuple[Array, float, Array]:
    """Reader's weight (E,), its bias, and step (E,) of a probe on normalised codes (LDAE specification 2 and 4).

    The reader is weight·(y − mean)/deviation + bias; one unit is a step of √E along weight in normalised codes.
    """
    step = np.sqrt(len(weight)) * weight / np.linalg.norm(weight) * deviation
    return weight / deviation, float(bias - (weight / deviation) @ mean), step


def scores(truth: Array, read: Array) -> dict[str, float]:
    """Mean absolute error, root mean square error and R² of ``read`` against ``truth``."""
    error = read - truth
    r2 = 1 - float(error @ error) / float(np.square(truth - truth.mean()).sum())
    return {"mae": float(np.abs(error).mean()), "rmse": float(np.sqrt(np.mean(error**2))), "r2": r2}

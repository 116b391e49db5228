"""Fitting a direction to people whose value is known: a reader, and the step that one unit makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PENALTIES = tuple(np.logspace(-2, 5, 29))
NEWTON_STEPS = 50


@dataclass(frozen=True)
class Probe:
    """``weight``·y + ``bias`` reads the value; ``step`` (E,) is the mean change of y per unit of the value.

    ``left_out`` (N,): each person read by a probe fitted without them, at the same penalty.
    """

    weight: Array
    bias: float
    step: Array
    left_out: Array


@dataclass(frozen=True)
class _Standardised:
    """Codes (N, E) as ``u``·diag(``s``)·``vt`` after subtracting ``mean`` and dividing by ``deviation``."""

    mean: Array
    deviation: Array
    u: Array
    s: Array
    vt: Array

    def weight(self, along: Array) -> Array:
        """Weights for codes (E, …) of weights along the singular vectors (K, …)."""
        return np.asarray(((self.vt.T @ along).T / self.deviation).T)

    def least_left_out(self, spread: Array) -> tuple[Array, Array]:
        """For each column of ``spread`` (N, P), a value less its mean: the penalty (P,) with the least leave-one-out
        squared error, and what is left out then of each person (N, P)."""
        projected = self.u.T @ spread
        errors = np.stack([self._errors(spread, projected, penalty) for penalty in PENALTIES])
        best = np.square(errors).sum(1).argmin(0)
        return np.array(PENALTIES)[best], errors[best, :, np.arange(spread.shape[1])].T

    def _errors(self, spread: Array, projected: Array, penalty: float) -> Array:
        shrink = self.s**2 / (self.s**2 + penalty)
        leverage = 1 / len(spread) + (self.u**2) @ shrink
        error: Array = (spread - self.u @ (shrink[:, None] * projected)) / (1 - leverage)[:, None]
        return error


def _standardised(codes: Array) -> _Standardised:
    mean, deviation = codes.mean(0), codes.std(0) + 1e-8
    return _Standardised(mean, deviation, *np.linalg.svd((codes - mean) / deviation, full_matrices=False))


def fit_probe(codes: Array, values: Array) -> Probe:
    """A ridge probe over codes (N, E) of N people, one scan each, with values (N,).

    Codes are standardised; the penalty is the one with the least leave-one-out squared error (Golub et al. 1979,
    computed from one decomposition). The step is the least-squares slope of codes over values (Haufe et al. 2014: a
    reader's weights are not the pattern they read), so it holds what goes with the value in people, not what tells it
    best.
    """
    x, spread = _standardised(codes), values - values.mean()
    (penalty,), error = x.least_left_out(spread[:, None])
    weight = x.weight(x.s / (x.s**2 + penalty) * (x.u.T @ spread))
    return Probe(weight, float(values.mean() - x.mean @ weight), _step(codes, values), values - error[:, 0])


def fit_classifier(codes: Array, classes: NDArray[np.bool_]) -> tuple[Array, float, Array]:
    """Reader's weight (E,), its bias, and step (E,) of a logistic probe over codes (N, E) of N people in two classes.

    The reader says 0 for the mean person of the one class and 1 for the other's; the step leads from mean to mean.
    """
    weight, bias = _logistic(_standardised(codes), classes)
    logits = codes @ weight + bias
    zero, one = logits[~classes].mean(), logits[classes].mean()
    return weight / (one - zero), float((bias - zero) / (one - zero)), _step(codes, classes.astype(np.float64))


def read_left_out(codes: Array, values: Array, folds: NDArray[np.integer]) -> Array:
    """Each column of ``values`` (N, P) as ridge probes read it that were fitted to the other ``folds`` (N,) alone.

    The penalty is chosen anew within each fit, so nothing of a fold reaches its own reading.
    """
    read = np.empty(values.shape)
    for fold in np.unique(folds):
        inside = folds != fold
        x, centre = _standardised(codes[inside]), values[inside].mean(0)
        spread = values[inside] - centre
        penalty, _ = x.least_left_out(spread)
        weight = x.weight(x.s[:, None] / (x.s[:, None] ** 2 + penalty) * (x.u.T @ spread))
        read[~inside] = (codes[~inside] - x.mean) @ weight + centre
    return read


def classified_left_out(codes: Array, classes: NDArray[np.bool_], folds: NDArray[np.integer]) -> Array:
    """The same for ``classes`` (N, P): logits (N, P) of logistic probes."""
    read = np.empty(classes.shape)
    for fold in np.unique(folds):
        inside = folds != fold
        x = _standardised(codes[inside])
        for column in range(classes.shape[1]):
            weight, bias = _logistic(x, classes[inside, column])
            read[~inside, column] = codes[~inside] @ weight + bias
    return read


def _logistic(x: _Standardised, classes: NDArray[np.bool_]) -> tuple[Array, float]:
    """Weight and bias of the ridge-penalised logistic regression, by Newton's method.

    The penalty is the ridge's for classes as 0 and 1, over four: at even odds the likelihood's curvature is a quarter.
    """
    truth = classes.astype(np.float64)
    (penalty,), _ = x.least_left_out((truth - truth.mean())[:, None])
    features = np.column_stack([x.u * x.s, np.ones(len(truth))])
    ridge = np.append(np.full(len(x.s), penalty / 4), 1e-9)
    solution = np.zeros(features.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(features @ solution, -30, 30)))
        slope = features.T @ (chance - truth) + ridge * solution
        curvature = (features.T * (chance * (1 - chance))) @ features + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curvature, slope)
        solution -= step * min(1.0, 5.0 / (np.abs(step).max() + 1e-12))
        if np.abs(step).max() < 1e-6:
            break
    weight = x.weight(solution[:-1])
    return weight, float(solution[-1] - x.mean @ weight)


def _step(codes: Array, values: Array) -> Array:
    spread = values - values.mean()
    return np.asarray(spread @ (codes - codes.mean(0)) / (spread @ spread))


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

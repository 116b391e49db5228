"""Figures with intervals: a statistic over people, and how far it would move had other people come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Figure = list[float]
"""[value, low, high]."""

REPEATS = 2000


def bootstrap(
    statistic: Callable[..., float],
    *samples: Sequence[float] | Array,
    people: Sequence[str] | None = None,
    seed: int = 0,
) -> Figure | None:
    """[value, low, high]: ``statistic(*samples)`` and its 95 % percentile interval over people drawn with replacement.

    Each sample holds one number a row, in the same order of rows; rows of one of ``people`` are drawn together, None:
    each row is a person. None where there are no rows, or where the statistic is no number.
    """
    arrays = [np.asarray(sample, np.float64) for sample in samples]
    if not arrays[0].size:
        return None
    names = np.arange(len(arrays[0])) if people is None else np.unique(list(people), return_inverse=True)[1]
    count = int(names.max()) + 1
    draws = np.random.default_rng(seed).integers(count, size=(REPEATS, count))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(*arrays))
        if not np.isfinite(value):
            return None
        values = _means(arrays[0], names, draws) if statistic is mean else _others(statistic, arrays, names, draws)
    drawn = values[np.isfinite(values)]
    low, high = np.percentile(drawn, [2.5, 97.5]) if drawn.size else (value, value)
    return [value, float(low), float(high)]


def _means(sample: Array, names: NDArray[np.integer], draws: NDArray[np.integer]) -> Array:
    """The mean of every draw at once: most figures are means."""
    sums, rows = np.bincount(names, sample), np.bincount(names)
    return np.asarray(sums[draws].sum(1) / rows[draws].sum(1))


def _others(
    statistic: Callable[..., float], arrays: list[Array], names: NDArray[np.integer], draws: NDArray[np.integer]
) -> Array:
    rows_of = [np.flatnonzero(names == name) for name in range(draws.shape[1])]
    chosen = (np.concatenate([rows_of[person] for person in draw]) for draw in draws)
    return np.array([statistic(*(array[rows] for array in arrays)) for rows in chosen])


def spread(sample: Sequence[float] | Array) -> Figure | None:
    """Median and quartiles: of what is measured again and again on one machine, not on people."""
    if not len(sample):
        return None
    low, median, high = np.percentile(sample, [25, 50, 75])
    return [float(median), float(low), float(high)]


def mean(sample: Array) -> float:
    return float(np.mean(sample))


def root_mean_square(sample: Array) -> float:
    return float(np.sqrt(np.mean(np.square(sample))))


def r2(truth: Array, read: Array) -> float:
    """1 − squared error over the squared distance from the mean of ``truth``; no number where all are alike."""
    return float(1.0 - np.square(read - truth).sum() / np.square(truth - truth.mean()).sum())

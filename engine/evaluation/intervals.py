"""Figures with intervals: a mean over people, and how far it would move had other people come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
REPEATS = 2000


def bootstrap(statistic: Callable[..., float], *samples: Sequence[float] | Array, seed: int = 0) -> list[float]:
    """[value, low, high]: ``statistic(*samples)`` and its 95 % percentile interval over people drawn with replacement.

    Each sample holds one number a person, in the same order of people.
    """
    arrays = [np.asarray(sample, np.float64) for sample in samples]
    rng = np.random.default_rng(seed)
    people = len(arrays[0])
    draws = (rng.integers(people, size=people) for _ in range(REPEATS))
    values = [statistic(*(array[draw] for array in arrays)) for draw in draws]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return [float(statistic(*arrays)), float(low), float(high)]


def mean(sample: Array) -> float:
    return float(np.mean(sample))

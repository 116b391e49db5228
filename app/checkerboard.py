"""Two volumes in turns, block by block: edges that do not meet show where they differ."""

from __future__ import annotations

import numpy as np

from engine.volume import Volume


def checkered(first: Volume, second: Volume, squares: int) -> Volume:
    """Cubes of ``first`` and of ``second`` (on the same grid), ``squares`` of them across the longest side."""
    edge = max(max(first.data.shape) / squares, 1.0)
    x, y, z = np.ix_(*(np.floor(np.arange(length) / edge).astype(int) for length in first.data.shape))
    return Volume(np.where((x + y + z) % 2 == 1, second.data, first.data), first.affine)

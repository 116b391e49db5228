"""What preparation gives, and all that is needed to go back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.preparation.checks import Check
from engine.volume import Affine, Grid, Volume


@dataclass(frozen=True)
class Prepared:
    """A scan on the model's grid.

    ``volume``: model's grid, float32 in [0, 1], background exactly 0. ``native``: the scan's own grid (RAS+ axes).
    ``model_from_native`` (4, 4): world millimetres of the scan to those of the model. A voxel of the scan, freed of
    its bias field, less ``intensity_offset``, times ``intensity_scale``, is the model's value. ``mask``: the brain on
    the native grid.
    """

    volume: Volume
    native: Grid
    model_from_native: Affine
    intensity_scale: float
    intensity_offset: float
    mask: NDArray[np.bool_]
    steps: tuple[str, ...]
    checks: tuple[Check, ...]

"""What preparation gives, and all that is needed to go back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.preparation.checks import Check
from engine.preparation.place import Place, Warp
from engine.volume import Affine, Grid, Volume


@dataclass(frozen=True)
class Prepared:
    """A scan on the model's grid.

    ``volume``: model's grid, float32 in [0, 1], background exactly 0. ``native``: the scan's own grid (RAS+ axes).
    ``model_from_native`` (4, 4): world millimetres of the scan to those of the model, all of it unless there is a
    ``warp``; ``place`` is both. ``mask``: the brain on the native grid, to be drawn over the head.
    ``bias_field`` on the model's grid: by what the scan is brighter there than an evenly lit one; None: taken as even.
    A voxel of the scan, less ``intensity_offset``, divided by its bias, times ``intensity_scale``, is the model's
    value.
    """

    volume: Volume
    native: Grid
    model_from_native: Affine
    intensity_scale: float
    intensity_offset: float
    mask: NDArray[np.bool_]
    steps: tuple[str, ...]
    checks: tuple[Check, ...]
    bias_field: NDArray[np.float16] | None = None
    warp: Warp | None = None

    @property
    def place(self) -> Place:
        """Where points of the scan lie in the model's world, and the other way round."""
        return Place(self.model_from_native, self.warp)

"""From a brain's own brightness to the model's 0…1: one percentile of its voxels is set to one level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.preparation.recipe import Recipe
from engine.volume import FloatArray

# The training heads are 8 bit with 0 kept for the background.
_DARKEST = 1 / 255


def scale_of(data: FloatArray, mask: NDArray[np.bool_], recipe: Recipe) -> float:
    """The factor that brings ``recipe.percentile`` of ``data`` inside ``mask`` to ``recipe.level``; 0 if dark."""
    bright = float(np.percentile(data[mask], recipe.percentile)) if mask.any() else 0.0
    return recipe.level / bright if bright > 0 else 0.0


def scaled(data: FloatArray, mask: NDArray[np.bool_], scale: float) -> FloatArray:
    """``data`` times ``scale``, within (0, 1] inside ``mask`` and exactly 0 outside."""
    return np.where(mask, np.clip(data * np.float32(scale), np.float32(_DARKEST), np.float32(1)), np.float32(0))

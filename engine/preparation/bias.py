"""Evening out slow changes of brightness across the head (N4, Tustison et al. 2010)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.preparation.itk import data_from, image_from, load_ants
from engine.volume import FloatArray, Volume

# Those of the training heads (four levels of 50 iterations, shrunk by 4).
_SETTINGS = {"shrink_factor": 4, "convergence": {"iters": [50, 50, 50, 50], "tol": 1e-7}}


def bias_field(volume: Volume, mask: NDArray[np.bool_]) -> FloatArray:
    """By what ``volume`` is brighter than an evenly lit one: fitted inside ``mask``, carried on smoothly outside.

    Its mean is any number (0.3 to 3 in real heads), not 1.
    """
    brain = image_from(Volume(mask.astype(np.float32), volume.affine))
    found = load_ants().n4_bias_field_correction(image_from(volume), mask=brain, return_bias_field=True, **_SETTINGS)
    return data_from(found)


def evened(volume: Volume, field: FloatArray, mask: NDArray[np.bool_]) -> Volume:
    """``volume`` divided by ``field`` inside ``mask`` and as it was outside: what N4 gave of the training heads."""
    return Volume(np.divide(volume.data, field, out=volume.data.copy(), where=mask & (field > 0)), volume.affine)

"""Evening out slow changes of brightness across the head (N4, Tustison et al. 2010)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.preparation.itk import data_from, image_from, load_ants
from engine.volume import FloatArray, Volume

# Those of the training heads (four levels of 50 iterations, shrunk by 4).
_SETTINGS = {"shrink_factor": 4, "convergence": {"iters": [50, 50, 50, 50], "tol": 1e-7}}


def even_out(volume: Volume, mask: NDArray[np.bool_]) -> FloatArray:
    """``volume`` divided by the bias field fitted inside ``mask``."""
    brain = image_from(Volume(mask.astype(np.float32), volume.affine))
    return data_from(load_ants().n4_bias_field_correction(image_from(volume), mask=brain, **_SETTINGS))

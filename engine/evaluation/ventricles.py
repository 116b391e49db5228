"""How much an edit widens the ventricles, read from grey values in a rim around a person's own ventricle labels.

A stand-in until the model has a segmentation network of its own: on a T1 image fluid is dark and white matter bright,
so each voxel near the ventricles counts as fluid by where its grey value lies between the two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.volume import FloatArray

RIM_VOXELS = 3


def fluid_ml(
    volume: FloatArray,
    reference: FloatArray,
    ventricles: NDArray[np.bool_],
    white: NDArray[np.bool_],
    others: NDArray[np.bool_],
    voxel_ml: float,
) -> float:
    """Millilitres of fluid in ``volume`` within the rim around ``ventricles``.

    The grey values of pure fluid and white matter come from ``reference``, the same for every volume compared.
    ``others``: fluid that is no ventricle, and air, left out.
    """
    fluid = float(np.percentile(reference[ventricles], 20))
    tissue = float(np.median(reference[white]))
    rim = ndimage.binary_dilation(ventricles, iterations=RIM_VOXELS) & ~others
    share = np.clip((tissue - volume[rim]) / (tissue - fluid), 0.0, 1.0)
    # Grey matter lies halfway; only what is darker than it is fluid.
    return float(np.clip(2 * share - 1, 0.0, 1.0).sum() * voxel_ml)

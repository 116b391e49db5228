"""Finding the brain.

deepbet's own ``BrainExtraction`` is used rather than its two networks alone: what lies between them (box with margin,
nearest-exact sampling, normalisation by the whole head's quantiles, largest component, filled voids) is part of how the
training heads were masked. Only its file handling is passed by.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.preparation.checks import cut_off
from engine.volume import FloatArray, Volume

_LEAST_ZERO_SHARE = 0.25
# A brain with its ventricles has 0.9 to 2 litres; a whole head with blackened air has 3 to 6, the top half of one 2.2
# but cut off.
_BRAIN_ML = (600.0, 2300.0)


def extract_brain(volume: Volume) -> NDArray[np.bool_]:
    """The brain with its ventricles and sulci in a head with roughly RAS axes; all false where none is found."""
    from deepbet import BrainExtraction

    extraction = BrainExtraction(no_gpu=True)
    try:
        probability = extraction.run_model(np.ascontiguousarray(volume.data, np.float32))
        mask: NDArray[np.bool_] = extraction.postprocess(probability > 0.5)
    except (AssertionError, ValueError, RuntimeError):  # deepbet's ways of saying that there is nothing to be seen
        return np.zeros(volume.data.shape, bool)
    return mask.astype(bool)


def looks_stripped(volume: Volume) -> bool:
    """Whether the skull was removed before: one brain-sized piece in a background of exact zeros."""
    inside = volume.data != 0
    if 1 - inside.mean() < _LEAST_ZERO_SHARE:
        return False
    piece = stripped_mask(volume.data)
    millilitres = piece.sum() * abs(np.linalg.det(volume.affine[:3, :3])) / 1000
    alone = (inside & ~piece).sum() < 0.05 * piece.sum()
    return bool(_BRAIN_ML[0] < millilitres < _BRAIN_ML[1] and alone and not cut_off(piece, volume.affine))


def stripped_mask(data: FloatArray) -> NDArray[np.bool_]:
    """The largest piece of voxels that are not 0, its holes filled."""
    pieces, count = ndimage.label(data != 0)
    if count == 0:
        return np.zeros(data.shape, bool)
    largest = int(np.bincount(pieces.ravel())[1:].argmax()) + 1
    return np.asarray(ndimage.binary_fill_holes(pieces == largest), bool)

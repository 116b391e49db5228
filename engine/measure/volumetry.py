"""How large the regions of a brain are: what the segmentation network sees, added up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from engine.model.model import Model
from engine.networks.segmentation import Segmentation
from engine.volume import Affine, FloatArray


@torch.inference_mode()
def region_shares(network: Segmentation, volume: FloatArray) -> FloatArray:
    """How much of each voxel belongs to each region: (R, X, Y, Z) in [0, 1], in the order of the configuration.

    ``volume`` (X, Y, Z) lies on the model's grid, in [0, 1]. What is left of a voxel is background.
    """
    weight = next(network.parameters())
    logits = network(torch.from_numpy(volume)[None, None].to(weight.device, weight.dtype))
    shares: FloatArray = logits[0].float().softmax(0)[1:].cpu().numpy()
    return shares


def region_volumes(model: Model, volume: FloatArray) -> dict[str, float] | None:
    """Millilitres of each region on the model's grid; None where the model has no network for them.

    The sum of shares, which follows small changes that a count of voxels would miss. Brains have the template's size
    there: ``own_size`` turns them into a person's own.
    """
    if model.volumetry is None:
        return None
    sums = region_shares(model.volumetry, volume).sum((1, 2, 3), dtype=np.float64)
    voxel_ml = abs(float(np.linalg.det(model.manifest.preparation.grid.affine[:3, :3]))) / 1000
    return {name: float(total) * voxel_ml for name, total in zip(model.volumetry.config.regions, sums, strict=True)}


def own_size(volumes_ml: Mapping[str, float], model_from_native: Affine) -> dict[str, float]:
    """Millilitres in the person's own head. ``model_from_native`` (4, 4), the affine that took its scan to the grid."""
    stretched = abs(float(np.linalg.det(model_from_native[:3, :3])))
    return {name: ml / stretched for name, ml in volumes_ml.items()}


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Overlap of two regions, 2·|a ∩ b| / (|a| + |b|); 1 where both are empty (Dice 1945)."""
    total = int(np.count_nonzero(a)) + int(np.count_nonzero(b))
    return 2.0 * int(np.count_nonzero(a & b)) / total if total else 1.0

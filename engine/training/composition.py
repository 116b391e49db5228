"""What a brain is made of, place by place: the shares of grey levels in each block of an image.

Blocks are as large as folds and ventricles, so that what they hold changes as tissue is lost to fluid, wherever exactly
a fold lies. Levels follow tissue once intensities are normalised; no labels are used.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor

LEVELS = 8
LOWEST = 0.02
"""Nothing below it is brain."""

BLOCK_MM = 16.0


def composition(image: Tensor, spacing_mm: float) -> Tensor:
    """The share of each of ``LEVELS`` grey bands in each block of ``BLOCK_MM`` of an image (X, Y, Z) in [0, 1], (F,).

    The image and its mirror image along X, averaged: both sides are told alike.
    """
    edges = torch.linspace(LOWEST, 1.0, LEVELS + 1)
    edges[-1] = torch.inf
    bands = torch.stack([(image >= low) & (image < high) for low, high in itertools.pairwise(edges)])
    shares = F.avg_pool3d(bands.float(), max(1, round(BLOCK_MM / spacing_mm)), ceil_mode=True)
    return ((shares + shares.flip(1)) / 2).flatten()

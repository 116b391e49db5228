"""Segmentation network: a volume (B, 1, X, Y, Z) in [0, 1] to a logit for the background and for each region.

A U-shaped network of residual blocks (Ronneberger et al. 2015; Kerfoot et al. 2018) beside a map of how often each
region lies where. Brains lie alike on the model's grid, so the network starts with the map's answer and learns what a
brain's own grey values add to it. Its finest level works on cubes of 2³ voxels: they go in as channels and come out as
channels, so no border is lost and each layer costs an eighth. Every voxel is normalised over its channels, so nothing
depends on how much background surrounds a brain.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.networks.autoencoder import ChannelNorm
from engine.networks.patches import fold_patches, unfold_patches


@dataclass(frozen=True)
class SegmentationConfig:
    """``regions``: what the logits behind the background's stand for. ``channels`` by level, finest first.

    ``shape``: voxels of the model's grid, multiples of 8. ``map_voxels``: edge of a voxel of the map, in voxels of it.
    """

    regions: tuple[str, ...]
    shape: tuple[int, int, int]
    channels: tuple[int, ...] = (32, 56, 80)
    patch_size: int = 2
    map_voxels: int = 4


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = ChannelNorm(channels), ChannelNorm(channels)
        self.conv1, self.conv2 = (nn.Conv3d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        out: Tensor = x + self.conv2(F.silu(self.norm2(h)))
        return out


class Segmentation(nn.Module):
    """``map``: logarithms of the share of people who have each region there, (1, 1 + R, x, y, z)."""

    map: Tensor

    def __init__(self, config: SegmentationConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        cube, classes = config.patch_size**3, len(config.regions) + 1
        x, y, z = (n // config.map_voxels for n in config.shape)
        self.register_buffer("map", torch.zeros(1, classes, x, y, z))
        self.stem = nn.Conv3d(cube + classes, widths[0], 3, padding=1)
        self.down = nn.ModuleList(nn.Conv3d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.way_in = nn.ModuleList(Residual(width) for width in widths)
        self.up = nn.ModuleList(nn.Conv3d(b, a, 1) for a, b in pairwise(widths))
        self.way_out = nn.ModuleList(Residual(width) for width in widths[:-1])
        self.norm = ChannelNorm(widths[0])
        self.head = nn.Conv3d(widths[0], cube * classes, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, corners: Tensor | None = None) -> Tensor:
        """``corners`` (B, 3): the first voxels of crops of the grid, multiples of the patch; None: whole volumes."""
        size = self.config.patch_size
        folded = fold_patches(x, size)
        likely = self._likely(folded, corners)
        h = self.stem(torch.cat([folded, likely], 1))
        levels = []
        for level, block in enumerate(self.way_in):
            h = block(self.down[level - 1](h) if level else h)
            levels.append(h)
        for level in reversed(range(len(self.way_out))):
            wider = F.interpolate(self.up[level](h), scale_factor=2.0, mode="nearest")
            h = self.way_out[level](levels[level] + wider)
        logits = self.head(F.silu(self.norm(h))) + likely.repeat_interleave(size**3, 1)
        return unfold_patches(logits, size)

    def _likely(self, folded: Tensor, corners: Tensor | None) -> Tensor:
        """The map at the cubes of ``folded`` (B, …, x, y, z)."""
        size = self.config.patch_size
        whole = F.interpolate(self.map.float(), [n // size for n in self.config.shape], mode="trilinear")
        whole = whole.to(folded.dtype)
        if corners is None:
            return whole.expand(len(folded), -1, -1, -1, -1)
        x, y, z = folded.shape[2:]
        cut = [whole[0, :, i : i + x, j : j + y, k : k + z] for i, j, k in (corners // size).tolist()]
        return torch.stack(cut)

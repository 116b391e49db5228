"""Semantic encoder of the compact model: what each block of the brain is made of, as one code (B, E).

A small cohort teaches a deep network its own people by heart. This one looks in a fixed way and learns little: in each
block it tells which share of the voxels lies in each band of grey levels and of edge strengths, whichever way folds
run, and projects these shares on what people differ by (docs/decisions/0016). No labels are used.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOWEST = 0.02
"""Nothing below it is brain."""


@dataclass(frozen=True)
class TissueEncoderConfig:
    """``shape`` (X, Y, Z) of the model's grid; ``block``: voxels along a block's edges; ``levels``: bands of grey.

    ``edges``: where bands of edge strength begin, grey (0 to 1) per two voxels; the last one has no end.
    """

    shape: tuple[int, int, int]
    emb_chans: int = 192
    block: int = 8
    levels: int = 8
    edges: tuple[float, ...] = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)

    @property
    def looked(self) -> int:
        """Numbers F that ``look`` gives of a volume."""
        x, y, z = (n // self.block for n in self.shape)
        return (self.levels + len(self.edges)) * -(-x // 2) * y * z

    def __post_init__(self) -> None:
        if any(n % self.block for n in self.shape):
            raise ValueError(f"a grid of {self.shape} cannot be cut into blocks of {self.block}")


class TissueEncoder(nn.Module):
    """``code(look(volume))``: looking is fixed, the last layer of coding learns."""

    mean: Tensor
    basis: Tensor

    def __init__(self, config: TissueEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.looked))
        self.register_buffer("basis", torch.zeros(config.looked, config.emb_chans))
        self.mix = nn.Linear(config.emb_chans, config.emb_chans)
        with torch.no_grad():
            self.mix.weight.copy_(torch.eye(config.emb_chans))
            self.mix.bias.zero_()

    def look(self, volume: Tensor) -> Tensor:
        """Square roots of shares (B, F) in volumes (B, 1, X, Y, Z) in [0, 1]: a count's root varies alike, few or many.

        A volume and its mirror image along X, averaged: both sides are told alike.
        """
        brain = volume >= LOWEST
        grey = torch.linspace(LOWEST, 1.0, self.config.levels + 1)[:-1].tolist()
        bands = [brain & band for band in _bands(volume, grey)]
        bands += [brain & band for band in _bands(edge_strength(volume), self.config.edges)]
        shares = F.avg_pool3d(torch.cat(bands, 1).float(), self.config.block)
        both = (shares + shares.flip(2)) / 2
        return both[:, :, : -(-both.shape[2] // 2)].flatten(1).sqrt()

    def code(self, looked: Tensor) -> Tensor:
        """Codes (B, E) of what was looked at (B, F)."""
        with torch.autocast(looked.device.type, enabled=False):
            out: Tensor = self.mix((looked.float() - self.mean) @ self.basis)
            return out

    def forward(self, volume: Tensor) -> Tensor:
        """Codes (B, E) of volumes (B, 1, X, Y, Z) in [0, 1]."""
        return self.code(self.look(volume))

    @torch.no_grad()
    def learn_differences(self, looked: Tensor) -> None:
        """Projects on the principal components of ``looked`` (N, F), as far as there are E.

        Components keep the size they have among people, and are turned by a random rotation: readers take every number
        of a code as equally telling, and components of no account would otherwise be blown up.
        """
        looked = looked.float()
        mean = looked.mean(0)
        channels = self.config.emb_chans
        generator = torch.Generator().manual_seed(0)
        _, spread, axes = torch.linalg.svd(looked - mean, full_matrices=False)
        count = min(channels, len(spread))
        rotation = torch.linalg.qr(torch.randn(channels, channels, generator=generator)).Q[:count]
        size = spread[:count].square().sum().div(len(looked) * channels).sqrt()
        self.mean.copy_(mean)
        self.basis.copy_(axes[:count].T @ rotation / size.clamp_min(1e-12))


def _bands(values: Tensor, begins: Sequence[float]) -> list[Tensor]:
    """Where ``values`` lie in each of the bands that begin there; the last one has no end."""
    return [(values >= low) & (values < high) for low, high in itertools.pairwise([*begins, torch.inf])]


def edge_strength(volume: Tensor) -> Tensor:
    """Length of the central difference, grey per two voxels, of volumes (B, 1, X, Y, Z)."""
    padded = F.pad(volume, (1, 1, 1, 1, 1, 1))
    inner = (slice(None), slice(None))
    squares = torch.zeros_like(volume)
    for axis in (2, 3, 4):
        ahead, behind = ([*inner, *(slice(1, -1),) * 3] for _ in range(2))
        ahead[axis], behind[axis] = slice(2, None), slice(None, -2)
        squares += (padded[tuple(ahead)] - padded[tuple(behind)]).square()
    return squares.sqrt()

"""The patch discriminator of the published first stage: a volume (B, 1, X, Y, Z) to logits, one a patch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class DiscriminatorConfig:
    num_channels: int = 64
    num_layers: int = 3
    kernel_size: int = 4


class _Layer(nn.Module):
    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, normalised: bool) -> None:
        super().__init__()
        self.conv = nn.Conv3d(c_in, c_out, kernel, stride, (kernel - 1) // 2, bias=not normalised)
        if normalised:
            self.adn = nn.Sequential()
            self.adn.add_module("N", nn.BatchNorm3d(c_out, eps=1e-5))
        self.normalised = normalised

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        out: Tensor = self.adn(x) if self.normalised else x
        return out


class Discriminator(nn.Module):
    """The numbered layers double their width; all but the last of them halve the grid."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        width, kernel = config.num_channels, config.kernel_size
        self.names = ["initial_conv"]
        self.initial_conv = _Layer(1, width, kernel, 2, normalised=False)
        for index in range(config.num_layers):
            stride = 1 if index == config.num_layers - 1 else 2
            self.add_module(str(index), _Layer(width, 2 * width, kernel, stride, normalised=True))
            self.names.append(str(index))
            width *= 2
        self.final_conv = _Layer(width, 1, kernel, 1, normalised=False)

    def forward(self, x: Tensor) -> Tensor:
        for name in self.names:
            x = F.leaky_relu(cast(_Layer, self.get_submodule(name))(x), 0.2)
        out: Tensor = self.final_conv(x)
        return out

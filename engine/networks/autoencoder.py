"""KL autoencoder: a volume (B, 1, X, Y, Z) to the mean and deviation of a latent (B, C, x, y, z), and back.

The published layout (LDAE specification 1.1) with four additions, all off in the published configuration:
  patch_size       a stem that folds p³ voxels into channels before the first convolution, unfolded after the last
  end_in_relu      a final ReLU, which lets a network end in the exact zero of a stripped background
  local_norm       every voxel is normalised over its channels instead of groups of channels over all voxels, so that a
                   crop or a slab comes out as it does in the whole volume
  linear_shortcut  a linear codec beside the network: each latent voxel starts as the lowest cosine frequencies of its
                   block of voxels, and the network learns what they leave out
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.networks.patches import fold_patches, unfold_patches


@dataclass(frozen=True)
class AutoencoderConfig:
    """``num_res_blocks``: residual blocks a level, one number or one per level in encoder order."""

    num_channels: tuple[int, ...] = (64, 128, 128, 128)
    latent_channels: int = 3
    num_res_blocks: int | tuple[int, ...] = 2
    norm_num_groups: int = 32
    norm_eps: float = 1e-6
    in_channels: int = 1
    out_channels: int = 1
    patch_size: int = 1
    end_in_relu: bool = False
    local_norm: bool = False
    linear_shortcut: bool = False

    @property
    def blocks_by_level(self) -> tuple[int, ...]:
        if isinstance(self.num_res_blocks, int):
            return (self.num_res_blocks,) * len(self.num_channels)
        return tuple(self.num_res_blocks)

    @property
    def reduction(self) -> int:
        """Voxels along an axis that become one latent voxel."""
        return int(self.patch_size * 2 ** (len(self.num_channels) - 1))


class Convolution(nn.Module):
    """A convolution under the name ``conv``, as the published files have it."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int = 1, padding: int | None = None) -> None:
        super().__init__()
        self.conv = nn.Conv3d(c_in, c_out, kernel, stride, kernel // 2 if padding is None else padding)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return out


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (B, C, X, Y, Z)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 4, 1)).permute(0, 4, 1, 2, 3)


def _norm(channels: int, config: AutoencoderConfig) -> nn.Module:
    if config.local_norm:
        return ChannelNorm(channels, config.norm_eps)
    return nn.GroupNorm(config.norm_num_groups, channels, config.norm_eps)


class ResidualBlock(nn.Module):
    def __init__(self, c_in: int, c_out: int, config: AutoencoderConfig) -> None:
        super().__init__()
        self.norm1 = _norm(c_in, config)
        self.conv1 = Convolution(c_in, c_out, 3)
        self.norm2 = _norm(c_out, config)
        self.conv2 = Convolution(c_out, c_out, 3)
        self.nin_shortcut = Convolution(c_in, c_out, 1) if c_in != c_out else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        out: Tensor = self.nin_shortcut(x) + h
        return out


class Downsample(nn.Module):
    """Halves every axis; the one voxel of padding lies at the high end only."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Convolution(channels, channels, 3, stride=2, padding=0)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.pad(x, (0, 1, 0, 1, 0, 1)))
        return out


class Upsample(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Convolution(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return out

    def folded(self) -> nn.ConvTranspose3d:
        """The same map in one: 8 products a voxel and pair of channels in place of 27.

        The two voxels that doubling makes of one are equal, so the three taps that meet them along an axis fall on two
        voxels of the coarse grid, and the weights of those that fall together are added.
        """
        conv = self.conv.conv
        weight = conv.weight.detach().float()
        for axis in (2, 3, 4):
            taps, none = weight.flip(axis), torch.zeros_like(weight.narrow(axis, 0, 1))
            weight = torch.cat([taps, none], axis) + torch.cat([none, taps], axis)
        one = nn.ConvTranspose3d(conv.in_channels, conv.out_channels, 4, stride=2, padding=1, device="meta")
        one.weight = nn.Parameter(weight.transpose(0, 1).contiguous())
        one.bias = conv.bias
        return one


class Blocks(nn.Module):
    def __init__(self, blocks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x


def _encoder(config: AutoencoderConfig) -> Blocks:
    width = config.num_channels[0]
    blocks: list[nn.Module] = [Convolution(config.in_channels * config.patch_size**3, width, 3)]
    for level, channels in enumerate(config.num_channels):
        for _ in range(config.blocks_by_level[level]):
            blocks.append(ResidualBlock(width, channels, config))
            width = channels
        if level < len(config.num_channels) - 1:
            blocks.append(Downsample(width))
    blocks.append(_norm(width, config))
    blocks.append(Convolution(width, config.latent_channels, 3))
    return Blocks(blocks)


def _decoder(config: AutoencoderConfig) -> Blocks:
    levels = tuple(reversed(config.num_channels))
    width = levels[0]
    blocks: list[nn.Module] = [Convolution(config.latent_channels, width, 3)]
    for level, channels in enumerate(levels):
        for _ in range(config.blocks_by_level[::-1][level]):
            blocks.append(ResidualBlock(width, channels, config))
            width = channels
        if level < len(levels) - 1:
            blocks.append(Upsample(width))
    blocks.append(_norm(width, config))
    blocks.append(Convolution(width, config.out_channels * config.patch_size**3, 3))
    return Blocks(blocks)


def cosine_basis(size: int, count: int) -> Tensor:
    """The ``count`` lowest orthonormal cosines (DCT-II) of a cube of ``size``: (count, 1, size, size, size)."""
    frequency = torch.arange(size, dtype=torch.float64)
    rows = torch.cos(math.pi * frequency[:, None] * (frequency + 0.5) / size) * math.sqrt(2 / size)
    rows[0] /= math.sqrt(2)
    lowest = sorted(itertools.product(range(size), repeat=3), key=lambda f: (sum(n * n for n in f), f))[:count]
    cubes = [rows[i][:, None, None] * rows[j][:, None] * rows[k] for i, j, k in lowest]
    return torch.stack(cubes)[:, None].float()


class Autoencoder(nn.Module):
    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        latent = config.latent_channels
        self.encoder = _encoder(config)
        self.decoder = _decoder(config)
        self.quant_conv_mu = Convolution(latent, latent, 1)
        self.quant_conv_log_sigma = Convolution(latent, latent, 1)
        self.post_quant_conv = Convolution(latent, latent, 1)
        if config.linear_shortcut:
            self._add_shortcut(config)

    def _add_shortcut(self, config: AutoencoderConfig) -> None:
        """Both ways start as a projection on cosines; the branches beside them start at zero."""
        size, latent = config.reduction, config.latent_channels
        basis = cosine_basis(size, latent)
        self.shortcut_in = nn.Conv3d(1, latent, size, size, bias=False)
        self.shortcut_out = nn.ConvTranspose3d(latent, 1, size, size, bias=False)
        # The mean of a block of brain becomes about one, as large as the first latents that a network makes.
        scale = size**1.5 / 2
        with torch.no_grad():
            self.shortcut_in.weight.copy_(basis / scale)
            self.shortcut_out.weight.copy_(basis * scale)
            for last in (self.encoder.blocks[-1], self.decoder.blocks[-1], self.quant_conv_mu):
                for parameter in last.parameters():
                    parameter.zero_()
            torch.nn.init.dirac_(self.quant_conv_mu.conv.weight)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the latent, each (B, C, x, y, z)."""
        h = self.encoder(fold_patches(x, self.config.patch_size))
        log_variance = torch.clamp(self.quant_conv_log_sigma(h), -30.0, 20.0)
        mean = self.quant_conv_mu(h)
        if self.config.linear_shortcut:
            mean = mean + self.shortcut_in(x)
        return mean, torch.exp(log_variance / 2)

    def fold_upsampling(self) -> None:
        """From now on decode faster where a transposed convolution is fast; the weights lose their published names."""
        for index, block in enumerate(self.decoder.blocks):
            if isinstance(block, Upsample):
                self.decoder.blocks[index] = block.folded()

    def decode(self, z: Tensor) -> Tensor:
        """The volume (B, 1, X, Y, Z) of a latent (B, C, x, y, z)."""
        out = unfold_patches(self.decoder(self.post_quant_conv(z)), self.config.patch_size)
        if self.config.linear_shortcut:
            out = out + self.shortcut_out(z)
        return F.relu(out) if self.config.end_in_relu else out

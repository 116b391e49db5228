"""Denoiser and gradient estimator: UNets over latents (B, C, x, y, z).

The published layout (LDAE specification 1.2 and 1.3) with two additions, both off in the published configuration:
``patch_size`` folds p³ latent voxels into channels, and ``resample_axes`` 3 halves all three axes instead of the last
two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.networks.patches import fold_patches, unfold_patches

NORM_GROUPS = 32

Layer = TypeVar("Layer", bound=nn.Module)


@dataclass(frozen=True)
class DenoiserConfig:
    """``attention_resolutions`` are reduction factors, not sizes; ``head_channel`` −1: ``num_heads`` everywhere.

    ``output``: what the two branches stand for, noise and gradient as published, or velocities whose sum is the guided
    one (``engine.diffusion.guidance`` turns them into noise).
    """

    input_channel: int = 3
    base_channel: int = 256
    channel_multiplier: tuple[int, ...] = (1, 2, 3)
    num_residual_blocks_of_a_block: int = 2
    attention_resolutions: tuple[int, ...] = (2, 4)
    num_heads: int = 1
    head_channel: int = -1
    dropout: float = 0.1
    semantic_channels: int = 768
    resample_axes: int = 2
    patch_size: int = 1
    output: Literal["noise", "velocity"] = "noise"

    def heads(self, channels: int) -> int:
        return self.num_heads if self.head_channel == -1 else channels // self.head_channel


def timestep_embedding(timesteps: Tensor, channels: int) -> Tensor:
    """Sinusoids (B, channels) of original step numbers (B,): cosines first, frequencies 10000^(−i/half)."""
    half = channels // 2
    exponent = torch.arange(half, dtype=torch.float32, device=timesteps.device) / half
    angles = timesteps.float()[:, None] * torch.exp(-math.log(10000) * exponent)
    return torch.cat([torch.cos(angles), torch.sin(angles)], dim=1)


def _halve(x: Tensor, axes: int) -> Tensor:
    """Mean over pairs along the last ``axes`` axes. Written out because avg_pool3d has no bf16 kernel on the CPU."""
    for axis in range(5 - axes, 5):
        pairs = x.reshape(*x.shape[:axis], -1, 2, *x.shape[axis + 1 :])
        x = (pairs.select(axis + 1, 0) + pairs.select(axis + 1, 1)) / 2
    return x


def _double(x: Tensor, axes: int) -> Tensor:
    return F.interpolate(x, scale_factor=(1.0 if axes == 2 else 2.0, 2.0, 2.0), mode="nearest")


class ResidualBlock(nn.Module):
    """A residual block modulated by the time embedding and, where ``shifted``, by the semantic code as well.

    ``resample`` −1 halves, +1 doubles the grid, between the first normalisation and the first convolution.
    """

    def __init__(self, c_in: int, c_out: int, config: DenoiserConfig, resample: int = 0, shifted: bool = False) -> None:
        super().__init__()
        embedding = 4 * config.base_channel
        self.resample, self.axes = resample, config.resample_axes
        self.in_layers = nn.Sequential(nn.GroupNorm(NORM_GROUPS, c_in), nn.SiLU(), nn.Conv3d(c_in, c_out, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding, 2 * c_out))
        if shifted:
            self.emb_z_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding, 2 * c_out))
        self.shifted = shifted
        self.out_layers = nn.Sequential(
            nn.GroupNorm(NORM_GROUPS, c_out),
            nn.SiLU(),
            nn.Dropout(config.dropout),
            zero_initialised(nn.Conv3d(c_out, c_out, 3, padding=1)),
        )
        self.skip_connection = nn.Conv3d(c_in, c_out, 1) if c_in != c_out else nn.Identity()

    def _resampled(self, x: Tensor) -> Tensor:
        if self.resample < 0:
            return _halve(x, self.axes)
        return _double(x, self.axes) if self.resample > 0 else x

    def forward(self, x: Tensor, time: Tensor, semantic: Tensor | None = None) -> Tensor:
        """``x`` (B, c_in, x, y, z); ``time`` and ``semantic`` are embeddings (B, 4·base_channel)."""
        h = F.silu(self.in_layers[0](x))
        h = self.in_layers[2](self._resampled(h))
        scale, shift = self.emb_layers(time)[:, :, None, None, None].chunk(2, dim=1)
        h = self.out_layers[0](h) * (1 + scale) + shift
        if self.shifted:
            scale, shift = self.emb_z_layers(semantic)[:, :, None, None, None].chunk(2, dim=1)
            h = (1 + scale) * h + shift
        out: Tensor = self.skip_connection(self._resampled(x)) + self.out_layers[1:](h)
        return out


class Attention(nn.Module):
    """Self-attention over all latent voxels; channels are laid out [head][q | k | v]."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(NORM_GROUPS, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = zero_initialised(nn.Conv1d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        # Tokens (B, N, C) are how channels-last volumes lie already, and what fused attention asks for.
        tokens = self.norm(x).flatten(2).transpose(1, 2)
        qkv = F.linear(tokens, self.qkv.weight[:, :, 0], self.qkv.bias)
        q, k, v = qkv.reshape(*qkv.shape[:2], self.heads, -1).transpose(1, 2).chunk(3, dim=3)
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        out = F.linear(attended, self.proj_out.weight[:, :, 0], self.proj_out.bias)
        return x + out.transpose(1, 2).reshape(x.shape)


def zero_initialised(layer: Layer) -> Layer:
    """``layer`` with every parameter 0, so that a fresh block starts as the identity."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


class Step(nn.Sequential):
    """The modules of one numbered block: residual blocks take the embeddings, the others do not."""

    def forward(self, x: Tensor, time: Tensor, semantic: Tensor | None = None) -> Tensor:  # type: ignore[override]
        for module in self:
            x = module(x, time, semantic) if isinstance(module, ResidualBlock) else module(x)
        return x


def _output_head(channels: int, config: DenoiserConfig) -> nn.Sequential:
    last = nn.Conv3d(channels, config.input_channel * config.patch_size**3, 3, padding=1)
    return nn.Sequential(nn.GroupNorm(NORM_GROUPS, channels), nn.SiLU(), zero_initialised(last))


def _upper_half(config: DenoiserConfig, skips: list[int], shifted: bool) -> tuple[Step, nn.ModuleList, nn.Sequential]:
    """Middle block, output blocks and output head over skips of the given widths."""
    levels = [m * config.base_channel for m in config.channel_multiplier]
    width = levels[-1]
    middle = Step(
        ResidualBlock(width, width, config, shifted=shifted),
        Attention(width, config.heads(width)),
        ResidualBlock(width, width, config, shifted=shifted),
    )
    outputs = nn.ModuleList()
    waiting = list(skips)
    for level in reversed(range(len(levels))):
        for index in range(config.num_residual_blocks_of_a_block + 1):
            step = Step(ResidualBlock(width + waiting.pop(), levels[level], config, shifted=shifted))
            width = levels[level]
            if 2**level in config.attention_resolutions:
                step.append(Attention(width, config.heads(width)))
            if level > 0 and index == config.num_residual_blocks_of_a_block:
                step.append(ResidualBlock(width, width, config, resample=+1, shifted=shifted))
            outputs.append(step)
    return middle, outputs, _output_head(width, config)


class Denoiser(nn.Module):
    """Noise prediction without guidance."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        embedding = 4 * config.base_channel
        self.time_embed = nn.Sequential(
            nn.Linear(config.base_channel, embedding), nn.SiLU(), nn.Linear(embedding, embedding)
        )
        levels = [m * config.base_channel for m in config.channel_multiplier]
        width = levels[0]
        first = nn.Conv3d(config.input_channel * config.patch_size**3, width, 3, padding=1)
        self.input_blocks = nn.ModuleList([Step(first)])
        self.skips = [width]
        for level, channels in enumerate(levels):
            for _ in range(config.num_residual_blocks_of_a_block):
                step = Step(ResidualBlock(width, channels, config))
                width = channels
                if 2**level in config.attention_resolutions:
                    step.append(Attention(width, config.heads(width)))
                self.input_blocks.append(step)
                self.skips.append(width)
            if level < len(levels) - 1:
                self.input_blocks.append(Step(ResidualBlock(width, width, config, resample=-1)))
                self.skips.append(width)
        self.middle_block, self.output_blocks, self.out = _upper_half(config, self.skips, shifted=False)

    def _time(self, timesteps: Tensor, like: Tensor) -> Tensor:
        out: Tensor = self.time_embed(timestep_embedding(timesteps, self.config.base_channel).to(like.dtype))
        return out

    def _descend(self, x: Tensor, time: Tensor) -> tuple[Tensor, list[Tensor]]:
        h = fold_patches(x, self.config.patch_size)
        skips = []
        for step in self.input_blocks:
            h = step(h, time)
            skips.append(h)
        return h, skips

    def _noise(self, h: Tensor, skips: list[Tensor], time: Tensor) -> Tensor:
        h = self.middle_block(h, time)
        for step, skip in zip(self.output_blocks, reversed(skips), strict=True):
            h = step(torch.cat([h, skip], dim=1), time)
        return unfold_patches(self.out(h), self.config.patch_size)

    def forward(self, x: Tensor, timesteps: Tensor) -> Tensor:
        """Predicted noise (B, C, x, y, z) in ``x`` at original timesteps (B,)."""
        time = self._time(timesteps, x)
        h, skips = self._descend(x, time)
        return self._noise(h, skips, time)


class GuidedDenoiser(Denoiser):
    """Noise prediction, and the gradient that a semantic code (B, semantic_channels) adds to it."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__(config)
        self.label_emb = nn.Linear(config.semantic_channels, 4 * config.base_channel)
        self.shift_middle_block, self.shift_output_blocks, self.shift_out = _upper_half(
            config, self.skips, shifted=True
        )

    def shift_parameters(self) -> list[nn.Parameter]:
        """What representation learning trains; the rest stays as pretrained."""
        modules = (self.label_emb, self.shift_middle_block, self.shift_output_blocks, self.shift_out)
        return [p for module in modules for p in module.parameters()]

    def forward(self, x: Tensor, timesteps: Tensor, semantic: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """(noise, gradient), each (B, C, x, y, z)."""
        time = self._time(timesteps, x)
        bottom, skips = self._descend(x, time)
        code = self.label_emb(semantic)
        h = bottom
        if torch.is_grad_enabled() and not h.requires_grad:
            # torch 2.13 crashes in GroupNorm's channels-last backward when its input needs no gradient.
            h = h.detach().requires_grad_()
        h = self.shift_middle_block(h, time, code)
        for step, skip in zip(self.shift_output_blocks, reversed(skips), strict=True):
            h = step(torch.cat([h, skip], dim=1), time, code)
        gradient = unfold_patches(self.shift_out(h), self.config.patch_size)
        return self._noise(bottom, skips, time), gradient

"""Semantic encoder: a volume, slice by slice through a ConvNeXt, attention over the slices, to one code (B, E).

The published layout (LDAE specification 1.4); the backbone is a ConvNeXt in torchvision's key layout. The published
files hold the backbone twice under two names; here it exists once, as ``backbone``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class EncoderConfig:
    """``stages``: (width, blocks) of the ConvNeXt; ``seq_len``: rows of the position table, no fewer than slices."""

    stages: tuple[tuple[int, int], ...] = ((96, 3), (192, 3), (384, 27), (768, 3))
    emb_chans: int = 768
    num_heads: int = 8
    attn_dropout: float = 0.1
    seq_len: int = 128
    stochastic_depth: float = 0.4
    layer_scale: float = 1e-6
    in_channels: int = 1


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (N, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Permute(nn.Module):
    def __init__(self, *order: int) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.order)


class ConvNeXtBlock(nn.Module):
    """Liu et al. 2022: depthwise 7×7, LayerNorm, expansion by four with GELU, layer scale, stochastic depth."""

    def __init__(self, width: int, drop: float, scale: float) -> None:
        super().__init__()
        self.drop = drop
        self.layer_scale = nn.Parameter(torch.full((width, 1, 1), scale))
        self.block = nn.Sequential(
            nn.Conv2d(width, width, 7, padding=3, groups=width),
            Permute(0, 2, 3, 1),
            nn.LayerNorm(width, 1e-6),
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Linear(4 * width, width),
            Permute(0, 3, 1, 2),
        )

    def forward(self, x: Tensor) -> Tensor:
        branch = self.layer_scale * self.block(x)
        if self.training and self.drop > 0:
            keep = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.drop
            branch = branch * keep.to(branch.dtype) / (1 - self.drop)
        out: Tensor = x + branch
        return out


class ConvNeXt(nn.Module):
    """Slices (N, 1, H, W) to features (N, width of the last stage)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        widths = [width for width, _ in config.stages]
        total = sum(blocks for _, blocks in config.stages)
        stem = nn.Sequential(nn.Conv2d(config.in_channels, widths[0], 4, 4), ChannelNorm(widths[0], 1e-6))
        features: list[nn.Module] = [stem]
        done = 0
        for stage, (width, blocks) in enumerate(config.stages):
            if stage > 0:
                before = widths[stage - 1]
                features.append(nn.Sequential(ChannelNorm(before, 1e-6), nn.Conv2d(before, width, 2, 2)))
            drops = [config.stochastic_depth * (done + i) / max(total - 1, 1) for i in range(blocks)]
            features.append(nn.Sequential(*(ConvNeXtBlock(width, drop, config.layer_scale) for drop in drops)))
            done += blocks
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(ChannelNorm(widths[-1], 1e-6))
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.features(x).mean((2, 3), keepdim=True)
        out: Tensor = self.classifier(pooled).flatten(1)
        return out


class Backbone(nn.Module):
    """Only a name: the published files call it ``backbone.backbone``."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.backbone = ConvNeXt(config)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.backbone(x)
        return out


def position_table(length: int, channels: int) -> Tensor:
    """(1, length, channels): sines in even channels, cosines in odd ones."""
    position = torch.arange(length, dtype=torch.float32)[:, None]
    frequency = torch.exp(torch.arange(0, channels, 2, dtype=torch.float32) * (-math.log(10000.0) / channels))
    table = torch.zeros(1, length, channels)
    table[0, :, 0::2] = torch.sin(position * frequency)
    table[0, :, 1::2] = torch.cos(position * frequency)
    return table


class Positions(nn.Module):
    pe: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.dropout = nn.Dropout(config.attn_dropout)
        self.register_buffer("pe", position_table(config.seq_len, config.emb_chans))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.dropout(x + self.pe[:, : x.shape[1]])
        return out


class SoftAttention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, 1)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Pooled (B, E) and the weights (B, S, 1) of slice features (B, S, E)."""
        weights = F.softmax(self.linear(features), dim=1)
        return (features * weights).sum(1), weights


class SemanticEncoder(nn.Module):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.emb_chans
        if config.stages[-1][0] != channels:
            raise ValueError(f"the last ConvNeXt stage is {config.stages[-1][0]} wide, the code {channels}")
        self.backbone = Backbone(config)
        self.positional_encoding = Positions(config)
        self.soft_attention = SoftAttention(channels)
        self.query_projection = nn.Linear(channels, channels)
        self.key_projection = nn.Linear(channels, channels)
        self.value_projection = nn.Linear(channels, channels)
        self.cross_attention = nn.MultiheadAttention(
            channels, config.num_heads, dropout=config.attn_dropout, batch_first=True
        )
        self.layer_norm_after_attention = nn.LayerNorm(channels)

    def slice_features(self, slices: Tensor) -> Tensor:
        """Features (B, S, E) of slices (B, 1, S, H, W), before positions."""
        b, c, s, h, w = slices.shape
        flat = slices.transpose(1, 2).reshape(b * s, c, h, w)
        features: Tensor = self.backbone(flat)
        return features.reshape(b, s, -1)

    def attend(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Attention output (B, 1, E) and head-averaged weights of features with positions (B, S, E)."""
        pooled, _ = self.soft_attention(features)
        query = self.query_projection(pooled)[:, None]
        out: tuple[Tensor, Tensor] = self.cross_attention(
            query, self.key_projection(features), self.value_projection(features)
        )
        return out

    def look(self, volume: Tensor) -> Tensor:
        """What of a volume never changes while the encoder learns, and is kept in training: here the volume itself."""
        return volume

    def code(self, looked: Tensor) -> Tensor:
        """Codes (B, E) of what was looked at."""
        code: Tensor = self(looked)
        return code

    def forward(self, volume: Tensor) -> Tensor:
        """Codes (B, E) of volumes (B, 1, X, Y, Z) in [0, 1]; slices are taken along Z."""
        attended, _ = self.attend(self.positional_encoding(self.slice_features(volume.permute(0, 1, 4, 2, 3))))
        out: Tensor = self.layer_norm_after_attention(attended[:, 0])
        return out

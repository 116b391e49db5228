"""A start for the semantic encoder: it learns to name the principal components of the latents.

From scratch, the gradient estimator finds a fresh encoder's codes of no use and teaches it to say the same of everyone,
which ends all learning. Components need no labels, and the encoder keeps naming them while both learn on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from engine.networks.encoder import EncoderConfig, SemanticEncoder
from engine.training.config import StageConfig
from engine.training.latents import Scale
from engine.training.stages import Stage

COUNT = 24
"""At most so many, and no more than half as many as there are latents."""


class Components(nn.Module):
    """``forward`` reads standardised scores (B, K) in codes (B, E), ``scores`` has them from scaled latents."""

    mean: Tensor
    basis: Tensor

    def __init__(self, latents: Tensor, channels: int) -> None:
        """``latents`` (N, C, x, y, z) are scaled."""
        super().__init__()
        flat = latents.flatten(1)
        mean = flat.mean(0)
        count = min(COUNT, len(flat) // 2)
        torch.manual_seed(0)
        _, spread, basis = torch.pca_lowrank(flat - mean, count, center=False, niter=4)
        self.register_buffer("mean", mean)
        self.register_buffer("basis", basis / (spread / len(flat) ** 0.5))
        self.head = nn.Linear(channels, count)

    def scores(self, latents: Tensor) -> Tensor:
        out: Tensor = (latents.flatten(1) - self.mean) @ self.basis
        return out

    def forward(self, semantic: Tensor) -> Tensor:
        out: Tensor = self.head(semantic)
        return out

    def loss(self, semantic: Tensor, latents: Tensor) -> Tensor:
        """Mean squared error of the scores read, in standard deviations²."""
        with torch.autocast(semantic.device.type, enabled=False):
            error: Tensor = self(semantic.float()) - self.scores(latents.float())
            return error.square().mean()


class Scans(Dataset[tuple[Tensor, Tensor]]):
    """(image, scaled latent) of one round; a draw depends on ``seed`` and its index alone."""

    def __init__(self, tensors: dict[str, Tensor], scale: Scale, count: int, seed: tuple[int, ...]) -> None:
        self._tensors, self._count, self._seed = tensors, count, seed
        self._scale = torch.tensor(scale).reshape(-1, 1, 1, 1)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        chosen = int(np.random.default_rng((*self._seed, index)).integers(len(self._tensors["latents"])))
        return self._tensors["images"][chosen][None].float(), self._tensors["latents"][chosen] * self._scale


class ComponentsStage(Stage):
    def __init__(self, config: EncoderConfig, components: Components, stage: StageConfig) -> None:
        super().__init__(stage)
        self.encoder = SemanticEncoder(config)
        self.components = components

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Any:
        loss = self.components.loss(self.encoder(batch[0]), batch[1])
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        self.log("val_loss", self.components.loss(self.encoder(batch[0]), batch[1]), batch_size=len(batch[0]))

"""A start for the semantic encoder: it learns to name the principal components of what brains are made of.

From scratch, the gradient estimator finds a fresh encoder's codes of no use and teaches it to say the same of everyone,
which ends all learning. Components need no labels, and the encoder keeps naming them while both learn on. Those of the
composition of blocks (``composition``) hold what ageing does to people never seen; those of latents, which are fine
enough to tell one fold from the next, do not (docs/decisions/0014).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from engine.networks.encoder import EncoderConfig, SemanticEncoder
from engine.training.config import StageConfig
from engine.training.stages import Stage

COUNT = 32
"""At most so many, and no more than half as many as there are scans."""


class Components(nn.Module):
    """``forward`` reads standardised scores (B, K) in codes (B, E), ``scores`` has them from compositions (B, F)."""

    mean: Tensor
    basis: Tensor

    def __init__(self, compositions: Tensor, channels: int) -> None:
        """``compositions`` (N, F) of the scans to learn from."""
        super().__init__()
        mean = compositions.mean(0)
        count = min(COUNT, len(compositions) // 2, compositions.shape[1])
        torch.manual_seed(0)
        _, spread, basis = torch.pca_lowrank(compositions - mean, count, center=False, niter=4)
        self.register_buffer("mean", mean)
        self.register_buffer("basis", basis / (spread / len(compositions) ** 0.5))
        self.head = nn.Linear(channels, count)

    def scores(self, compositions: Tensor) -> Tensor:
        out: Tensor = (compositions - self.mean) @ self.basis
        return out

    def forward(self, semantic: Tensor) -> Tensor:
        out: Tensor = self.head(semantic)
        return out

    def loss(self, semantic: Tensor, compositions: Tensor) -> Tensor:
        """Mean squared error of the scores read, in standard deviations²."""
        with torch.autocast(semantic.device.type, enabled=False):
            error: Tensor = self(semantic.float()) - self.scores(compositions.float())
            return error.square().mean()


class Scans(Dataset[tuple[Tensor, Tensor]]):
    """(image, composition) of one round; a draw depends on ``seed`` and its index alone."""

    def __init__(self, tensors: dict[str, Tensor], count: int, seed: tuple[int, ...]) -> None:
        self._tensors, self._count, self._seed = tensors, count, seed

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        chosen = int(np.random.default_rng((*self._seed, index)).integers(len(self._tensors["images"])))
        return self._tensors["images"][chosen][None].float(), self._tensors["compositions"][chosen]


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

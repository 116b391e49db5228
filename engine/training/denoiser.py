"""Stage 2: the denoiser learns to predict the noise in latents, without any code."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.diffusion.losses import denoising_loss, noised, velocity
from engine.diffusion.schedule import Schedule
from engine.networks.denoiser import Denoiser, DenoiserConfig
from engine.training.config import StageConfig
from engine.training.stages import Stage

Draw = tuple[Tensor, Tensor, Tensor, Tensor]


def unrolled(draw: Draw) -> tuple[Tensor, Tensor, Tensor]:
    """Latents, noise and timesteps of a batch with its draws as one axis (B·draws, …)."""
    _, z, noise, t = draw
    return z.repeat_interleave(t.shape[1], 0), noise.flatten(0, 1), t.flatten()


class DenoiserStage(Stage):
    def __init__(self, config: DenoiserConfig, schedule: Schedule, stage: StageConfig) -> None:
        super().__init__(stage)
        self.schedule = schedule
        self.denoiser = Denoiser(config).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def _loss(self, draw: Draw) -> Tensor:
        z, noise, t = unrolled(draw)
        predicted = self.denoiser(noised(self.schedule, z, t, noise), t).float()
        velocities = self.denoiser.config.output == "velocity"
        return denoising_loss(velocity(self.schedule, z, t, noise) if velocities else noise, predicted)

    def training_step(self, draw: Draw, _: int) -> Tensor:
        loss = self._loss(draw)
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, draw: Draw, _: int) -> None:
        self.log("val_loss", self._loss(draw), batch_size=len(draw[3]))

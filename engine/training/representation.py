"""Stage 3: the semantic encoder and the gradient estimator learn together; the denoiser below them stays as it was."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from engine.diffusion.losses import clean_loss, noised, representation_loss, velocity
from engine.diffusion.schedule import Schedule
from engine.networks.denoiser import Denoiser, DenoiserConfig, GuidedDenoiser
from engine.networks.encoders import AnyEncoder
from engine.networks.tissue import TissueEncoder
from engine.training.config import StageConfig
from engine.training.denoiser import Draw, unrolled
from engine.training.stages import Stage

TISSUE_SHARE = 0.05
"""Of the learning rate, for an encoder that can tell people apart already: its codes should move no faster than they
can be followed."""


def guided_from(denoiser: Denoiser, config: DenoiserConfig) -> GuidedDenoiser:
    """A guided denoiser over a pretrained one.

    The gradient branch starts from the noise branch's weights, all but its last layer, which starts at zero: it mirrors
    that branch layer by layer, and a short training cannot afford to learn the latents' anatomy a second time.
    """
    guided = GuidedDenoiser(config)
    own = guided.state_dict()
    pretrained = denoiser.state_dict()
    for name in own:
        source = name.removeprefix("shift_")
        if source in pretrained and not name.startswith("shift_out."):
            own[name] = pretrained[source].clone()
    guided.load_state_dict(own)
    return guided


class RepresentationStage(Stage):
    def __init__(
        self,
        encoder: AnyEncoder,
        denoiser: DenoiserConfig,
        pretrained: Denoiser,
        schedule: Schedule,
        stage: StageConfig,
    ) -> None:
        super().__init__(stage)
        self.schedule = schedule
        self.encoder = encoder
        guided = guided_from(pretrained, denoiser).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        guided.requires_grad_(False)
        for parameter in guided.shift_parameters():
            parameter.requires_grad_(True)
        self.denoiser: GuidedDenoiser = guided

    def trained(self) -> dict[float, list[nn.Parameter]]:
        share = TISSUE_SHARE if isinstance(self.encoder, TissueEncoder) else 1.0
        encoder = list(self.encoder.parameters())
        if share == 1.0:
            return {1.0: [*self.denoiser.shift_parameters(), *encoder]}
        return {1.0: self.denoiser.shift_parameters(), share: encoder}

    def train(self, mode: bool = True) -> RepresentationStage:
        """The frozen half never uses dropout."""
        super().train(mode)
        frozen: tuple[nn.Module, ...] = (
            self.denoiser.time_embed,
            self.denoiser.input_blocks,
            self.denoiser.middle_block,
            self.denoiser.output_blocks,
            self.denoiser.out,
        )
        for module in frozen:
            module.eval()
        return self

    def _loss(self, draw: Draw) -> Tensor:
        z, noise, t = unrolled(draw)
        semantic = self.encoder.code(draw[0]).repeat_interleave(draw[3].shape[1], 0)
        predicted, gradient = self.denoiser(noised(self.schedule, z, t, noise), t, semantic)
        if self.denoiser.config.output == "velocity":
            target = velocity(self.schedule, z, t, noise)
            return clean_loss(self.schedule, t, target, predicted.float() + gradient.float())
        return representation_loss(self.schedule, t, noise, predicted.float(), gradient.float())

    def training_step(self, draw: Draw, _: int) -> Any:
        loss = self._loss(draw)
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, draw: Draw, _: int) -> None:
        self.log("val_loss", self._loss(draw), batch_size=len(draw[3]))

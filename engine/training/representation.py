"""Stage 3: the semantic encoder and the gradient estimator learn together; the denoiser below them stays as it was."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from engine.diffusion.losses import clean_loss, noised, representation_loss, velocity
from engine.diffusion.schedule import Schedule
from engine.networks.denoiser import Denoiser, DenoiserConfig, GuidedDenoiser
from engine.networks.encoder import EncoderConfig, SemanticEncoder
from engine.training.components import ComponentsStage
from engine.training.config import StageConfig
from engine.training.denoiser import Draw, unrolled
from engine.training.stages import Stage

ENCODER_SHARE = 0.05
"""Of the learning rate, for an encoder that has started: its codes should move no faster than they can be followed."""

NAMING = 0.02
"""Weight of naming the components, in standard deviations², beside the error of the clean latent."""


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
        encoder: EncoderConfig,
        denoiser: DenoiserConfig,
        pretrained: Denoiser,
        schedule: Schedule,
        stage: StageConfig,
        started: ComponentsStage | None = None,
    ) -> None:
        """``started``: an encoder that can name the latents' components already, and goes on doing so."""
        super().__init__(stage)
        self.schedule = schedule
        self.encoder = started.encoder if started else SemanticEncoder(encoder)
        self.components = started.components if started else None
        guided = guided_from(pretrained, denoiser).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        guided.requires_grad_(False)
        for parameter in guided.shift_parameters():
            parameter.requires_grad_(True)
        self.denoiser: GuidedDenoiser = guided

    def trained(self) -> dict[float, list[nn.Parameter]]:
        shared = super().trained()[1.0]
        if self.components is None:
            return {1.0: shared}
        encoder = {id(p) for p in self.encoder.parameters()}
        return {
            1.0: [p for p in shared if id(p) not in encoder],
            ENCODER_SHARE: [p for p in shared if id(p) in encoder],
        }

    def train(self, mode: bool = True) -> RepresentationStage:
        """The frozen half never uses dropout, and a started encoder keeps the means over people it started with."""
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
        if self.components is not None:
            self.encoder.layer_norm_after_attention.eval()
        return self

    def _loss(self, draw: Draw) -> Tensor:
        z, noise, t = unrolled(draw)
        code = self.encoder(draw[0])
        semantic = code.repeat_interleave(draw[3].shape[1], 0)
        predicted, gradient = self.denoiser(noised(self.schedule, z, t, noise), t, semantic)
        if self.denoiser.config.output == "velocity":
            target = velocity(self.schedule, z, t, noise)
            loss = clean_loss(self.schedule, t, target, predicted.float() + gradient.float())
        else:
            loss = representation_loss(self.schedule, t, noise, predicted.float(), gradient.float())
        if self.components is None:
            return loss
        named = self.components.loss(code, draw[4])
        self.log("components", named, on_step=False, on_epoch=True, batch_size=len(code))
        return loss + NAMING * named

    def training_step(self, draw: Draw, _: int) -> Any:
        loss = self._loss(draw)
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, draw: Draw, _: int) -> None:
        self.log("val_loss", self._loss(draw), batch_size=len(draw[3]))

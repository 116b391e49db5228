"""Stage 1: the KL autoencoder.

Loss: mean absolute error + 0.1·(1 − SSIM) + 1e-5·KL per voxel. The published perceptual and adversarial terms need
networks trained on other people's pictures; SSIM takes their place.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.measure.similarity import ssim
from engine.networks.autoencoder import Autoencoder, AutoencoderConfig
from engine.training.config import StageConfig
from engine.training.stages import Stage

SSIM_WEIGHT = 0.1
KL_WEIGHT = 1e-5

DECODER_SSIM_WEIGHT = 0.5
"""A decoder alone has nothing to learn for its encoder: structure may weigh as much as grey values."""


def kl_divergence(mu: Tensor, sigma: Tensor) -> Tensor:
    """½ Σ (mu² + σ² − ln σ² − 1), summed over a volume, mean over the batch (Kingma and Welling 2014)."""
    per_volume = (mu**2 + sigma**2 - torch.log(sigma**2) - 1).flatten(1).sum(1) / 2
    return per_volume.mean()


class AutoencoderStage(Stage):
    def __init__(self, config: AutoencoderConfig, stage: StageConfig) -> None:
        super().__init__(stage)
        self.autoencoder = Autoencoder(config).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        bias = self.autoencoder.quant_conv_log_sigma.conv.bias
        assert bias is not None
        # σ starts at 0.007: at 1, where it would start by itself, its noise drowns all but the mean of a block.
        torch.nn.init.constant_(bias, -10.0)

    def training_step(self, image: Tensor, _: int) -> Tensor:
        mu, sigma = self.autoencoder.encode(image)
        copy = self.autoencoder.decode(mu + sigma * torch.randn_like(mu)).float()
        l1 = (copy - image).abs().mean()
        similarity = ssim(copy, image).mean()
        kl = kl_divergence(mu.float(), sigma.float()) / image[0].numel()
        self.log_dict({"l1": l1, "ssim": similarity, "kl": kl}, on_step=False, on_epoch=True)
        loss: Tensor = l1 + SSIM_WEIGHT * (1 - similarity) + KL_WEIGHT * kl
        return loss

    def validation_step(self, image: Tensor, _: int) -> None:
        _watch(self, self.autoencoder, image)


class DecoderStage(Stage):
    """The decoder goes on learning from the means, at the end of a run: the latents that all else learnt from stay."""

    def __init__(self, autoencoder: Autoencoder, stage: StageConfig) -> None:
        super().__init__(stage)
        self.autoencoder = autoencoder.requires_grad_(False)
        for part in ("decoder", "post_quant_conv", "shortcut_out"):
            if hasattr(autoencoder, part):
                getattr(autoencoder, part).requires_grad_(True)

    def training_step(self, image: Tensor, _: int) -> Tensor:
        with torch.no_grad():
            latent = self.autoencoder.encode(image)[0]
        copy = self.autoencoder.decode(latent).float()
        l1 = (copy - image).abs().mean()
        similarity = ssim(copy, image).mean()
        self.log_dict({"l1": l1, "ssim": similarity}, on_step=False, on_epoch=True)
        loss: Tensor = l1 + DECODER_SSIM_WEIGHT * (1 - similarity)
        return loss

    def validation_step(self, image: Tensor, _: int) -> None:
        _watch(self, self.autoencoder, image)


def _watch(stage: Stage, autoencoder: Autoencoder, image: Tensor) -> None:
    copy = autoencoder.decode(autoencoder.encode(image)[0]).float()
    stage.log("val_ssim", ssim(copy, image).mean(), prog_bar=True, batch_size=len(image))
    stage.log("val_l1", (copy - image).abs().mean(), batch_size=len(image))

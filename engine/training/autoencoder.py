"""Stage 1: the KL autoencoder.

Loss: mean absolute error + 0.3·(1 − SSIM) + 1e-5·KL per voxel. The published perceptual and adversarial terms need
networks trained on other people's pictures; SSIM takes their place.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.measure.similarity import ssim
from engine.networks.autoencoder import Autoencoder, AutoencoderConfig
from engine.training.config import StageConfig
from engine.training.stages import Stage

SSIM_WEIGHT = 0.3
KL_WEIGHT = 1e-5


def kl_divergence(mu: Tensor, sigma: Tensor) -> Tensor:
    """½ Σ (mu² + σ² − ln σ² − 1), summed over a volume, mean over the batch (Kingma and Welling 2014)."""
    per_volume = (mu**2 + sigma**2 - torch.log(sigma**2) - 1).flatten(1).sum(1) / 2
    return per_volume.mean()


class AutoencoderStage(Stage):
    """Both halves together, then, where ``decoder_only``, the decoder on its own.

    The encoder stays as it is in the second, so that all that was learnt of its latents holds, and the decoder learns
    to draw what it is used for, their means and not samples around them.
    """

    def __init__(self, config: AutoencoderConfig, stage: StageConfig, decoder_only: bool = False) -> None:
        super().__init__(stage)
        self.decoder_only = decoder_only
        self.autoencoder = Autoencoder(config).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        bias = self.autoencoder.quant_conv_log_sigma.conv.bias
        assert bias is not None
        # σ starts at 0.007: at 1, where it would start by itself, its noise drowns all but the mean of a block.
        torch.nn.init.constant_(bias, -10.0)

    def trained(self) -> dict[float, list[nn.Parameter]]:
        if not self.decoder_only:
            return super().trained()
        halves = ("decoder.", "post_quant_conv.", "shortcut_out.")
        return {1.0: [p for name, p in self.autoencoder.named_parameters() if name.startswith(halves)]}

    def training_step(self, image: Tensor, _: int) -> Tensor:
        with torch.set_grad_enabled(not self.decoder_only):
            mu, sigma = self.autoencoder.encode(image)
        latent = mu if self.decoder_only else mu + sigma * torch.randn_like(mu)
        copy = self.autoencoder.decode(latent).float()
        l1 = (copy - image).abs().mean()
        similarity = ssim(copy, image).mean()
        kl = kl_divergence(mu.float(), sigma.float()) / image[0].numel()
        self.log_dict({"l1": l1, "ssim": similarity, "kl": kl}, on_step=False, on_epoch=True)
        loss: Tensor = l1 + SSIM_WEIGHT * (1 - similarity) + KL_WEIGHT * kl
        return loss

    def validation_step(self, image: Tensor, _: int) -> None:
        copy = self.autoencoder.decode(self.autoencoder.encode(image)[0]).float()
        self.log("val_ssim", ssim(copy, image).mean(), prog_bar=True, batch_size=len(image))
        self.log("val_l1", (copy - image).abs().mean(), batch_size=len(image))

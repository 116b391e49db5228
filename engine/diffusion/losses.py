"""What the denoiser and the gradient estimator are trained on (LDAE specification 3).

Tables are gathered at original timesteps ``t`` (B,); latents and noise are (B, C, x, y, z).
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.diffusion.schedule import Schedule, Table


def gather(table: Table, t: Tensor) -> Tensor:
    """Entries of ``table`` at ``t``, as (B, 1, 1, 1, 1)."""
    return torch.from_numpy(table).to(t.device)[t].view(-1, 1, 1, 1, 1)


def noised(schedule: Schedule, z: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """x_t = √ᾱ_t·z + √(1−ᾱ_t)·noise."""
    return gather(schedule.sqrt_alphas_cumprod, t) * z + gather(schedule.sqrt_one_minus_alphas_cumprod, t) * noise


def denoising_loss(noise: Tensor, predicted: Tensor) -> Tensor:
    return (noise - predicted).square().mean()


def representation_loss(schedule: Schedule, t: Tensor, noise: Tensor, predicted: Tensor, gradient: Tensor) -> Tensor:
    """Mean of w(t)·(noise − (predicted + c(t)·gradient))²."""
    error = noise - (predicted + gather(schedule.shift_coef, t) * gradient)
    return (gather(schedule.weight, t) * error.square()).mean()


def velocity(schedule: Schedule, z: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """v = √ᾱ_t·noise − √(1−ᾱ_t)·z (Salimans and Ho 2022)."""
    return gather(schedule.sqrt_alphas_cumprod, t) * noise - gather(schedule.sqrt_one_minus_alphas_cumprod, t) * z


def clean_loss(schedule: Schedule, t: Tensor, target: Tensor, predicted: Tensor) -> Tensor:
    """Mean squared error of the clean latent that follows from a predicted velocity, (1−ᾱ_t)·(v − v̂)²."""
    share = gather(schedule.sqrt_one_minus_alphas_cumprod, t)
    return (share * (target - predicted)).square().mean()

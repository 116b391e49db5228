"""How a code's gradient enters the predicted noise."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.diffusion.schedule import Steps
from engine.diffusion.solvers import Predict

NoiseAndGradient = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def guided(network: NoiseAndGradient, steps: Steps, stop_percent: float = 0.0) -> Predict:
    """ε − √(1−ᾱ_k)·G, both float32, from a network of states and original timesteps (B,).

    ``stop_percent``: the gradient is left out over that last share of the indices, counted as published.
    """
    stop = int(stop_percent * steps.last)

    def predict(x: Tensor, k: int) -> Tensor:
        t = torch.full((len(x),), int(steps.timestep_map[k]), device=x.device)
        noise, gradient = network(x, t)
        if stop and k - 1 < stop:
            return noise.float()
        return noise.float() - float(steps.sqrt_one_minus_alphas_cumprod[k]) * gradient.float()

    return predict

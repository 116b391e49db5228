"""How a code's gradient enters the predicted noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from engine.diffusion.schedule import Steps
from engine.diffusion.solvers import Predict

Output = Literal["noise", "velocity"]
NoiseAndGradient = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def guided(network: NoiseAndGradient, steps: Steps, stop_percent: float = 0.0, output: Output = "noise") -> Predict:
    """ε − √(1−ᾱ_k)·G, both float32, from a network of states and original timesteps (B,).

    Where the network's ``output`` are velocities v and s (Salimans and Ho 2022), the same prediction is
    √ᾱ_k·(v + s) + √(1−ᾱ_k)·x: the clean latent then keeps the network's own accuracy in the noisiest states, where an
    error of the noise is multiplied by up to 157.
    ``stop_percent``: the gradient is left out over that last share of the indices, counted as published.
    """
    stop = int(stop_percent * steps.last)

    def predict(x: Tensor, k: int) -> Tensor:
        t = torch.full((len(x),), int(steps.timestep_map[k]), device=x.device)
        first, second = (part.float() for part in network(x, t))
        if stop and k - 1 < stop:
            second = torch.zeros_like(second)
        noisy = float(steps.sqrt_one_minus_alphas_cumprod[k])
        if output == "velocity":
            return math.sqrt(float(steps.alphas_cumprod[k])) * (first + second) + noisy * x
        return first - noisy * second

    return predict

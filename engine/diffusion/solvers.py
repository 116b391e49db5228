"""Deterministic paths between a clean latent and its noise code, both ways.

A solver knows nothing of networks: ``predict(x, k)`` returns the noise predicted in state ``x`` at index ``k`` of the
respaced schedule. States are float32 whatever the network computes in. ``tick(step, of)`` is called before every
prediction and may raise, which is how work is stopped.

Four solvers share one interface, ``encode(latent) → noise code`` and ``decode(noise code) → latent``; what an exact one
keeps beside the noisiest state, ``draw`` adds to a state that was drawn:
  ddim   Song et al. 2021 as published for LDAE: encoding and decoding each approximate one differential equation
  anchored  DDIM, and beside its last state what each step of decoding misses of the state that encoding passed (after
         Ju et al. 2024, direct inversion): decoding adds it, and returns to the latent bit for bit. A changed code
         moves every state as DDIM would, so errors die out as noise is taken away. It knows no clamp
  bdia   Zhang et al. 2023 (bi-directional integration approximation, γ = 1): the same calls, yet decoding undoes
         encoding bit for bit, because each state follows from its two neighbours by an addition, and all states lie on
         a grid on which float32 adds without rounding; the noise code holds the last two states. It knows no clamp.
         A changed code makes its odd and even states drift apart, the more the more calls there are
  dpm    DDIM's encoding, decoded by DPM-Solver++ (``engine.diffusion.dpm``)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.diffusion.schedule import Steps

Predict = Callable[[Tensor, int], Tensor]
Tick = Callable[[int, int], None]

GRID = 4096.0
"""States of the exact solvers are multiples of 1/4096: exact in float32 up to ±4096, finer than networks compute."""


def no_tick(step: int, of: int) -> None:
    """For callers that neither watch nor stop."""


def _clean_and_noise(x: Tensor, k: int, noise: Tensor, steps: Steps, clamp: float | None) -> tuple[Tensor, Tensor]:
    """The clean latent implied by ``noise``, clamped, and the noise that follows from it."""
    recip = float(steps.sqrt_recip_alphas_cumprod[k])
    recip_m1 = float(steps.sqrt_recip_alphas_cumprod_m1[k])
    clean = recip * x - recip_m1 * noise
    if clamp is None:
        return clean, noise
    clean = clean.clamp(-clamp, clamp)
    return clean, (recip * x - clean) / recip_m1


def _state(clean: Tensor, noise: Tensor, alpha_cumprod: float) -> Tensor:
    # Both roots in float32, as published. A single number on the CPU meets tensors of any device without travelling.
    alpha = torch.tensor(alpha_cumprod, dtype=torch.float32)
    state: Tensor = torch.sqrt(alpha) * clean + torch.sqrt(1 - alpha) * noise
    return state


def ddim_encode(
    predict: Predict, z: Tensor, steps: Steps, clamp: float | None = 1.0, tick: Tick = no_tick
) -> list[Tensor]:
    """Every state from the clean latent ``z`` (B, C, x, y, z), first, to its noise code, last: K calls."""
    path = [z.float()]
    for k in range(steps.last):
        tick(k, steps.last)
        x = path[-1]
        clean, noise = _clean_and_noise(x, k, predict(x, k).float(), steps, clamp)
        path.append(_state(clean, noise, float(steps.alphas_cumprod_next[k])))
    return path


def ddim_decode(
    predict: Predict, x: Tensor, steps: Steps, clamp: float | None = 1.0, tick: Tick = no_tick
) -> list[Tensor]:
    """Every state from the noise code ``x``, first, to the latent at index 0, last: K calls."""
    path = [x.float()]
    for done, k in enumerate(range(steps.last, 0, -1)):
        tick(done, steps.last)
        x = path[-1]
        clean, noise = _clean_and_noise(x, k, predict(x, k).float(), steps, clamp)
        path.append(_state(clean, noise, float(steps.alphas_cumprod_prev[k])))
    return path


def _on_grid(x: Tensor) -> Tensor:
    return torch.round(x * GRID) / GRID


def _moved(x: Tensor, noise: Tensor, here: np.floating[Any], there: np.floating[Any]) -> Tensor:
    """DDIM's state at the cumulative product ``there`` from ``x`` at ``here``.

    Written with the ratio of the two signal levels, never through the clean latent: dividing by a signal of 0.006 and
    multiplying again would cost three of float32's seven digits.
    """
    kept = math.sqrt(float(there) / float(here))
    return kept * x + (math.sqrt(1 - float(there)) - kept * math.sqrt(1 - float(here))) * noise


def anchored_encode(predict: Predict, z: Tensor, steps: Steps, tick: Tick = no_tick) -> Tensor:
    """The noise code (K+1, B, C, x, y, z) of a clean latent, after K+1 calls: the state at K, then what each step of
    decoding misses, the noisiest first.
    """
    path, misses = [_on_grid(z.float())], []
    for k, here in enumerate(steps.alphas_cumprod):
        tick(k, len(steps.alphas_cumprod))
        x = path[-1]
        noise = predict(x, k).float()
        if k > 0:
            misses.append(path[-2] - _on_grid(_moved(x, noise, here, steps.alphas_cumprod_prev[k])))
        if k < steps.last:
            path.append(_on_grid(_moved(x, noise, here, steps.alphas_cumprod_next[k])))
    return torch.stack([path[-1], *reversed(misses)])


def anchored_decode(predict: Predict, code: Tensor, steps: Steps, tick: Tick = no_tick) -> Tensor:
    """The latent (B, C, x, y, z) of a noise code (K+1, B, C, x, y, z): K calls, the exact inverse of encoding."""
    x, *misses = _on_grid(code.float()).unbind()
    for done, (k, miss) in enumerate(zip(range(steps.last, 0, -1), misses, strict=True)):
        tick(done, steps.last)
        noise = predict(x, k).float()
        x = _on_grid(_moved(x, noise, steps.alphas_cumprod[k], steps.alphas_cumprod_prev[k])) + miss
    return x


def anchored_draw(x: Tensor, steps: Steps) -> Tensor:
    """The noise code (K+1, B, C, x, y, z) of a state ``x`` at K that no encoding led to: decoding misses nothing."""
    return torch.stack([x, *[torch.zeros_like(x)] * steps.last])


def _leap(predict: Predict, x: Tensor, k: int, steps: Steps) -> Tensor:
    """What separates the states one index above and one below ``x``: DDIM up minus DDIM down, on the grid."""
    noise, here = predict(x, k).float(), steps.alphas_cumprod[k]
    above = _moved(x, noise, here, steps.alphas_cumprod_next[k])
    return _on_grid(above - _moved(x, noise, here, steps.alphas_cumprod_prev[k]))


def bdia_encode(predict: Predict, z: Tensor, steps: Steps, tick: Tick = no_tick) -> Tensor:
    """The noise code (2, B, C, x, y, z) of a clean latent: the states at K and K−1, after K calls."""
    lower = _on_grid(z.float())
    tick(0, steps.last)
    x = _on_grid(_moved(lower, predict(lower, 0).float(), steps.alphas_cumprod[0], steps.alphas_cumprod[1]))
    for k in range(1, steps.last):
        tick(k, steps.last)
        lower, x = x, lower + _leap(predict, x, k, steps)
    return torch.stack([x, lower])


def bdia_decode(predict: Predict, code: Tensor, steps: Steps, tick: Tick = no_tick) -> Tensor:
    """The latent (B, C, x, y, z) of a noise code (2, B, C, x, y, z): K−1 calls, the exact inverse of encoding."""
    upper, x = _on_grid(code.float()).unbind()
    for done, k in enumerate(range(steps.last - 1, 0, -1)):
        tick(done, steps.last - 1)
        upper, x = x, upper - _leap(predict, x, k, steps)
    return x


def bdia_draw(predict: Predict, x: Tensor, steps: Steps) -> Tensor:
    """The noise code (2, B, C, x, y, z) of a state ``x`` at K, after one call: the state below it is DDIM's."""
    k = steps.last
    lower = _moved(x, predict(x, k).float(), steps.alphas_cumprod[k], steps.alphas_cumprod_prev[k])
    return torch.stack([x, lower])

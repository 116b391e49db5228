"""DPM-Solver++(2M): decoding in few calls (Lu et al. 2022, multistep second order, data prediction).

Between two states the probability-flow equation is solved exactly but for the clean latent, which is taken as straight
in the log-SNR, on through the last two predictions: one call a step, and an error that falls with the square of the
number of calls. It needs steps that are even in log-SNR (``respace_evenly``); on steps even in time, of which the last
spans half of all log-SNR, it is worse than DDIM. Encoding is DDIM's. It knows no clamp.
"""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from engine.diffusion.schedule import Steps, half_log_snr
from engine.diffusion.solvers import Predict, Tick, no_tick


def dpm_decode(predict: Predict, x: Tensor, steps: Steps, tick: Tick = no_tick) -> Tensor:
    """The latent (B, C, x, y, z) at index 0 of the noise code ``x``, after K calls. The first step is DDIM's."""
    alphas = steps.alphas_cumprod.astype(np.float64)
    signal, noise, level = np.sqrt(alphas), np.sqrt(1 - alphas), half_log_snr(steps.alphas_cumprod)
    x = x.float()
    before: tuple[Tensor, float] | None = None
    for done, k in enumerate(range(steps.last, 0, -1)):
        tick(done, steps.last)
        clean = (x - float(noise[k]) * predict(x, k).float()) / float(signal[k])
        length = float(level[k - 1] - level[k])
        ahead = clean
        if before is not None:
            # The clean latent half a step on, along the line through the last two.
            earlier, earlier_length = before
            ahead = clean + length / (2 * earlier_length) * (clean - earlier)
        x = float(noise[k - 1] / noise[k]) * x - float(signal[k - 1]) * math.expm1(-length) * ahead
        before = clean, length
    return x

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.diffusion.dpm import dpm_decode
from engine.diffusion.schedule import Steps, linear_schedule, respace, respace_evenly
from engine.diffusion.solvers import Predict, ddim_decode

SCHEDULE = linear_schedule()
DRAWN = torch.randn(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(0))


def gaussian(mean: float, deviation: float, steps: Steps) -> tuple[Predict, torch.Tensor, torch.Tensor]:
    """Latents from one normal distribution: the exact noise prediction, a noise code, and the latent it flows to.

    At every ᾱ the states are normal too, and the flow keeps each at its place in them: x = √ᾱ·mean + spread·place.
    """

    def spread(k: int) -> float:
        alpha = float(steps.alphas_cumprod[k])
        return (alpha * deviation**2 + 1 - alpha) ** 0.5

    def state(k: int) -> torch.Tensor:
        return float(steps.alphas_cumprod[k]) ** 0.5 * mean + spread(k) * DRAWN

    def predict(x: torch.Tensor, k: int) -> torch.Tensor:
        alpha = float(steps.alphas_cumprod[k])
        return (1 - alpha) ** 0.5 * (x - alpha**0.5 * mean) / spread(k) ** 2

    return predict, state(steps.last), state(0)


def dpm_error(deviation: float, calls: int) -> float:
    steps = respace_evenly(SCHEDULE, calls)
    predict, start, end = gaussian(0.5, deviation, steps)
    return float((dpm_decode(predict, start, steps) - end).abs().max())


def ddim_error(deviation: float, calls: int, even: bool) -> float:
    steps = (respace_evenly if even else respace)(SCHEDULE, calls)
    predict, start, end = gaussian(0.5, deviation, steps)
    return float((ddim_decode(predict, start, steps, clamp=None)[-1] - end).abs().max())


def test_its_error_falls_with_the_square_of_the_calls_and_that_of_ddim_in_proportion() -> None:
    orders = [np.log2(dpm_error(1.0, calls) / dpm_error(1.0, 2 * calls)) for calls in (12, 20)]
    assert orders[0] > 1.5 and 1.8 < orders[1] < 2.3
    assert np.log2(ddim_error(1.0, 20, even=True) / ddim_error(1.0, 40, even=True)) < 1.1


@pytest.mark.parametrize("deviation", [1.0, 0.3, 0.1])
@pytest.mark.parametrize("calls", [6, 12, 24])
def test_it_is_several_times_nearer_than_ddim_with_as_many_calls(deviation: float, calls: int) -> None:
    best = min(ddim_error(deviation, calls, even) for even in (False, True))
    assert dpm_error(deviation, calls) < best / 3


def test_with_the_true_noise_it_returns_the_clean_latent() -> None:
    steps = respace_evenly(SCHEDULE, 8)
    z = DRAWN.roll(1, 2)

    def state(k: int) -> torch.Tensor:
        alpha = float(steps.alphas_cumprod[k])
        return alpha**0.5 * z + (1 - alpha) ** 0.5 * DRAWN

    assert torch.allclose(dpm_decode(lambda x, k: DRAWN, state(steps.last), steps), state(0), atol=1e-4)


def test_every_call_is_ticked_before_it_is_made() -> None:
    order: list[object] = []

    def predict(x: torch.Tensor, k: int) -> torch.Tensor:
        order.append(k)
        return x

    dpm_decode(predict, DRAWN, respace_evenly(SCHEDULE, 3), lambda step, of: order.append((step, of)))
    assert order == [(0, 3), 3, (1, 3), 2, (2, 3), 1]


@pytest.mark.parametrize("calls", [1, 4, 12, 24])
def test_even_steps_reach_from_the_first_timestep_to_the_last(calls: int) -> None:
    steps = respace_evenly(SCHEDULE, calls)
    assert steps.last == calls
    assert (steps.timestep_map[0], steps.timestep_map[-1]) == (0, 999)

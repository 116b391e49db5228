from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from engine.diffusion.guidance import guided
from engine.diffusion.schedule import Steps, linear_schedule, respace
from engine.diffusion.solvers import (
    GRID,
    Predict,
    anchored_decode,
    anchored_encode,
    bdia_decode,
    bdia_encode,
    ddim_decode,
    ddim_encode,
)

Z = torch.randn(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(0))
STEPS = respace(linear_schedule(), 12)


def curved(x: torch.Tensor, k: int) -> torch.Tensor:
    """Neither linear nor the true noise, but of its size."""
    return 0.7 * x + 0.5 * torch.tanh(2 * x.roll(1, 2) - 0.1 * k)


EXACT = pytest.mark.parametrize(("encode", "decode"), [(anchored_encode, anchored_decode), (bdia_encode, bdia_decode)])
Encode = Callable[[Predict, torch.Tensor, Steps], torch.Tensor]


@EXACT
@pytest.mark.parametrize("calls", [3, 12, 50])
def test_exact_decoding_undoes_encoding_bit_for_bit(encode: Encode, decode: Encode, calls: int) -> None:
    steps = respace(linear_schedule(), calls)
    z = torch.round(Z * GRID) / GRID
    assert torch.equal(decode(curved, encode(curved, z, steps), steps), z)


@EXACT
def test_exact_solvers_are_as_exact_with_a_network_in_half_precision(encode: Encode, decode: Encode) -> None:
    z = torch.round(Z * GRID) / GRID

    def coarse(x: torch.Tensor, k: int) -> torch.Tensor:
        return curved(x.bfloat16(), k)

    assert torch.equal(decode(coarse, encode(coarse, z, STEPS), STEPS), z)


def towards(clean: torch.Tensor, steps: Steps) -> Predict:
    """The noise of a model that has seen one latent only."""

    def predict(x: torch.Tensor, k: int) -> torch.Tensor:
        alpha = float(steps.alphas_cumprod[k])
        return (x - alpha**0.5 * clean) / (1 - alpha) ** 0.5

    return predict


def test_a_changed_code_moves_the_anchored_latent_and_does_not_scatter_it() -> None:
    """The one latent that the model knows is moved by 0.1: what is decoded moves by 0.1."""
    moved = anchored_decode(towards(Z + 0.1, STEPS), anchored_encode(towards(Z, STEPS), Z, STEPS), STEPS)
    assert (moved - Z - 0.1).abs().max() < 0.01


def test_one_wrong_prediction_dies_out_on_the_anchored_path_and_grows_on_that_of_bdia() -> None:
    right = towards(Z, STEPS)

    def wrong(x: torch.Tensor, k: int) -> torch.Tensor:
        return right(x, k) + 0.1 * (k == 9)

    def off(encode: Encode, decode: Encode) -> float:
        return float((decode(wrong, encode(right, Z, STEPS), STEPS) - Z).abs().max())

    assert off(anchored_encode, anchored_decode) < 0.01
    assert off(bdia_encode, bdia_decode) > 0.3


def test_velocities_say_the_same_as_the_noise_they_stand_for() -> None:
    k, noise = 7, torch.randn(Z.shape, generator=torch.Generator().manual_seed(1))
    alpha = float(STEPS.alphas_cumprod[k])
    x = alpha**0.5 * Z + (1 - alpha) ** 0.5 * noise
    v = alpha**0.5 * noise - (1 - alpha) ** 0.5 * Z
    predict = guided(lambda x, t: (v - 0.3, torch.full_like(v, 0.3)), STEPS, output="velocity")
    assert torch.allclose(predict(x, k), noise, atol=1e-5)


def test_ddim_decoding_only_approximates_its_encoding() -> None:
    path = ddim_encode(curved, Z, STEPS, clamp=None)
    assert (ddim_decode(curved, path[-1], STEPS, clamp=None)[-1] - Z).abs().max() > 1e-2


def test_with_the_true_noise_every_solver_returns_the_clean_latent() -> None:
    noise = torch.randn(Z.shape, generator=torch.Generator().manual_seed(1))
    last = float(STEPS.alphas_cumprod[-1]) ** 0.5
    start = last * Z + (1 - last**2) ** 0.5 * noise
    clean = ddim_decode(lambda x, k: noise, start, STEPS, clamp=None)[-1]
    first = float(STEPS.alphas_cumprod[0])
    assert torch.allclose(clean, first**0.5 * Z + (1 - first) ** 0.5 * noise, atol=1e-3)


def test_a_tick_that_raises_stops_the_path_before_the_next_call() -> None:
    calls = []

    def stop(step: int, of: int) -> None:
        if step == 3:
            raise InterruptedError

    def counted(x: torch.Tensor, k: int) -> torch.Tensor:
        calls.append(k)
        return curved(x, k)

    with pytest.raises(InterruptedError):
        bdia_encode(counted, Z, STEPS, tick=stop)
    assert calls == [0, 1, 2]


def test_guidance_subtracts_the_scaled_gradient() -> None:
    predict = guided(lambda x, t: (x, torch.ones_like(x)), STEPS)
    k = 5
    assert torch.allclose(predict(Z, k), Z - float(STEPS.sqrt_one_minus_alphas_cumprod[k]))

from __future__ import annotations

import pytest
import torch

from engine.diffusion.guidance import guided
from engine.diffusion.schedule import linear_schedule, respace
from engine.diffusion.solvers import GRID, bdia_decode, bdia_encode, ddim_decode, ddim_encode

Z = torch.randn(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(0))
STEPS = respace(linear_schedule(), 12)


def curved(x: torch.Tensor, k: int) -> torch.Tensor:
    """Neither linear nor the true noise, but of its size."""
    return 0.7 * x + 0.5 * torch.tanh(2 * x.roll(1, 2) - 0.1 * k)


@pytest.mark.parametrize("calls", [3, 12, 50])
def test_bdia_decoding_undoes_encoding_bit_for_bit(calls: int) -> None:
    steps = respace(linear_schedule(), calls)
    z = torch.round(Z * GRID) / GRID
    assert torch.equal(bdia_decode(curved, bdia_encode(curved, z, steps), steps), z)


def test_bdia_is_as_exact_with_a_network_in_half_precision() -> None:
    z = torch.round(Z * GRID) / GRID

    def coarse(x: torch.Tensor, k: int) -> torch.Tensor:
        return curved(x.bfloat16(), k)

    assert torch.equal(bdia_decode(coarse, bdia_encode(coarse, z, STEPS), STEPS), z)


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

"""The noise schedule and its respacing to fewer steps (Ho et al. 2020; Song et al. 2021; LDAE specification 4).

Every table is computed in float64 and stored in float32; respaced tables start again from the float32 cumulative
products, because the published results do, and the difference (8e-5 relative in the first entry) is visible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float32]


@dataclass(frozen=True)
class Schedule:
    """Tables over the original timesteps 0 … T−1, each (T,)."""

    betas: Table
    alphas: Table
    alphas_cumprod: Table
    alphas_cumprod_prev: Table
    alphas_cumprod_next: Table
    sqrt_alphas_cumprod: Table
    sqrt_one_minus_alphas_cumprod: Table
    sqrt_recip_alphas_cumprod: Table
    sqrt_recip_alphas_cumprod_m1: Table
    posterior_variance: Table
    shift_coef: Table
    """c(t) = −√α_t·(1−ᾱ_{t−1})/√(1−ᾱ_t), the weight of the gradient in training."""
    weight: Table
    """w(t) = SNR^0.1/(1+SNR), the loss weight of representation learning."""

    @property
    def timesteps(self) -> int:
        return len(self.betas)


@dataclass(frozen=True)
class Steps:
    """A respaced schedule of K+1 indices: ``timestep_map`` (K+1,) original timesteps, the other tables likewise."""

    timestep_map: NDArray[np.int64]
    alphas_cumprod: Table
    alphas_cumprod_prev: Table
    alphas_cumprod_next: Table
    sqrt_one_minus_alphas_cumprod: Table
    sqrt_recip_alphas_cumprod: Table
    sqrt_recip_alphas_cumprod_m1: Table

    @property
    def last(self) -> int:
        """K, the index of the noisiest state; K calls lead there from index 0."""
        return len(self.timestep_map) - 1


def linear_schedule(timesteps: int = 1000, first: float = 1e-4, last: float = 0.02) -> Schedule:
    """β rises linearly from ``first`` to ``last``, not rescaled for other ``timesteps``."""
    betas = np.linspace(first, last, timesteps, dtype=np.float64)
    alphas = 1.0 - betas
    cumprod = np.cumprod(alphas)
    prev = np.append(1.0, cumprod[:-1])
    snr = cumprod / (1.0 - cumprod)
    return Schedule(
        betas=betas.astype(np.float32),
        alphas=alphas.astype(np.float32),
        alphas_cumprod=cumprod.astype(np.float32),
        alphas_cumprod_prev=prev.astype(np.float32),
        alphas_cumprod_next=np.append(cumprod[1:], 0.0).astype(np.float32),
        sqrt_alphas_cumprod=np.sqrt(cumprod).astype(np.float32),
        sqrt_one_minus_alphas_cumprod=np.sqrt(1.0 - cumprod).astype(np.float32),
        sqrt_recip_alphas_cumprod=np.sqrt(1.0 / cumprod).astype(np.float32),
        sqrt_recip_alphas_cumprod_m1=np.sqrt(1.0 / cumprod - 1.0).astype(np.float32),
        posterior_variance=(betas * (1.0 - prev) / (1.0 - cumprod)).astype(np.float32),
        shift_coef=(-np.sqrt(alphas) * (1.0 - prev) / np.sqrt(1.0 - cumprod)).astype(np.float32),
        weight=(snr**0.1 / (1.0 + snr)).astype(np.float32),
    )


def respace(schedule: Schedule, steps: int) -> Steps:
    """The schedule on steps + 1 timesteps from 0 to T−1 (fewer where rounding makes two of them equal)."""
    return _at(schedule, sorted({int(v) for v in np.linspace(0, schedule.timesteps - 1, steps + 1)}))


def respace_evenly(schedule: Schedule, steps: int) -> Steps:
    """The same with timesteps as evenly spaced in log-SNR as whole ones can be (Lu et al. 2022).

    Fewer than steps + 1 where two fall on one, from about 40 steps on.
    """
    level = half_log_snr(schedule.alphas_cumprod)
    wanted = np.linspace(level[0], level[-1], steps + 1)
    return _at(schedule, sorted({int(np.abs(level - value).argmin()) for value in wanted}))


def half_log_snr(alphas_cumprod: Table) -> NDArray[np.float64]:
    """λ = ln(√ᾱ / √(1−ᾱ)), falling as noise is added."""
    alphas = alphas_cumprod.astype(np.float64)
    return np.asarray(np.log(alphas / (1 - alphas)) / 2)


def _at(schedule: Schedule, chosen: list[int]) -> Steps:
    cumprod = schedule.alphas_cumprod[chosen]
    ratio = np.append(cumprod[0], cumprod[1:] / cumprod[:-1]).astype(np.float64)
    betas = 1.0 - ratio
    again = np.cumprod(1.0 - betas)
    return Steps(
        timestep_map=np.array(chosen, np.int64),
        alphas_cumprod=again.astype(np.float32),
        alphas_cumprod_prev=np.append(1.0, again[:-1]).astype(np.float32),
        alphas_cumprod_next=np.append(again[1:], 0.0).astype(np.float32),
        sqrt_one_minus_alphas_cumprod=np.sqrt(1.0 - again).astype(np.float32),
        sqrt_recip_alphas_cumprod=np.sqrt(1.0 / again).astype(np.float32),
        sqrt_recip_alphas_cumprod_m1=np.sqrt(1.0 / again - 1.0).astype(np.float32),
    )

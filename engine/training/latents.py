"""Latents computed once and kept: each person in several variants, beside each what the encoder looks at."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils.data import Dataset

from engine.cohort.deformation import Spacing
from engine.networks.autoencoder import Autoencoder
from engine.training.data import People, vary
from engine.training.variants import coursing, reshaped

STRATA = 16

Scale = tuple[float, ...]
"""What multiplies each channel of a latent before diffusion."""


def compute_latents(
    autoencoder: Autoencoder,
    people: People,
    groups: Mapping[str, Sequence[int]],
    spacing: Spacing,
    variants: int,
    seed: int,
    file: Path,
    look: Callable[[Tensor], Tensor],
) -> dict[str, Tensor]:
    """``latents`` (N·V, C, x, y, z) float32, and ``looked`` (N·V, …) float16: what the encoder looks at of each volume.

    They are kept in ``file``. Latents are means, not samples. Variant 0 is the person as is, the others are reshaped
    (``variants``), along courses of ageing where ``people`` have label maps and ``groups`` says what their indices are.
    """
    if file.exists():
        kept: dict[str, Tensor] = load_file(file)
        return kept

    def volumes(person: int) -> list[Tensor]:
        image = people.images[person]
        courses = {}
        if people.labels is not None and variants > 1:
            courses = coursing(people.labels[person], groups, image > 0, spacing)
        drawn = [torch.from_numpy(image / np.float32(255))]
        for variant in range(1, variants):
            rng = np.random.default_rng((seed, 2, person, variant))
            drawn.append(torch.from_numpy(vary(reshaped(image, courses, spacing, rng), rng)))
        return drawn

    looked, latents = [], []
    autoencoder.eval()
    with ThreadPoolExecutor(os.cpu_count()) as pool, torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for drawn in pool.map(volumes, range(len(people.names))):
            for volume in drawn:
                looked.append(look(volume[None, None])[0].half())
                latents.append(autoencoder.encode(volume[None, None])[0][0].float())
    tensors = {"looked": torch.stack(looked), "latents": torch.stack(latents)}
    save_file(tensors, file)
    return tensors


def latent_scale(latents: Tensor) -> Scale:
    """1 / standard deviation of each channel of latents (N, C, x, y, z): multiplies them before diffusion."""
    return tuple((1.0 / latents.std((0, 2, 3, 4))).tolist())


class LatentDraws(Dataset[tuple[Tensor, Tensor, Tensor, Tensor]]):
    """(what the encoder looks at, scaled latent, noise, timesteps) of a round, by ``seed`` and index alone.

    ``draws`` noise levels a scan: noise (draws, C, x, y, z), timesteps (draws,).
    """

    def __init__(
        self, tensors: dict[str, Tensor], scale: Scale, timesteps: int, count: int, draws: int, seed: tuple[int, ...]
    ) -> None:
        self._tensors, self._timesteps = tensors, timesteps
        self._scale = torch.tensor(scale).reshape(-1, 1, 1, 1)
        self._count, self._draws, self._seed = count, draws, seed

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        rng = np.random.default_rng((*self._seed, index))
        chosen = int(rng.integers(len(self._tensors["latents"])))
        z = self._tensors["latents"][chosen] * self._scale
        noise = torch.from_numpy(rng.standard_normal((self._draws, *z.shape), np.float32))
        # Stratified over runs of draws, so that short trainings see every noise level equally often.
        stratum = (index * self._draws + np.arange(self._draws)) % STRATA
        t = torch.from_numpy(((stratum + rng.random(self._draws)) / STRATA * self._timesteps).astype(np.int64))
        return self._tensors["looked"][chosen].float(), z, noise, t

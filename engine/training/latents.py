"""Latents computed once and kept: each person in several variants, the image beside its latent."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils.data import Dataset

from engine.cohort.deformation import Spacing
from engine.networks.autoencoder import Autoencoder
from engine.training.composition import composition
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
) -> dict[str, Tensor]:
    """``images`` (N·V, X, Y, Z) float16 in [0, 1], ``latents`` (N·V, C, x, y, z) and ``compositions`` (N·V, F) float32.

    They are kept in ``file``. Latents are means, not samples. Variant 0 is the person as is, the others are reshaped
    (``variants``), along courses of ageing where ``people`` have label maps and ``groups`` says what their indices are.
    A composition is that of the scan before contrast and brightness were varied: whoever tells it learns to see past
    them.
    """
    if file.exists():
        kept: dict[str, Tensor] = load_file(file)
        return kept

    def volumes(person: int) -> list[tuple[Tensor, Tensor]]:
        image = people.images[person]
        courses = {}
        if people.labels is not None and variants > 1:
            courses = coursing(people.labels[person], groups, image > 0, spacing)
        whole = torch.from_numpy(image / np.float32(255))
        told = [(whole, composition(whole, spacing[0]))]
        for variant in range(1, variants):
            rng = np.random.default_rng((seed, 2, person, variant))
            shape = reshaped(image, courses, spacing, rng)
            plain = torch.from_numpy(shape / np.float32(255))
            told.append((torch.from_numpy(vary(shape, rng)), composition(plain, spacing[0])))
        return told

    images, latents, compositions = [], [], []
    autoencoder.eval()
    with ThreadPoolExecutor(os.cpu_count()) as pool, torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for drawn in pool.map(volumes, range(len(people.names))):
            for volume, composed in drawn:
                compositions.append(composed)
                images.append(volume.half())
                latents.append(autoencoder.encode(volume[None, None])[0][0].float())
    tensors = {
        "images": torch.stack(images),
        "latents": torch.stack(latents),
        "compositions": torch.stack(compositions),
    }
    save_file(tensors, file)
    return tensors


def latent_scale(latents: Tensor) -> Scale:
    """1 / standard deviation of each channel of latents (N, C, x, y, z): multiplies them before diffusion."""
    return tuple((1.0 / latents.std((0, 2, 3, 4))).tolist())


class LatentDraws(Dataset[tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]):
    """(image, scaled latent, noise, timesteps, composition) of a round; a draw depends on ``seed`` and its index alone.

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

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        rng = np.random.default_rng((*self._seed, index))
        chosen = int(rng.integers(len(self._tensors["latents"])))
        z = self._tensors["latents"][chosen] * self._scale
        noise = torch.from_numpy(rng.standard_normal((self._draws, *z.shape), np.float32))
        # Stratified over runs of draws, so that short trainings see every noise level equally often.
        stratum = (index * self._draws + np.arange(self._draws)) % STRATA
        t = torch.from_numpy(((stratum + rng.random(self._draws)) / STRATA * self._timesteps).astype(np.int64))
        return self._tensors["images"][chosen][None].float(), z, noise, t, self._tensors["compositions"][chosen]

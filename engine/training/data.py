"""Brains in memory, and what is drawn from them.

Every draw is a function of (seed, round, index), so that a resumed run sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from engine.errors import ScanError
from engine.volume import FloatArray

LEAST_BRAIN = 0.05
"""Share of a crop's voxels that must lie in the brain."""


@dataclass(frozen=True)
class People:
    """``images`` (N, X, Y, Z) uint8 on the model's grid, one person each; ``ages`` in years; ``names``.

    ``labels`` (N, X, Y, Z): label maps, None where the cohort has none.
    """

    names: tuple[str, ...]
    ages: NDArray[np.float64]
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8] | None = None

    def subset(self, chosen: NDArray[np.integer]) -> People:
        labels = None if self.labels is None else self.labels[chosen]
        return People(tuple(self.names[i] for i in chosen), self.ages[chosen], self.images[chosen], labels)


def load_people(folder: Path, split: str | None = None) -> People:
    """The prepared people of a cohort folder, those of ``split`` where given. Raises ScanError where one is missing."""
    table = folder / "participants.tsv"
    if not table.exists():
        raise ScanError(f"{folder}: holds no participants.tsv: name a cohort folder.")
    with table.open() as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if split is None or r.get("split") == split]
    if not rows:
        who = "" if split is None else f" with {split} in the column split"
        raise ScanError(f"{table}: names nobody{who}: complete it, or name another cohort.")
    images, labels = [], []
    for row in rows:
        found = sorted((folder / row["participant_id"]).rglob("*_T1w.nii.gz"))
        if not found:
            raise ScanError(f"{folder / row['participant_id']}: holds no T1w image: prepare the cohort first.")
        images.append(np.asarray(nib.load(found[0]).dataobj, np.uint8))
        labels += [np.asarray(nib.load(f).dataobj, np.uint8) for f in found[0].parent.glob("*_dseg.nii.gz")]
    return People(
        tuple(r["participant_id"] for r in rows),
        np.array([float(r["age"]) for r in rows]),
        np.stack(images),
        np.stack(labels) if len(labels) == len(images) else None,
    )


def hold_out(people: People, count: int, seed: int) -> tuple[People, People]:
    """Training and validation people; validation takes every n-th by age, so that it spans all ages."""
    order = np.argsort(people.ages, kind="stable")
    held = order[np.linspace(0, len(order) - 1, count + 2).round().astype(int)[1:-1]]
    rest = np.setdiff1d(np.arange(len(order)), held)
    return people.subset(np.random.default_rng(seed).permutation(rest)), people.subset(held)


def draw_crop(images: NDArray[np.uint8], shape: tuple[int, int, int], rng: np.random.Generator) -> FloatArray:
    """A crop in [0, 1] of a random person, mirrored at random, with contrast and shading varied.

    Crops reach up to a quarter of their length beyond the edge, so that empty background is learnt too.
    """
    image = images[rng.integers(len(images))]
    while True:
        out = _cut(image, shape, rng)
        # Normalising a crop of nothing but zeros multiplies rounding errors by a thousand: gradients overflow.
        if np.count_nonzero(out) > LEAST_BRAIN * out.size:
            return vary(out, rng)


def _cut(image: NDArray[np.uint8], shape: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    out = np.zeros(shape, np.uint8)
    inside, target = [], []
    for size, crop in zip(image.shape, shape, strict=True):
        reach = 0 if crop >= size else crop // 4
        start = int(rng.integers(-reach, size - crop + reach + 1))
        low, high = max(start, 0), min(start + crop, size)
        inside.append(slice(low, high))
        target.append(slice(low - start, high - start))
    out[tuple(target)] = image[tuple(inside)]
    return out


def vary(image: NDArray[np.uint8], rng: np.random.Generator) -> FloatArray:
    """``image`` / 255 after a left-right mirror, contrast (power 0.9–1.1) and brightness (±4 %) drawn at random.

    Nothing that age is read from. A table over the 256 grey levels: the power of every voxel takes twenty times longer.
    """
    power, gain = np.exp(rng.uniform(-0.1, 0.1)), rng.uniform(0.96, 1.04)
    grey = np.clip((np.arange(256) / 255) ** power * gain, 0.0, 1.0).astype(np.float32)
    return np.ascontiguousarray(grey[image[::-1] if rng.random() < 0.5 else image])


class Crops(Dataset[Tensor]):
    """The crops (1, X, Y, Z) of one training round."""

    def __init__(self, people: People, shape: tuple[int, int, int], count: int, seed: tuple[int, ...]) -> None:
        self._images, self._shape, self._count, self._seed = people.images, shape, count, seed

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Tensor:
        rng = np.random.default_rng((*self._seed, index))
        return torch.from_numpy(draw_crop(self._images, self._shape, rng))[None]

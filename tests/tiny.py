"""A made-up cohort on the tiny configuration's grid: ellipsoids whose dark core grows with age."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np

SHAPE = (16, 24, 16)
AFFINE = np.array([[10.0, 0, 0, -75], [0, 10, 0, -112], [0, 0, 10, -72], [0, 0, 0, 1]])


def brain(age: float, rng: np.random.Generator) -> np.ndarray:
    """uint8 (16, 24, 16), background 0."""
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    radius = np.sqrt(sum((a / s) ** 2 for a, s in zip(axes, rng.uniform(0.75, 0.95, 3), strict=True)))
    image = np.where(radius < 1, 160 + 30 * rng.standard_normal(SHAPE), 0)
    image[radius < 0.2 + age / 200] = 40
    return np.clip(image, 0, 255).astype(np.uint8)


def write_cohort(folder: Path, people: int = 8) -> Path:
    rng = np.random.default_rng(0)
    rows = ["participant_id\tage\tsex\tsplit"]
    for index in range(people):
        age = 20 + 60 * index / (people - 1)
        name = f"sub-{index:02d}"
        place = folder / name / "anat"
        place.mkdir(parents=True)
        nib.save(nib.Nifti1Image(brain(age, rng), AFFINE), place / f"{name}_T1w.nii.gz")
        rows.append(f"{name}\t{age}\tF\ttrain")
    (folder / "participants.tsv").write_text("\n".join(rows) + "\n")
    return folder


@contextmanager
def one_thread() -> Iterator[None]:
    """For networks this small: threads that wait for each other took fifteen times as long on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.cohort.groups import read_groups
from engine.training.data import load_people
from engine.training.variants import coursing, reshaped

SPACING = (2.0, 2.0, 2.0)


@pytest.fixture(scope="module")
def brain() -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """A ball of tissue around a ball of fluid, and its labels: 1 fluid, 2 tissue."""
    radius = np.sqrt(((np.indices((40, 40, 40)) - 19.5) ** 2).sum(0))
    labels = np.where(radius < 5, 1, np.where(radius < 15, 2, 0)).astype(np.uint8)
    image = np.where(radius < 5, 40, np.where(radius < 18, 200, 0)).astype(np.uint8)
    return image, labels


def _dark(image: np.ndarray) -> int:  # type: ignore[type-arg]
    """Dark voxels away from the rim, which interpolation darkens."""
    middle = image[8:32, 8:32, 8:32]
    return int(((middle > 0) & (middle < 120)).sum())


def test_fluid_grows_and_shrinks_over_variants_and_the_brain_keeps_its_size(brain) -> None:  # type: ignore[no-untyped-def]
    image, labels = brain
    courses = coursing(labels, {"ventricles": [1], "white-matter": [2]}, image > 0, SPACING)
    drawn = [reshaped(image, courses, SPACING, np.random.default_rng(n)) for n in range(8)]
    fluid = np.array([_dark(variant) for variant in drawn]) / _dark(image)
    assert fluid.min() < 0.95 < 1.1 < fluid.max()
    assert all(abs(np.count_nonzero(variant) / np.count_nonzero(image) - 1) < 0.2 for variant in drawn)


def test_without_labels_people_are_bent_only(brain) -> None:  # type: ignore[no-untyped-def]
    image, _ = brain
    variant = reshaped(image, {}, SPACING, np.random.default_rng(0))
    assert 0.02 < np.mean((variant > 0) != (image > 0)) + np.mean(np.abs(variant.astype(float) - image)) / 255 < 0.2
    assert abs(_dark(variant) / _dark(image) - 1) < 0.5


def test_the_same_seed_draws_the_same_variant(brain) -> None:  # type: ignore[no-untyped-def]
    image, labels = brain
    courses = coursing(labels, {"ventricles": [1]}, image > 0, SPACING)
    first, again = (reshaped(image, courses, SPACING, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)


def test_real_people_keep_a_brain_of_one_piece(shared: Path) -> None:
    folder = shared / "data" / "ixi"
    people = load_people(folder, "train")
    assert people.labels is not None
    courses = coursing(people.labels[0], read_groups(folder), people.images[0] > 0, SPACING)
    assert set(courses) == {"ventricles", "cortical-grey", "white-matter", "deep-grey", "hippocampus", "amygdala"}
    variant = reshaped(people.images[0], courses, SPACING, np.random.default_rng(0))
    assert 0.9 < np.count_nonzero(variant) / np.count_nonzero(people.images[0]) < 1.1

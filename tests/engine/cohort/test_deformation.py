"""Volumes change as asked, points only flow, and nothing moves at the skull."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cohort.deformation import (
    FollowUp,
    compose,
    exponential,
    follow_up,
    jacobian,
    random_velocity,
    velocity_of_divergence,
    warp,
)

SPACING = (2.0, 2.0, 2.5)
SHAPE = (41, 47, 38)
ASKED = {"hollow": 0.4, "tissue": -0.06}


def distance_from_centre() -> np.ndarray:
    index = np.moveaxis(np.indices(SHAPE, dtype=float), 0, -1) * SPACING
    return np.linalg.norm(index - index.reshape(-1, 3).mean(axis=0), axis=-1)


@pytest.fixture(scope="module")
def regions() -> dict[str, np.ndarray]:
    distance = distance_from_centre()
    return {"hollow": distance < 10.0, "tissue": (distance >= 10.0) & (distance < 30.0)}


@pytest.fixture(scope="module")
def inside() -> np.ndarray:
    return distance_from_centre() < 38.0


@pytest.fixture(scope="module")
def later(regions: dict[str, np.ndarray], inside: np.ndarray) -> FollowUp:
    return follow_up(regions, ASKED, inside, SPACING)


def test_regions_change_their_volume_as_asked(later: FollowUp, regions: dict[str, np.ndarray]) -> None:
    for name, change in ASKED.items():
        assert later.achieved[name] == pytest.approx(change, rel=0.05)
        # Another way to the same volume: the sum of local volume ratios over the region before.
        assert later.jacobian[regions[name]].mean() - 1.0 == pytest.approx(change, abs=0.015)


def test_a_follow_up_folds_nowhere(later: FollowUp) -> None:
    assert later.jacobian.min() > 0.0


def test_nothing_moves_outside_the_brain(later: FollowUp, inside: np.ndarray) -> None:
    assert np.all(later.forward[:, ~inside] == 0.0)
    assert np.all(later.backward[:, ~inside] == 0.0)


def test_backward_undoes_forward(later: FollowUp) -> None:
    there_and_back = compose(later.forward, later.backward, SPACING)
    assert np.abs(there_and_back).max() < 0.1 < np.abs(later.forward).max()


def test_no_change_moves_nothing(regions: dict[str, np.ndarray], inside: np.ndarray) -> None:
    assert np.all(follow_up(regions, dict.fromkeys(regions, 0.0), inside, SPACING).forward == 0.0)


def test_changes_must_name_every_region(regions: dict[str, np.ndarray], inside: np.ndarray) -> None:
    with pytest.raises(ValueError, match="differ"):
        follow_up(regions, {"hollow": 0.1}, inside, SPACING)


def test_changes_that_contradict_each_other_are_refused() -> None:
    everything = np.ones((9, 10, 11), bool)
    with pytest.raises(ValueError, match="could not be met"):
        follow_up({"all": everything}, {"all": 0.5}, everything, SPACING, rounds=4)


def test_the_solved_velocity_has_the_asked_divergence() -> None:
    x, y, z = (np.cos(np.pi * 2 * (np.arange(n) + 0.5) / n) for n in SHAPE)
    divergence = x[:, None, None] * y[None, :, None] * z[None, None, :]
    velocity = velocity_of_divergence(divergence, SPACING)
    found = sum(np.gradient(velocity[axis], SPACING[axis], axis=axis) for axis in range(3))
    inner = (slice(3, -3),) * 3
    # Central differences against the solver's own second differences: 2 % apart at this wavelength.
    assert np.abs(found - divergence)[inner].max() < 0.04


def test_the_flow_of_a_uniform_expansion_is_exponential() -> None:
    index = np.moveaxis(np.indices(SHAPE, dtype=float), 0, -1) * SPACING
    offset = np.moveaxis(index - index.reshape(-1, 3).mean(axis=0), -1, 0)
    displacement = exponential(-0.1 * offset, SPACING)
    np.testing.assert_allclose(displacement, (np.exp(-0.1) - 1.0) * offset, atol=0.02)
    np.testing.assert_allclose(jacobian(displacement, SPACING), np.exp(-0.3), atol=0.01)


def test_a_random_velocity_is_repeatable_has_the_asked_size_and_flows_without_folding() -> None:
    first, again = (random_velocity(SHAPE, SPACING, 8.0, 3.0, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.sqrt(np.mean(first**2)) == pytest.approx(3.0)
    assert jacobian(exponential(first, SPACING), SPACING).min() > 0.0


def test_warping_reads_where_the_displacement_points() -> None:
    image = np.random.default_rng(0).random(SHAPE)
    displacement = np.zeros((3, *SHAPE))
    displacement[2] = 2 * SPACING[2]
    np.testing.assert_allclose(warp(image, displacement, SPACING)[:, :, :-2], image[:, :, 2:])

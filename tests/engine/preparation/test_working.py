import numpy as np
import pytest

from engine.preparation.working import working_copy
from engine.volume import Volume, voxel_from_world, world_from_voxel


def _ball(shape: tuple[int, int, int], affine: np.ndarray, centre_world: np.ndarray, radius: float) -> Volume:
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    distance = np.linalg.norm(world_from_voxel(affine, index) - centre_world, axis=-1)
    return Volume((100 * (distance < radius)).astype(np.float32), affine)


@pytest.mark.parametrize("shear", [0.0, 0.12])
def test_a_sharp_oblique_or_sheared_scan_keeps_its_place_on_an_orthogonal_2_mm_grid(shear: float) -> None:
    turn = np.array([[0.96, -0.28, 0], [0.28, 0.96, 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn * [1.0, 0.9, 1.2]
    affine[:3, 2] += shear * affine[:3, 1]
    affine[:3, 3] = [-30, -50, -25]
    centre = world_from_voxel(affine, np.array([40.0, 50.0, 30.0]))
    working = working_copy(_ball((81, 101, 63), affine, centre, 12), 2.0)
    grid = working.volume.grid
    np.testing.assert_allclose(grid.affine[:3, :3].T @ grid.affine[:3, :3], 4 * np.eye(3), atol=1e-9)
    weights = working.volume.data
    found = np.array([(weights.sum(axis=tuple({0, 1, 2} - {a})) * np.arange(grid.shape[a])).sum() for a in range(3)])
    np.testing.assert_allclose(world_from_voxel(grid.affine, found / weights.sum()), centre, atol=0.15)
    corners = world_from_voxel(affine, np.array([[0, 0, 0], [80, 100, 62], [80, 0, 62]]))
    inside = voxel_from_world(grid.affine, corners)
    assert (inside > -0.6).all()
    assert (inside < np.array(grid.shape) - 0.4).all()


def test_a_two_millimetre_scan_is_left_on_its_own_voxels() -> None:
    affine = np.diag([2.0, 1.95, 2.0, 1.0])
    scan = _ball((40, 41, 42), affine, np.array([40.0, 40, 40]), 30)
    working = working_copy(scan, 2.0)
    np.testing.assert_array_equal(working.volume.affine, affine)
    np.testing.assert_allclose(working.volume.data / working.gain + working.offset, scan.data, atol=1e-4)


def test_units_and_single_wild_voxels_change_nothing() -> None:
    rng = np.random.default_rng(0)
    scan = rng.random((50, 51, 52), dtype=np.float32) * 200
    affine = np.eye(4)
    reference = working_copy(Volume(scan, affine), 2.0).volume.data
    wild = scan * np.float32(1e9)
    wild[25, 25, 25] = 1e20
    found = working_copy(Volume(wild, affine), 2.0).volume.data
    assert np.abs(found - reference)[:8].max() < 1e-2
    below_zero = working_copy(Volume(scan - 1000, affine), 2.0)
    assert below_zero.offset == pytest.approx(-1000, abs=1)
    np.testing.assert_allclose(below_zero.volume.data, reference, atol=1.5)


def test_a_cut_out_brain_keeps_a_bright_rim() -> None:
    brain = _ball((81, 81, 81), np.eye(4), np.array([40.0, 40, 40]), 30)
    working = working_copy(brain, 2.0, brain.data > 0)
    index = np.stack(np.meshgrid(*map(np.arange, working.volume.data.shape), indexing="ij"), axis=-1)
    distance = np.linalg.norm(world_from_voxel(working.volume.affine, index) - 40, axis=-1)
    rim = working.volume.data[(distance > 26) & (distance < 29)]
    assert rim.min() > 0.97 * working.volume.data[distance < 20].mean()

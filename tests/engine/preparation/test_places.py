"""A point of the brain has the same world coordinates in the file, on the model's grid, and in what is exported."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from engine.export import Provenance, write_volume
from engine.preparation import Recipe, carry_back, prepare
from engine.scans import open_scan
from engine.volume import Affine, Volume, world_from_voxel

RECIPE = Recipe((40, 48, 40), ((4.0, 0, 0, -78), (0, 4.0, 0, -111), (0, 0, 4.0, -71), (0, 0, 0, 1)), working_mm=4.0)
MIDDLE, HALF_AXES = np.array([0.0, -17, 7]), np.array([60.0, 72, 58])
# A tenth of the grid's 4 mm. The marker's centre is found by a weighted mean in noise: 0.15 mm off in the scan itself.
TOLERANCE_MM = 0.4
MADE = Provenance(kind="synthetic", description="A brain with a marker.", form="model")


def points(shape: tuple[int, ...], affine: Affine) -> np.ndarray:
    """World coordinates (X, Y, Z, 3) of all voxels, by nibabel."""
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return np.asarray(nib.affines.apply_affine(affine, index))


def bump(world: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.exp(-(np.linalg.norm(world - where, axis=-1) ** 2) / (2 * 8.0**2))


def centre(spot: np.ndarray, affine: Affine) -> np.ndarray:
    """Where the highest hill of ``spot`` lies in the world, by the weighted mean of what is around its top."""
    world = points(spot.shape, affine)
    top = world[np.unravel_index(spot.argmax(), spot.shape)]
    weight = np.clip(spot - 0.4 * spot.max(), 0, None) * (np.linalg.norm(world - top, axis=-1) < 16)
    return np.asarray((world * weight[..., None]).sum(axis=(0, 1, 2)) / weight.sum())


def darkness(image: nib.Nifti1Image) -> np.ndarray:
    """How much darker than usual each voxel deep in the brain is; 0 elsewhere: resampling darkens the rim."""
    brain = image.get_fdata()
    deep = np.linalg.norm((points(brain.shape, image.affine) - MIDDLE) / HALF_AXES, axis=-1) < 0.8
    return np.where(deep, np.median(brain[deep]) - brain, 0)


@st.composite
def affines(draw: st.DrawFn) -> tuple[Affine, tuple[int, int, int]]:
    """A grid over the whole brain: any rotation and flip, uneven voxels, sheared a little."""
    rotation = Rotation.from_euler("xyz", draw(st.tuples(*[st.floats(-3.1, 3.1)] * 3))).as_matrix()
    edges = np.array(draw(st.tuples(*[st.floats(2.0, 4.0)] * 3)))
    matrix = rotation * edges * np.array(draw(st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3)))
    matrix[:, 0] += draw(st.floats(-0.08, 0.08)) * matrix[:, 1]
    corners = np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, 8).T * (HALF_AXES + 8)
    reach = np.abs(corners @ np.linalg.inv(matrix).T).max(axis=0)
    shape = np.ceil(2 * reach).astype(int) + np.array(draw(st.tuples(*[st.integers(0, 3)] * 3)))
    affine = np.eye(4)
    affine[:3, :3] = matrix
    affine[:3, 3] = MIDDLE - matrix @ ((shape - 1) / 2)
    return affine, (int(shape[0]), int(shape[1]), int(shape[2]))


# Without shrinking, which would take minutes: the errors in millimetres tell enough.
@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(
    grid=affines(),
    direction=st.tuples(*[st.floats(-1, 1)] * 3),
    dtype=st.sampled_from(["uint8", "int16", "float32"]),
)
def test_a_marker_stays_where_it_is_on_the_way_in_and_out(
    tmp_path_factory: pytest.TempPathFactory,
    grid: tuple[Affine, tuple[int, int, int]],
    direction: tuple[float, float, float],
    dtype: str,
) -> None:
    affine, shape = grid
    folder = tmp_path_factory.mktemp("marker")
    marker = MIDDLE + 0.35 * HALF_AXES * np.array(direction)
    world = points(shape, affine)
    inside = np.linalg.norm((world - MIDDLE) / HALF_AXES, axis=-1) < 1
    tissue = 100 + np.random.default_rng(0).uniform(-8, 8, shape)
    # Dark, because what is much brighter than the brain is cut off at 1.
    brain = inside * (tissue - 80 * bump(world, marker))
    nib.save(nib.Nifti1Image(brain.astype(dtype), affine), folder / "scan.nii.gz")

    scan = open_scan(folder / "scan.nii.gz")
    with pytest.MonkeyPatch.context() as patch:
        # Evening out brightness takes seconds and moves nothing.
        patch.setattr("engine.preparation.pipeline.bias_field", lambda volume, mask: np.ones_like(volume.data))
        prepared = prepare(scan, RECIPE, stripped=True, registered=True, cached=False)
    change = bump(points(RECIPE.shape, RECIPE.grid.affine), marker).astype(np.float32)
    native = {
        "plain": carry_back(prepared.volume, prepared, scan, "plain"),
        "change": carry_back(Volume(change, RECIPE.grid.affine), prepared, scan, "change"),
    }
    write_volume(folder / "model.nii.gz", prepared.volume, MADE)
    for name, volume in native.items():
        write_volume(folder / f"{name}.nii.gz", volume, MADE, like=scan.header)

    images = {name: nib.load(folder / f"{name}.nii.gz") for name in ("scan", "model", "plain", "change")}
    spots = {name: darkness(images[name]) for name in ("scan", "model", "plain")}
    spots["change"] = images["change"].get_fdata() - images["scan"].get_fdata()
    found = {name: centre(spot, images[name].affine) for name, spot in spots.items()}
    off_mm = {name: float(np.linalg.norm(where - marker)) for name, where in found.items()}
    assert max(off_mm.values()) < TOLERANCE_MM, off_mm
    for name in native:
        assert images[name].shape == shape
        np.testing.assert_allclose(images[name].affine, images["scan"].affine, atol=1e-4)
    np.testing.assert_allclose(
        world_from_voxel(images["model"].affine, np.zeros(3)), RECIPE.grid.affine[:3, 3], atol=1e-4
    )

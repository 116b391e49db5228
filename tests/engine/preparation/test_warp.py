"""A warp behind the affine: there, back, and kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from engine.preparation import COMPACT_RECIPE, Prepared, carry_back, move_back, prepare
from engine.preparation import cache as cache_module
from engine.preparation.place import Place, Warp
from engine.preparation.registration import warp_to
from engine.scans import Scan, open_scan
from engine.volume import Grid, Volume, voxel_from_world, world_from_voxel

# Tests need the shape of the way, not the best fit.
QUICK = (15, 10, 0)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache_module, "folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def world_of(grid: Grid) -> np.ndarray:
    return world_from_voxel(grid.affine, np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1))


def known_warp() -> Warp:
    """Points near the middle move by up to 6 mm on the way into the model, with the exact inverse."""
    affine = np.diag([2.0, 2, 2, 1])
    affine[:3, 3] = [-79, -112, -72]
    points = world_of(Grid((80, 96, 80), affine))

    def moved(points: np.ndarray) -> np.ndarray:
        near = np.exp(-(np.linalg.norm(points - [0, -17, 7], axis=-1) ** 2) / (2 * 30.0**2))
        return points + 6 * near[..., None] * np.array([0.6, 0.8, 0])

    inverse = points.copy()
    for _ in range(50):
        inverse += points - moved(inverse)
    assert np.abs(moved(inverse) - points).max() < 1e-6
    return Warp((moved(points) - points).astype(np.float16), (inverse - points).astype(np.float16), affine)


def warped() -> tuple[Scan, Prepared]:
    """A native scan, oblique and anisotropic, with a known affine and a known warp to the model's grid."""
    from engine.scans.header import ScanHeader

    affine = np.eye(4)
    affine[:3, :3] = np.array([[0.98, -0.2, 0], [0.2, 0.98, 0], [0, 0, 1]]) * [1.4, 1.2, 2.5]
    affine[:3, 3] = [-80, -100, -60]
    data = np.random.default_rng(5).normal(500, 60, (110, 140, 60)).astype(np.float32)
    header = ScanHeader(Path("n.nii"), "NIfTI-1", "scan", data.shape, (1, 1, 1), "RAS", "f4", affine, 1, (), (), True)
    scan = Scan(Volume(data, affine), header, ())
    model_from_native = np.eye(4)
    model_from_native[:3, :3] = np.array([[1.05, 0, 0.03], [0, 1.1, 0.05], [0, -0.06, 1.08]])
    model_from_native[:3, 3] = [2, -9, -5]
    place = Place(model_from_native, known_warp())
    mask = np.linalg.norm((place.to_model(world_of(scan.volume.grid)) - [0, -17, 7]) / [65, 80, 65], axis=-1) < 1
    grid = COMPACT_RECIPE.grid
    field = (0.4 + 0.002 * (world_of(grid)[..., 0] + 79)).astype(np.float16)
    volume = Volume(np.zeros(grid.shape, np.float32), grid.affine)
    prepared = Prepared(
        volume, scan.volume.grid, model_from_native, 0.002, 0.0, mask, (), (), bias_field=field, warp=place.warp
    )
    return scan, prepared


def test_the_way_back_undoes_the_way_there() -> None:
    _, prepared = warped()
    points = np.random.default_rng(0).uniform(-50, 40, (500, 3))
    assert np.abs(prepared.place.to_native(prepared.place.to_model(points)) - points).max() < 0.05
    far = np.linalg.norm(prepared.place.to_model(points) - Place(prepared.model_from_native).to_model(points), axis=1)
    assert far.max() > 5


@pytest.mark.parametrize("form", ["change", "plain"])
def test_what_is_drawn_in_model_space_lands_where_the_warp_leads(form: str) -> None:
    scan, prepared = warped()
    where_model = np.array([21.0, -30.0, 20.0])
    grid = COMPACT_RECIPE.grid
    bump = 0.3 * np.exp(-(np.linalg.norm(world_of(grid) - where_model, axis=-1) ** 2) / (2 * 6.0**2))
    back = carry_back(Volume(bump.astype(np.float32), grid.affine), prepared, scan, form).data
    carried = np.maximum(back - scan.volume.data if form == "change" else back, 0)
    carried[carried < 0.2 * carried.max()] = 0
    centre = np.array(ndimage.center_of_mass(carried))
    wanted = voxel_from_world(scan.volume.affine, prepared.place.to_native(where_model))
    off_mm = world_from_voxel(scan.volume.affine, centre) - world_from_voxel(scan.volume.affine, wanted)
    assert np.linalg.norm(off_mm) < 0.3
    by_affine_alone = voxel_from_world(prepared.model_from_native, where_model)
    assert np.linalg.norm(by_affine_alone - prepared.place.to_native(where_model)) > 3
    # In the scan's own brightness there: 0.6 of an evenly lit one.
    assert carried.max() == pytest.approx(0.3 / 0.002 * 0.6, rel=0.05)


def test_a_plain_brain_is_nowhere_below_what_the_scan_holds() -> None:
    scan, prepared = warped()
    grid = COMPACT_RECIPE.grid
    block = (np.abs(world_of(grid) - [21.0, -30.0, 20.0]) < 10).all(axis=-1).astype(np.float32)
    back = carry_back(Volume(block, grid.affine), prepared, scan, "plain").data
    assert scan.volume.data.min() >= 0 and back.min() == 0 and back.max() > 100


@pytest.mark.parametrize(("by_warp", "most_mm"), [(False, 0.05), (True, 0.4)])
def test_marks_all_over_the_brain_land_where_they_belong(by_warp: bool, most_mm: float) -> None:
    """The warp bends a mark of 6 mm itself, which moves its centre by some tenths of a millimetre."""
    scan, prepared = warped()
    prepared = prepared if by_warp else replace(prepared, warp=None, bias_field=None)
    grid = COMPACT_RECIPE.grid
    off_mm = []
    for where_model in np.random.default_rng(0).uniform([-35, -50, -15], [35, 20, 35], (6, 3)):
        mark = np.exp(-(np.linalg.norm(world_of(grid) - where_model, axis=-1) ** 2) / (2 * 6.0**2))
        back = carry_back(Volume((0.3 * mark).astype(np.float32), grid.affine), prepared, scan, "change")
        added = back.data - scan.volume.data
        centre = ndimage.center_of_mass(np.where(added > 0.2 * added.max(), added, 0))
        found = world_from_voxel(scan.volume.affine, np.array(centre))
        off_mm.append(float(np.linalg.norm(found - prepared.place.to_native(where_model))))
    print(f"off by {np.mean(off_mm):.3f} mm on average, {max(off_mm):.3f} at most")
    assert max(off_mm) < most_mm, off_mm


def test_no_change_gives_the_scan_back_bit_for_bit() -> None:
    scan, prepared = warped()
    assert carry_back(prepared.volume, prepared, scan, "change").data.tobytes() == scan.volume.data.tobytes()


@pytest.mark.parametrize(("by_warp", "most_mm"), [(False, 0.01), (True, 0.1)])
def test_tissue_that_moves_shows_what_lay_where_it_looks(by_warp: bool, most_mm: float) -> None:
    """A scan whose grey values are millimetres along its own y, moved by 2 mm along the model's y."""
    scan, prepared = warped()
    prepared = prepared if by_warp else replace(prepared, warp=None)
    native, grid = world_of(scan.volume.grid), COMPACT_RECIPE.grid
    scan = replace(scan, volume=Volume(native[..., 1].astype(np.float32), scan.volume.affine))
    movement = np.zeros((3, *grid.shape), np.float32)
    movement[1], shift = 1.0, np.array([0, 2.0, 0])  # a voxel of 2 mm
    back = move_back(movement, grid.affine, prepared, scan).data
    depth = ndimage.distance_transform_edt(np.pad(prepared.mask, 1), sampling=scan.volume.spacing)[1:-1, 1:-1, 1:-1]
    deep = depth > 4
    wanted = prepared.place.to_native(prepared.place.to_model(native[deep]) + shift)[:, 1]
    assert np.abs(wanted - native[deep][:, 1]).max() > 1.5
    assert np.abs(back[deep] - wanted).max() < most_mm
    assert np.array_equal(back[~prepared.mask], scan.volume.data[~prepared.mask])
    still = move_back(0 * movement, grid.affine, prepared, scan).data
    assert still.tobytes() == scan.volume.data.tobytes()


def test_a_kept_warp_is_found_again(own_cache: Path) -> None:
    _, prepared = warped()
    cache_module.store("kept", prepared)
    found = cache_module.load("kept")
    assert found is not None
    assert found.warp is not None
    assert prepared.warp is not None
    for name in ("into_model", "out_of_model", "affine"):
        np.testing.assert_array_equal(getattr(found.warp, name), getattr(prepared.warp, name))
    np.testing.assert_array_equal(found.bias_field, prepared.bias_field)


@pytest.mark.slow
def test_syn_brings_a_deformed_brain_closer_and_knows_the_way_back(
    monkeypatch: pytest.MonkeyPatch, shared: Path
) -> None:
    monkeypatch.setattr("engine.preparation.registration._SYN_ITERATIONS", QUICK)
    name = "sub-IXI201_space-MNI152_res-2_desc-brain_T1w.nii.gz"
    still = open_scan(shared / "data/ixi/sub-IXI201/anat" / name).volume
    deformed = Volume(Place(np.eye(4), known_warp()).onto_model(still, still.grid, order=1), still.affine)
    place = Place(np.eye(4), warp_to(still, np.eye(4), deformed))
    brought = place.onto_model(still, still.grid, order=1)
    before, after = (np.abs(data - deformed.data)[deformed.data > 0].mean() for data in (still.data, brought))
    assert after < 0.6 * before
    points = world_from_voxel(still.affine, np.argwhere(deformed.data > 0)[::499])
    off_mm = np.linalg.norm(place.to_model(points) - Place(np.eye(4), known_warp()).to_model(points), axis=-1)
    assert off_mm.mean() < 1.0
    assert np.abs(place.to_native(place.to_model(points)) - points).max() < 0.5


@pytest.mark.slow
def test_a_recipe_that_wants_syn_gets_it_step_by_step(
    monkeypatch: pytest.MonkeyPatch, shared: Path, own_cache: Path
) -> None:
    monkeypatch.setattr("engine.preparation.registration._SYN_ITERATIONS", QUICK)
    name = "sub-IXI201_space-MNI152_res-2_desc-brain_T1w.nii.gz"
    scan = open_scan(shared / "data/ixi/sub-IXI201/anat" / name)
    recipe = replace(COMPACT_RECIPE, registration="syn")
    steps: list[tuple[int, int, str]] = []
    told = {"stripped": True, "registered": False}
    prepared = prepare(scan, recipe, progress=lambda *step: steps.append(step), **told)
    assert [step[:2] for step in steps] == [(k, 6) for k in range(1, 7)]
    assert steps[4][2] == "registration (SyN to MNI152)"
    assert prepared.warp is not None
    assert prepare(scan, recipe, progress=lambda *step: pytest.fail("made again"), **told).warp is not None
    assert len(list(own_cache.iterdir())) == 1


def test_a_change_comes_back_in_the_scans_own_brightness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A coil that lights one side three times as brightly as the other."""
    grid = COMPACT_RECIPE.grid
    world = world_of(grid)
    inside = np.linalg.norm((world - [0, -17, 7]) / [60, 72, 58], axis=-1) < 1
    field = (0.5 + (world[..., 0] + 79) / 158).astype(np.float32)
    nib.save(nib.Nifti1Image((inside * 400 * field).astype(np.float32), grid.affine), tmp_path / "lit.nii.gz")
    scan = open_scan(tmp_path / "lit.nii.gz")
    monkeypatch.setattr("engine.preparation.pipeline.bias_field", lambda volume, mask: field)
    nib.save(nib.Nifti1Image(inside.astype(np.uint8), grid.affine), tmp_path / "mask.nii.gz")
    prepared = prepare(scan, registered=True, mask=tmp_path / "mask.nii.gz", cached=False)
    deep = np.linalg.norm((world - [0, -17, 7]) / [60, 72, 58], axis=-1) < 0.8
    tenth = carry_back(Volume(prepared.volume.data / 10, grid.affine), prepared, scan, "change").data
    np.testing.assert_allclose(tenth[deep], scan.volume.data[deep] * 1.1, rtol=2e-3)
    plain = carry_back(prepared.volume, prepared, scan, "plain").data
    np.testing.assert_allclose(plain[deep], scan.volume.data[deep], rtol=2e-3)

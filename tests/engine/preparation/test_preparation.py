from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.errors import Cancelled, PreparationError
from engine.preparation import COMPACT_RECIPE, Prepared, Recipe, already_on_grid, carry_back, prepare, prepared_before
from engine.preparation import cache as cache_module
from engine.scans import Kind, Scan, open_scan
from engine.volume import Volume, resample, voxel_from_world, world_from_voxel


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache_module, "folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def _brain_on_grid(dtype: str = "uint8", top: float = 255) -> np.ndarray:
    """An ellipsoid with a darker middle, of a brain's size, on the model's grid."""
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n) for n in COMPACT_RECIPE.shape], indexing="ij")
    radius = np.sqrt((x / 0.85) ** 2 + (y / 0.9) ** 2 + (z / 0.85) ** 2)
    return (top * (radius < 1) * (0.4 + 0.6 * np.minimum(radius, 1))).astype(dtype)


def _scan(path: Path, data: np.ndarray, affine: np.ndarray = COMPACT_RECIPE.grid.affine) -> Scan:
    nib.save(nib.Nifti1Image(data, affine), path)
    return open_scan(path)


def test_a_recipe_survives_its_manifest() -> None:
    import json

    assert Recipe.from_json(json.loads(json.dumps(COMPACT_RECIPE.to_json()))) == COMPACT_RECIPE


@pytest.mark.parametrize(
    ("dtype", "top", "scale"), [("uint8", 255, 1 / 255), ("int16", 32767, 1 / 32767), ("float32", 1.0, 1.0)]
)
def test_a_scan_on_the_grid_is_taken_as_it_is(tmp_path: Path, dtype: str, top: float, scale: float) -> None:
    data = _brain_on_grid(dtype, top)
    prepared = prepare(_scan(tmp_path / "scan.nii.gz", data))
    np.testing.assert_allclose(prepared.volume.data, data * scale, atol=1e-6)
    assert prepared.steps == ("already on the model's grid: taken as it is",)
    assert prepared.intensity_scale == pytest.approx(scale)


def test_floats_beyond_one_on_the_grid_follow_the_intensity_rule(tmp_path: Path) -> None:
    data = _brain_on_grid("float32", 900)
    prepared = prepare(_scan(tmp_path / "scan.nii.gz", data))
    assert np.percentile(prepared.volume.data[data > 0], 98) == pytest.approx(230 / 255, abs=1e-3)


@pytest.mark.parametrize(("kind", "taken"), [("copy", True), ("synthetic", True), ("scan", False)])
def test_what_a_model_drew_on_its_grid_needs_no_empty_background(tmp_path: Path, kind: Kind, taken: bool) -> None:
    drawn = np.maximum(_brain_on_grid("float32", 0.9), 0.01)
    scan = _scan(tmp_path / "drawn.nii.gz", drawn.astype(np.float32))
    marked = replace(scan, header=replace(scan.header, kind=kind))
    assert already_on_grid(marked, COMPACT_RECIPE) is taken
    bright = replace(marked, volume=Volume(marked.volume.data * 900, marked.volume.affine))
    assert not already_on_grid(bright, COMPACT_RECIPE)


def test_a_registered_brain_on_another_grid_is_only_resampled(tmp_path: Path) -> None:
    finer = COMPACT_RECIPE.grid.affine @ np.diag([0.75, 0.75, 0.75, 1])
    finer[:3, 3] += 5
    grid = Volume(_brain_on_grid("float32"), COMPACT_RECIPE.grid.affine)
    scan = resample(grid, replace(grid.grid, shape=(104, 122, 104), affine=finer), order=1)
    prepared = prepare(_scan(tmp_path / "mni.nii.gz", scan.data, finer), registered=True)
    np.testing.assert_allclose(prepared.model_from_native, np.eye(4))
    assert "registration: already done" in prepared.steps
    assert "brain extraction: already done" in prepared.steps
    both = (prepared.volume.data > 0) & (grid.data > 0)
    assert 2 * both.sum() / ((prepared.volume.data > 0).sum() + (grid.data > 0).sum()) > 0.97


def test_cancel_stops_between_steps_and_leaves_nothing(tmp_path: Path, own_cache: Path) -> None:
    scan = _scan(tmp_path / "scan.nii.gz", _brain_on_grid(), np.diag([2.0, 2, 2, 1]))
    seen: list[int] = []
    with pytest.raises(Cancelled):
        prepare(scan, stripped=True, progress=lambda step, of, what: seen.append(step), cancel=lambda: len(seen) == 2)
    assert seen == [1, 2]
    assert not own_cache.exists()


def test_a_scan_without_a_brain_is_refused_in_a_sentence(tmp_path: Path) -> None:
    data = np.zeros((60, 61, 62), np.float32)
    data[30:34, 30:34, 30:34] = np.arange(64).reshape(4, 4, 4)
    with pytest.raises(PreparationError) as caught:
        prepare(_scan(tmp_path / "dot.nii.gz", data, np.diag([2.0, 2, 2, 1])), stripped=True)
    assert str(caught.value) == (
        "dot.nii.gz shows no brain that could be found: choose a T1 head, or give a mask (--mask FILE)."
    )


def test_a_kept_result_is_found_again_and_a_damaged_one_made_anew(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = COMPACT_RECIPE.grid.affine.copy()
    beside[0, 3] += 1
    scan = _scan(tmp_path / "scan.nii.gz", _brain_on_grid(), beside)
    first = prepare(scan, registered=True)
    (kept,) = own_cache.iterdir()
    assert kept.suffix == ".npz"
    monkeypatch.setattr("engine.preparation.pipeline._from_scratch", lambda *_: pytest.fail("made again"))
    second = prepare(scan, registered=True)
    for name in ("steps", "checks", "intensity_scale", "intensity_offset"):
        assert getattr(second, name) == getattr(first, name)
    np.testing.assert_array_equal(second.volume.data, first.volume.data)
    np.testing.assert_array_equal(second.mask, first.mask)
    np.testing.assert_array_equal(second.model_from_native, first.model_from_native)
    monkeypatch.undo()
    monkeypatch.setattr(cache_module, "folder", lambda: own_cache)
    kept.write_bytes(kept.read_bytes()[:1000])
    np.testing.assert_array_equal(prepare(scan, registered=True).volume.data, first.volume.data)


def test_people_on_the_grid_are_told_fit_and_leave_the_cache_to_others(shared: Path, own_cache: Path) -> None:
    """The grid ends within the medulla of many, this one's among them."""
    name = "sub-IXI014/anat/sub-IXI014_space-MNI152_res-2_desc-brain_T1w.nii.gz"
    scan = open_scan(shared / "data/ixi" / name)
    assert [check.sentence for check in prepare(scan).checks if check.warning] == []
    assert not own_cache.exists()
    assert prepared_before(scan) is not None


def _placed() -> tuple[Scan, Prepared]:
    """A noisy native scan, oblique and anisotropic, with a known affine to the model's grid."""
    from engine.scans.header import ScanHeader

    native = np.eye(4)
    native[:3, :3] = np.array([[0.98, -0.2, 0], [0.2, 0.98, 0], [0, 0, 1]]) * [1.4, 1.2, 2.5]
    native[:3, 3] = [-80, -100, -60]
    data = np.random.default_rng(5).normal(500, 60, (110, 140, 60)).astype(np.float32)
    header = ScanHeader(
        Path("n.nii"), "NIfTI-1", "scan", data.shape, (1, 1, 1), "RAS", "float32", native, 1, (), (), True
    )
    scan = Scan(Volume(data, native), header, ())
    model_from_native = np.eye(4)
    model_from_native[:3, :3] = np.array([[1.05, 0, 0.03], [0, 1.1, 0.05], [0, -0.06, 1.08]])
    model_from_native[:3, 3] = [2, -9, -5]
    index = np.stack(np.meshgrid(*map(np.arange, data.shape), indexing="ij"), axis=-1)
    mni = world_from_voxel(model_from_native, world_from_voxel(native, index))
    mask = np.linalg.norm((mni - [0, -17, 7]) / [65, 80, 65], axis=-1) < 1
    volume = Volume(np.zeros(COMPACT_RECIPE.shape, np.float32), COMPACT_RECIPE.grid.affine)
    return scan, Prepared(volume, scan.volume.grid, model_from_native, 0.002, 0.0, mask, (), ())


def test_no_change_gives_the_scan_back_bit_for_bit() -> None:
    scan, prepared = _placed()
    back = carry_back(prepared.volume, prepared, scan, "change")
    assert back.data.tobytes() == scan.volume.data.tobytes()
    np.testing.assert_array_equal(back.affine, scan.volume.affine)


def test_a_change_lands_where_it_was_made_in_the_scans_units() -> None:
    scan, prepared = _placed()
    grid = COMPACT_RECIPE.grid
    where_mni = np.array([21.0, -30.0, 20.0])
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    bump = np.exp(-(np.linalg.norm(world_from_voxel(grid.affine, index) - where_mni, axis=-1) ** 2) / (2 * 6.0**2))
    back = carry_back(Volume((0.3 * bump).astype(np.float32), grid.affine), prepared, scan, "change")
    change = back.data - scan.volume.data
    weight = np.maximum(change, 0)
    voxels = np.stack(np.meshgrid(*map(np.arange, change.shape), indexing="ij"), axis=-1)
    centre = (voxels * weight[..., None]).sum(axis=(0, 1, 2)) / weight.sum()
    wanted = voxel_from_world(scan.volume.affine, voxel_from_world(prepared.model_from_native, where_mni))
    off_mm = np.abs(world_from_voxel(scan.volume.affine, centre) - world_from_voxel(scan.volume.affine, wanted))
    assert off_mm.max() < 0.2
    assert change.max() == pytest.approx(0.3 / 0.002, rel=0.05)


def test_outside_the_brain_the_scans_own_bits_stay() -> None:
    scan, prepared = _placed()
    change = Volume(np.full(COMPACT_RECIPE.shape, 0.1, np.float32), COMPACT_RECIPE.grid.affine)
    back = carry_back(change, prepared, scan, "change")
    outside = ~prepared.mask
    assert back.data[outside].tobytes() == scan.volume.data[outside].tobytes()
    added = (back.data - scan.volume.data)[prepared.mask]
    assert 0 < added.min() < 25
    assert np.median(added) == pytest.approx(50, rel=0.02)


def test_the_plain_form_holds_no_voxel_of_the_scan() -> None:
    scan, prepared = _placed()
    plain = Volume(np.full(COMPACT_RECIPE.shape, 0.5, np.float32), COMPACT_RECIPE.grid.affine)
    back = carry_back(plain, prepared, scan, "plain")
    assert (back.data[~prepared.mask] == 0).all()
    assert np.median(back.data[prepared.mask]) == pytest.approx(250, rel=0.01)


@pytest.mark.slow
def test_a_raw_head_comes_out_as_its_training_volume(shared: Path) -> None:
    person = "sub-IXI201"
    prepared = prepare(open_scan(shared / "data/ixi/raw" / f"{person}_T1w.nii.gz"))
    name = f"{person}/anat/{person}_space-MNI152_res-2_desc-brain_T1w.nii.gz"
    wanted = open_scan(shared / "data/ixi" / name).volume.data / np.float32(255)
    found = prepared.volume.data
    inside, reference = found > 0, wanted > 0
    assert 2 * (inside & reference).sum() / (inside.sum() + reference.sum()) > 0.99
    assert np.corrcoef(found[inside | reference], wanted[inside | reference])[0, 1] > 0.98
    assert not any(check.warning for check in prepared.checks)


@pytest.mark.slow
def test_a_sharp_oblique_head_stored_sideways_is_prepared(shared: Path) -> None:
    scan = open_scan(shared / "data/heads/adult_m41_philips_3t_1mm_sag.nii.gz")
    steps: list[tuple[int, int]] = []
    prepared = prepare(scan, progress=lambda step, of, what: steps.append((step, of)))
    assert steps == [(k, 5) for k in range(1, 6)]
    assert prepared.volume.grid.matches(COMPACT_RECIPE.grid)
    assert not any(check.warning for check in prepared.checks)
    laid_over = resample(scan.volume, prepared.volume.grid, np.linalg.inv(prepared.model_from_native)).data
    brain = prepared.volume.data > 0
    assert np.corrcoef(laid_over[brain], prepared.volume.data[brain])[0, 1] > 0.9
    back = carry_back(Volume(prepared.volume.data * 0, prepared.volume.affine), prepared, scan, "change")
    assert back.data.tobytes() == scan.volume.data.tobytes()

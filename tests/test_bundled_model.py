"""The model that comes along, on the demonstration subject that comes along."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

from engine.commands import main
from engine.model.integrity import verify
from engine.model.manifest import BUNDLED, read_manifest
from engine.volume import FloatArray

DEMO = Path(__file__).parents[1] / "resources" / "demo" / "sub-demo"
VISITS = [next((DEMO / session).rglob("*_T1w.nii.gz")) for session in ("ses-M000", "ses-M120")]


def _load(path: Path) -> FloatArray:
    return np.asarray(nib.load(path).dataobj, np.float32)


def _fluid_ml(volume: FloatArray) -> float:
    """Dark voxels deep inside the brain: the ventricles, for the most part."""
    deep = ndimage.binary_erosion(ndimage.binary_fill_holes(volume > 0.02), iterations=10)
    return float(((volume < 0.45) & deep).sum() * 0.008)


def _run(*words: object) -> int:
    return main([str(word) for word in words] + ["--quiet", "--device", "cpu"])


def test_the_bundle_is_whole_and_light() -> None:
    verify(BUNDLED, read_manifest())
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file()) <= 45_000_000


def test_its_figures_were_measured_on_people_it_never_saw() -> None:
    figures = read_manifest().figures
    for group, name in (("reconstruction", "roundtrip"), ("reconstruction", "autoencoder")):
        value, low, high = figures[group][name]["ssim"]
        assert low <= value <= high < 1
    assert figures["age"]["mae"][0] < figures["age"]["mae_mean"][1]
    assert figures["manipulation"]["directions"]["age"]["+20"]["percent"]["ventricles"][1] > 10
    assert figures["manipulation"]["directions"]["atrophy"]["+1"]["percent"]["ventricles"][1] > 10


def test_the_copy_of_the_demonstration_is_close_and_lies_where_the_scan_lies(tmp_path: Path) -> None:
    copy, scan = tmp_path / "copy.nii.gz", nib.load(VISITS[0])
    assert _run("reconstruct", VISITS[0], "-o", copy) == 0
    assert np.array_equal(nib.load(copy).affine, scan.affine)
    difference = np.abs(_load(copy) - _load(VISITS[0]) / 255)
    assert difference.mean() < 0.03
    assert difference[_load(VISITS[0]) == 0].mean() < 0.01


def test_fluid_grows_with_age_and_shrinks_with_youth(tmp_path: Path) -> None:
    fluid = []
    for years in (-15, 0, 15, 30):
        made = tmp_path / f"{years}.nii.gz"
        assert _run("edit", VISITS[0], "--set", f"age={years:+d}", "-o", made) == 0
        fluid.append(_fluid_ml(_load(made)))
    assert all(more > 1.05 * less for less, more in pairwise(fluid))


def test_an_edit_changes_places_and_is_no_mottle(tmp_path: Path) -> None:
    """Half of what twenty years change is wider than two voxels; white noise would keep a fiftieth of its energy."""
    volumes = []
    for years in (0, 20):
        made = tmp_path / f"{years}.nii.gz"
        assert _run("edit", VISITS[0], "--set", f"age={years:+d}", "-o", made) == 0
        volumes.append(_load(made))
    change = volumes[1] - volumes[0]
    kept = np.square(ndimage.gaussian_filter(change, 1.0)).sum() / np.square(change).sum()
    assert kept > 0.5


def test_in_the_scans_own_space_its_own_tissue_moves(tmp_path: Path) -> None:
    """Grey values are the scan's own: a picture laid over it would be darker or brighter than any of it."""
    made, scan = tmp_path / "native.nii.gz", nib.load(VISITS[0])
    assert _run("edit", VISITS[0], "--set", "age=+15", "--space", "native", "-o", made) == 0
    before, after = _load(VISITS[0]), _load(made)
    assert nib.load(made).get_data_dtype() == scan.get_data_dtype()
    assert _fluid_ml(after / 255) > 1.2 * _fluid_ml(before / 255)
    assert np.array_equal(after[before == 0], before[before == 0])
    deep = ndimage.binary_erosion(before > 0, iterations=4)
    nearby = ndimage.minimum_filter(before, 9), ndimage.maximum_filter(before, 9)
    known = (after >= nearby[0] - 12) & (after <= nearby[1] + 12)  # cubic splines swing a little beyond edges
    assert known[deep].mean() > 0.999


def test_the_middle_of_two_visits_lies_between_them(tmp_path: Path) -> None:
    assert _run("interpolate", *VISITS, "--times", "0,120", "--at", "0,60,120", "-o", tmp_path / "t") == 0
    timeline = json.loads((tmp_path / "t" / "timeline.json").read_text())
    assert [point["kind"] for point in timeline] == ["copy", "synthetic", "copy"]
    first, middle, last = (_fluid_ml(_load(tmp_path / "t" / point["file"])) for point in timeline)
    assert first < middle < last

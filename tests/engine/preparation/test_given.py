"""Scans prepared elsewhere, for a model that can only take them as given."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.errors import ModelError, PreparationError
from engine.preparation import Recipe, already_on_grid, carry_back, prepare
from engine.preparation.recipe import PUBLISHED_TEMPLATE, published_recipe
from engine.scans import Scan, open_scan
from engine.volume import Volume

RECIPE = published_recipe((128, 160, 128))


def _saved(path: Path, data: np.ndarray, affine: np.ndarray) -> Scan:
    nib.save(nib.Nifti1Image(data, affine), path)
    return open_scan(path)


@pytest.fixture(scope="module")
def template_scan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scan, np.ndarray]:
    """A file on the published template's grid, and its voxels in the file's order."""
    data = np.zeros(PUBLISHED_TEMPLATE.shape, np.float32)
    data[20:160, 20:200, 20:150] = np.random.default_rng(0).uniform(1, 900, (140, 180, 130))
    folder = tmp_path_factory.mktemp("given")
    return _saved(folder / "processed.nii.gz", data, PUBLISHED_TEMPLATE.affine), data


def test_the_published_grid_is_the_derived_one() -> None:
    expected = [[-1.5, 0, 0, 94.5], [0, 1.5, 0, -136.5], [0, 0, 1.5, -76.5], [0, 0, 0, 1]]
    assert np.array_equal(RECIPE.affine, expected)


def test_a_prepared_file_becomes_what_training_makes_of_it(template_scan: tuple[Scan, np.ndarray]) -> None:
    scan, data = template_scan
    prepared = prepare(scan, RECIPE, cached=False).volume.data
    assert prepared.shape == (128, 160, 128)
    # Voxel i of the 1.5 mm grid is voxel 1.5 i of the file: whole numbers for even i, and 3, 7, 3 voxels come before.
    assert np.allclose(prepared[3:125:2, 7:153:2, 3:125:2], data[::3, ::3, ::3] / data.max(), atol=1e-5)
    middle = (data[30, 30, 30] + data[31, 30, 30]) / 2
    odd = (data[31, 33, 33] + data[32, 33, 33]) / 2
    assert prepared[3 + 21, 7 + 22, 3 + 22] == pytest.approx(odd / data.max(), abs=1e-5)
    assert middle != odd
    assert (prepared.min(), prepared.max()) == (0.0, pytest.approx(1.0))


def test_a_change_is_carried_back_to_its_place(template_scan: tuple[Scan, np.ndarray]) -> None:
    scan, _ = template_scan
    prepared = prepare(scan, RECIPE, cached=False)
    change = np.zeros(RECIPE.shape, np.float32)
    change[40:50, 60:70, 50:60] = 0.1
    carried = carry_back(Volume(change, prepared.volume.affine), prepared, scan, "change")
    # In the file's order the cube begins at voxel 1.5 · (40 − 3) of the first axis, which opening turned round.
    where = np.argwhere(np.abs(carried.data - scan.volume.data) > 45)
    centre = where.mean(0)
    expected = (181 - 1.5 * (44.5 - 3), 1.5 * (64.5 - 7), 1.5 * (54.5 - 3))
    assert np.allclose(centre, expected, atol=0.5)


@pytest.mark.parametrize("turned", [False, True])
def test_a_scan_on_the_models_grid_is_taken_as_it_is(tmp_path: Path, turned: bool) -> None:
    data = np.zeros(RECIPE.shape, np.uint8)
    data[30:90, 40:120, 30:90] = np.random.default_rng(1).integers(1, 200, (60, 80, 60))
    affine = RECIPE.grid.affine
    if turned:
        affine = affine @ np.array([[-1.0, 0, 0, 127], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    scan = _saved(tmp_path / "copy.nii.gz", data[::-1] if turned else data, affine)
    assert already_on_grid(scan, RECIPE)
    prepared = prepare(scan, RECIPE, cached=False)
    assert np.allclose(prepared.volume.data, data / np.float32(255), atol=1e-6)


def test_a_raw_scan_is_refused(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(0, 900, (60, 70, 60)).astype(np.int16)
    scan = _saved(tmp_path / "raw.nii.gz", data, np.diag([3.0, 3, 3, 1]))
    with pytest.raises(PreparationError, match=r"^raw\.nii\.gz is not prepared as this model's training scans were"):
        prepare(scan, RECIPE, cached=False)


def test_the_mirrored_template_is_not_taken_for_it(tmp_path: Path) -> None:
    affine = np.array([[1.0, 0, 0, -90], [0, 1, 0, -126], [0, 0, 1, -72], [0, 0, 0, 1]])
    data = np.random.default_rng(0).random(PUBLISHED_TEMPLATE.shape).astype(np.float32)
    with pytest.raises(PreparationError, match="is not prepared"):
        prepare(_saved(tmp_path / "mirror.nii", data, affine), RECIPE, cached=False)


def test_the_recipe_comes_back_from_a_manifest() -> None:
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE
    with pytest.raises(ModelError, match="a preparation that this version cannot do"):
        Recipe.from_json(dataclasses.replace(RECIPE, template="another").to_json())

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.commands import main
from engine.preparation import COMPACT_RECIPE

KEYS = {
    "path",
    "format",
    "kind",
    "shape",
    "spacing_mm",
    "orientation",
    "dtype",
    "affine",
    "memory_mb",
    "volumes",
    "series",
    "header_notes",
    "warnings",
    "t1_brain",
    "on_model_grid",
}


def _info(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, object]:
    assert main(["info", *map(str, words), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) >= KEYS
    return found


def test_a_head_is_told_by_its_header(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = np.random.default_rng(0).integers(0, 900, (50, 61, 40)).astype(np.int16)
    affine = np.array([[0, 0, 2.0, -40], [-2.5, 0, 0, 30], [0, -3.0, 0, 50], [0, 0, 0, 1]])
    nib.save(nib.Nifti1Image(data, affine), tmp_path / "größe (2).nii.gz")
    found = _info(capsys, tmp_path / "größe (2).nii.gz")
    assert (found["shape"], found["spacing_mm"], found["orientation"]) == ([50, 61, 40], [2.5, 3.0, 2.0], "PIR")
    assert (found["dtype"], found["kind"], found["volumes"], found["format"]) == ("int16", "scan", 1, "NIfTI-1")
    assert found["affine"] == affine.tolist()
    assert found["t1_brain"] == {"likely": None, "reasons": []}
    assert found["on_model_grid"] is False
    # int16 as stored, float64, float32, one byte of mask: 15 bytes a voxel.
    assert found["memory_mb"] == round(50 * 61 * 40 * 15 / 1e6, 1)


def test_what_is_no_t1_is_told_and_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = np.zeros((50, 51, 52), np.uint8)
    mask[10:40, 10:40, 10:40] = 1
    nib.save(nib.Nifti1Image(mask, np.diag([2.0, 2, 2, 1])), tmp_path / "mask.nii.gz")
    found = _info(capsys, tmp_path / "mask.nii.gz")
    assert found["t1_brain"] == {
        "likely": False,
        "reasons": ["mask.nii.gz has only two values, so it is a mask: choose the T1 scan it belongs to."],
    }


def test_several_volumes_are_told_without_a_choice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nib.save(nib.Nifti1Image(np.zeros((50, 51, 52, 3), np.int16), np.diag([3.0, 3, 3, 1])), tmp_path / "bold.nii")
    found = _info(capsys, tmp_path / "bold.nii")
    assert (found["volumes"], found["shape"]) == (3, [50, 51, 52])


def test_the_models_grid_is_recognised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = np.zeros(COMPACT_RECIPE.shape, np.uint8)
    data[20:60, 20:70, 20:60] = np.random.default_rng(0).integers(1, 255, (40, 50, 40))
    nib.save(nib.Nifti1Image(data, COMPACT_RECIPE.grid.affine), tmp_path / "brain.nii.gz")
    assert _info(capsys, tmp_path / "brain.nii.gz")["on_model_grid"] is True


def test_a_file_that_cannot_be_read_exits_1_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.nii").write_text("no nifti at all")
    assert main(["info", str(tmp_path / "text.nii"), "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "text.nii is not a NIfTI file, whatever its name says: choose a NIfTI, MGZ or DICOM scan.\n"

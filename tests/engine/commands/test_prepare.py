import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.commands import main
from engine.preparation import COMPACT_RECIPE


@pytest.fixture
def brain(tmp_path: Path) -> Path:
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n) for n in COMPACT_RECIPE.shape], indexing="ij")
    radius = np.sqrt((x / 0.85) ** 2 + (y / 0.9) ** 2 + (z / 0.85) ** 2)
    data = (255 * (radius < 1) * (0.4 + 0.6 * np.minimum(radius, 1))).astype(np.uint8)
    nib.save(nib.Nifti1Image(data, COMPACT_RECIPE.grid.affine), tmp_path / "brain.nii.gz")
    return tmp_path / "brain.nii.gz"


def test_the_volume_and_its_record_are_written(tmp_path: Path, brain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.nii.gz"
    assert main(["prepare", str(brain), "-o", str(out), "--json", "--quiet"]) == 0
    said = json.loads(capsys.readouterr().out)
    record = json.loads((tmp_path / "out.json").read_text())
    assert record["steps"] == said["steps"] == ["already on the model's grid: taken as it is"]
    assert np.shape(record["transforms"]["model_from_native"]) == (4, 4)
    assert {"name", "warning", "sentence"} == set(record["checks"][0])
    assert str(tmp_path) not in (tmp_path / "out.json").read_text()
    image = nib.load(out)
    assert (image.shape, image.get_data_dtype()) == (COMPACT_RECIPE.shape, np.float32)
    np.testing.assert_allclose(image.affine, COMPACT_RECIPE.grid.affine)
    np.testing.assert_allclose(image.get_fdata(), nib.load(brain).get_fdata() / 255, atol=1e-6)


def test_a_mask_is_warned_of_with_the_reason_and_gone_on_with(
    tmp_path: Path, brain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = nib.load(brain)
    nib.save(nib.Nifti1Image((image.get_fdata() > 0).astype(np.uint8), image.affine), tmp_path / "mask.nii.gz")
    reason = "mask.nii.gz has only two values, so it is a mask: choose the T1 scan it belongs to."
    assert main(["prepare", str(tmp_path / "mask.nii.gz"), "-o", str(tmp_path / "out.nii.gz"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert reason in json.loads(out)["warnings"]
    assert reason in err.splitlines()
    assert (tmp_path / "out.nii.gz").exists()
    assert main(["prepare", str(tmp_path / "mask.nii.gz"), "-o", str(tmp_path / "out.nii.gz")]) == 0
    told = capsys.readouterr()
    assert f"warning: {reason}" in told.out.splitlines()
    assert reason not in told.err, "said once"


def test_a_scan_is_never_written_over(brain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = brain.read_bytes()
    assert main(["prepare", str(brain), "-o", str(brain), "--quiet"]) == 1
    assert capsys.readouterr().err == (
        "brain.nii.gz is the scan itself, which is never overwritten: choose another name.\n"
    )
    assert brain.read_bytes() == before


def test_a_missing_folder_exits_1_before_any_work(
    tmp_path: Path, brain: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.commands.prepare.prepare", lambda *_: pytest.fail("prepared first"))
    assert main(["prepare", str(brain), "-o", str(tmp_path / "gone" / "out.nii.gz"), "--quiet"]) == 1
    assert "folder gone does not exist: create it, or choose another.\n" in capsys.readouterr().err

"""``measure`` and ``encode``: what they say of a scan."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from engine.networks.segmentation import Segmentation, SegmentationConfig
from engine.scans import fingerprint, open_scan
from engine.training.volumetry import add_judges
from tests.engine.commands.ended import Run


def test_measure_tells_what_the_readers_read_with_unit_and_error(run: Run, scan: Path) -> None:
    ended = run("measure", scan, "--json")
    assert ended.code == 0, ended.err
    found = ended.json
    assert set(found) >= {"age", "readouts", "volumes_ml", "space", "kind"}
    assert set(found["age"]) == {"value", "unit", "error"}
    assert (found["age"]["unit"], found["kind"], found["space"]) == ("years", "scan", "model")
    assert found["readouts"]["age"] == found["age"]
    assert np.isfinite([found["age"]["value"], found["age"]["error"]]).all()


def test_measure_knows_a_synthetic_volume(run: Run, scan: Path, tmp_path: Path) -> None:
    run("edit", scan, "--set", "age=+10", "-o", tmp_path / "older.nii.gz")
    assert run("measure", tmp_path / "older.nii.gz", "--json").json["kind"] == "synthetic"


@pytest.fixture
def judged(tiny_bundle: Path, tmp_path: Path) -> Path:
    """The tiny bundle with an untrained network for volumes: half of every voxel is ventricle."""
    folder = shutil.copytree(tiny_bundle, tmp_path / "judged")
    add_judges(folder, Segmentation(SegmentationConfig(("ventricles",), (16, 24, 16), (8, 8))), None)
    return folder


def test_measure_tells_volumes_of_the_template_on_its_grid(run: Run, scan: Path, judged: Path) -> None:
    found = run("measure", scan, "--json", bundle=judged).json
    assert found["volumes_ml"] == {"ventricles": pytest.approx(16 * 24 * 16 / 2, rel=1e-3)}
    assert found["space"] == "model"
    words = run("measure", scan, bundle=judged).out
    assert words.endswith("ventricles: 3072.0 ml, in a brain of the template's size\n")


def test_measure_tells_volumes_in_the_persons_own_head(run: Run, native: Path, judged: Path) -> None:
    found = run("measure", native, "--registered", "--stripped", "--json", bundle=judged).json
    assert found["space"] == "native"
    # Taken as lying in MNI space already, so the head is as large as on the grid.
    assert found["volumes_ml"] == {"ventricles": pytest.approx(3072, rel=1e-3)}


def test_measure_in_words(run: Run, scan: Path) -> None:
    ended = run("measure", scan, "--quiet", "--json")
    value, error = ended.json["age"]["value"], ended.json["age"]["error"]
    assert run("measure", scan).out == f"Age: {value:.1f} years, wrong by {error:.1f} on average\n"


def test_encode_writes_the_codes_and_where_they_come_from(run: Run, scan: Path, tmp_path: Path) -> None:
    ended = run("encode", scan, "-o", tmp_path / "codes.safetensors", "--json")
    assert ended.code == 0, ended.err
    with safe_open(tmp_path / "codes.safetensors", "np") as file:
        about = file.metadata()
        codes = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    assert set(codes) == {"semantic", "noise", "latent"}
    assert codes["semantic"].shape == (16,)
    assert codes["noise"].shape == (2, *codes["latent"].shape)
    assert all(np.isfinite(code).all() and code.dtype == np.float32 for code in codes.values())
    assert about == {
        "bundle": "tiny 0.1.0",
        "scan_sha256": fingerprint(open_scan(scan)),
        "solver": "bdia",
        "steps": "4",
    }
    said = ended.json
    assert any("coarser than the model's" in warning for warning in said.pop("warnings"))
    assert said == {"path": str(tmp_path / "codes.safetensors"), **about}
    assert {path.name for path in tmp_path.iterdir()} == {"codes.safetensors"}


def test_an_interrupted_encode_leaves_nothing(
    run: Run, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.export.atomic.flush", stop)
    assert run("encode", scan, "-o", tmp_path / "codes.safetensors").code == 130
    assert list(tmp_path.iterdir()) == []

"""``interpolate``: which files, what the list says of them, and that all come or none."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.export.synthetic import Made, write
from engine.scans import Scan, describe
from tests.engine.commands.ended import Run


def test_each_time_has_a_file_and_a_line_in_the_order_asked(run: Run, scan: Path, later: Path, tmp_path: Path) -> None:
    out = tmp_path / "between"
    ended = run("interpolate", scan, later, "--times", "0,24", "--at", "12.5,6,0,30,120", "-o", out, "--json")
    assert ended.code == 0, ended.err
    timeline = json.loads((out / "timeline.json").read_text())
    assert (
        timeline
        == ended.json["timeline"]
        == [
            {"time": 12.5, "unit": "months", "file": "t12p5.nii.gz", "kind": "synthetic", "extrapolated": False},
            {"time": 6.0, "unit": "months", "file": "t06.nii.gz", "kind": "synthetic", "extrapolated": False},
            {"time": 0.0, "unit": "months", "file": "t00.nii.gz", "kind": "copy", "extrapolated": False},
            {"time": 30.0, "unit": "months", "file": "t30.nii.gz", "kind": "synthetic", "extrapolated": True},
            {"time": 120.0, "unit": "months", "file": "t120.nii.gz", "kind": "synthetic", "extrapolated": True},
        ]
    )
    written = {line["file"] for line in timeline}
    sidecars = {name.replace(".nii.gz", ".json") for name in written}
    assert {path.name for path in out.iterdir()} == written | sidecars | {"timeline.json"}
    for line in timeline:
        image = nib.load(out / line["file"])
        assert image.get_data_dtype() == np.float32
        np.testing.assert_array_equal(image.affine, nib.load(scan).affine)
        assert describe(out / line["file"]).kind == line["kind"]
        data = np.asarray(image.dataobj)
        assert data.min() >= 0 and data.max() <= 1


def test_the_times_of_the_visits_give_their_copies(run: Run, scan: Path, later: Path, tmp_path: Path) -> None:
    run("interpolate", scan, later, "--times", "60,62", "--unit", "years", "--at", "60,62", "-o", tmp_path / "years")
    for visit, name in ((scan, "t60"), (later, "t62")):
        run("reconstruct", visit, "-o", tmp_path / "copy.nii.gz")
        copy, end = (nib.load(path) for path in (tmp_path / "copy.nii.gz", tmp_path / "years" / f"{name}.nii.gz"))
        np.testing.assert_allclose(np.asarray(end.dataobj), np.asarray(copy.dataobj), atol=0.02)
    assert {line["unit"] for line in json.loads((tmp_path / "years" / "timeline.json").read_text())} == {"years"}


def test_the_solver_is_the_one_asked_for(run: Run, scan: Path, later: Path, tmp_path: Path) -> None:
    words = ("--times", "0,24", "--at", "6", "--solver", "anchored", "--steps", "2")
    ended = run("interpolate", scan, later, *words, "-o", tmp_path / "between")
    assert ended.code == 0, ended.err
    record = json.loads((tmp_path / "between" / "t06.json").read_text())
    assert (record["Solver"], record["Steps"]) == ("anchored", 2)


def test_native_visits_are_written_in_the_first_ones_space(run: Run, native: Path, scan: Path, tmp_path: Path) -> None:
    words = ("--times", "0,24", "--at", "0,6", "--registered", "--stripped")
    ended = run("interpolate", native, scan, *words, "-o", tmp_path / "n")
    assert ended.code == 0, ended.err
    original = nib.load(native)
    for name in ("t00", "t06"):
        image = nib.load(tmp_path / "n" / f"{name}.nii.gz")
        assert image.shape == original.shape
        np.testing.assert_allclose(image.affine, original.affine, atol=1e-5)
    assert np.any(np.asarray(image.dataobj) != np.asarray(original.dataobj))


@pytest.mark.parametrize("there_before", [False, True])
def test_stopped_halfway_no_part_of_the_series_stays(
    run: Run, scan: Path, later: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there_before: bool
) -> None:
    def writing(made: Made, target: Path, source: Scan) -> None:
        if target.name == "t12.nii.gz":
            assert (target.parent / "t06.nii.gz").exists()
            raise KeyboardInterrupt
        write(made, target, source)

    out = tmp_path / "between"
    if there_before:
        out.mkdir()
        (out / "notes.txt").write_text("mine")
    monkeypatch.setattr("engine.export.synthetic.write", writing)
    ended = run("interpolate", scan, later, "--times", "0,24", "--at", "6,12", "-o", out)
    assert (ended.code, ended.err.splitlines()[-1]) == (130, "Stopped: nothing half written is left.")
    assert {path.name for path in tmp_path.rglob("*")} == ({"between", "notes.txt"} if there_before else set())

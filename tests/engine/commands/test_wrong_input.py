"""What is wrong is said in one sentence before any long work, with the right exit code, and nothing is written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from tests.engine.commands.ended import Run
from tests.tiny import AFFINE, SHAPE

WRITING = {
    "reconstruct": (),
    "edit": ("--set", "age=+5"),
    "encode": (),
}


@pytest.fixture(autouse=True)
def no_long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "engine.commands.synthesis_arguments.prepare", lambda *_: pytest.fail("the long work began first")
    )


def _one_sentence(err: str, *parts: str) -> None:
    assert err.count("\n") == 1 and err.endswith(".\n"), err
    assert "Traceback" not in err
    for part in parts:
        assert part in err


def _truncated(scan: Path, path: Path) -> None:
    path.write_bytes(scan.read_bytes()[:900])


def _four_dimensional(_: Path, path: Path) -> None:
    nib.save(nib.Nifti1Image(np.ones((*SHAPE, 3), np.int16), AFFINE), path)


def _text(_: Path, path: Path) -> None:
    path.write_text("no picture at all")


FAULTS = {
    "truncated": (_truncated, "scan.nii.gz"),
    "4D": (_four_dimensional, "choose one volume, 0 to 2 (--volume N)"),
    "text": (_text, "is not a"),
    "missing": (lambda *_: None, "does not exist: check the path"),
}


@pytest.mark.parametrize("command", [*WRITING, "measure"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_scan_exits_1_with_one_sentence_that_names_it(
    run: Run, scan: Path, tmp_path: Path, command: str, fault: str
) -> None:
    make, says = FAULTS[fault]
    make(scan, tmp_path / "scan.nii.gz")
    output = ("-o", tmp_path / "out.nii.gz") if command in WRITING else ()
    ended = run(command, tmp_path / "scan.nii.gz", *WRITING.get(command, ()), *output, "--json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("scan.nii.gz ")
    _one_sentence(ended.err, says)
    assert not (tmp_path / "out.nii.gz").exists()


def test_a_bad_second_visit_exits_1_and_leaves_no_folder(run: Run, scan: Path, tmp_path: Path) -> None:
    ended = run("interpolate", scan, tmp_path / "b.nii.gz", "--times", "0,24", "--at", "6", "-o", tmp_path / "between")
    assert ended.code == 1
    _one_sentence(ended.err, "b.nii.gz does not exist")
    assert not (tmp_path / "between").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_scan_without_permission_exits_1(run: Run, scan: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed.nii.gz"
    closed.write_bytes(scan.read_bytes())
    closed.chmod(0)
    ended = run("measure", closed)
    assert ended.code == 1
    _one_sentence(ended.err, "closed.nii.gz may not be read by you")


@pytest.mark.parametrize("command", WRITING)
def test_the_folder_of_the_output_must_exist(run: Run, scan: Path, tmp_path: Path, command: str) -> None:
    ended = run(command, scan, *WRITING[command], "-o", tmp_path / "gone" / "out.nii.gz")
    assert ended.code == 1
    _one_sentence(ended.err, "out.nii.gz was not written: folder gone does not exist: create it, or choose another")


def test_the_folder_above_a_timeline_must_exist(run: Run, scan: Path, later: Path, tmp_path: Path) -> None:
    ended = run("interpolate", scan, later, "--times", "0,24", "--at", "6", "-o", tmp_path / "gone" / "between")
    assert ended.code == 1
    _one_sentence(ended.err, "between was not written: folder gone does not exist: create it, or choose another")


def test_a_timeline_cannot_go_where_a_file_stands(run: Run, scan: Path, later: Path, tmp_path: Path) -> None:
    (tmp_path / "between").write_text("a file")
    ended = run("interpolate", scan, later, "--times", "0,24", "--at", "6", "-o", tmp_path / "between")
    assert ended.code == 1
    _one_sentence(ended.err, "between was not written: a file of this name is in the way")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("command", WRITING)
def test_a_folder_that_cannot_be_written_exits_1(run: Run, scan: Path, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    ended = run(command, scan, *WRITING[command], "-o", folder / "out.nii.gz")
    assert ended.code == 1
    _one_sentence(ended.err, "out.nii.gz was not written: folder locked cannot be written to: choose another")


@pytest.mark.parametrize("command", WRITING)
def test_the_scan_is_never_written_over(run: Run, scan: Path, tmp_path: Path, command: str) -> None:
    own = tmp_path / "own.nii.gz"
    own.write_bytes(scan.read_bytes())
    link = tmp_path / "link.nii.gz"
    link.symlink_to(own)
    for target in (own, link):
        ended = run(command, own, *WRITING[command], "-o", target)
        assert ended.code == 1
        _one_sentence(ended.err, "is the scan itself, which is never overwritten: choose another name")
    assert own.read_bytes() == scan.read_bytes()


def test_the_sidecar_of_the_scan_is_never_written_over(run: Run, scan: Path, tmp_path: Path) -> None:
    (tmp_path / "own.nii.gz").write_bytes(scan.read_bytes())
    (tmp_path / "own.json").write_text('{"Manufacturer": "of the scanner"}')
    ended = run("reconstruct", tmp_path / "own.nii.gz", "-o", tmp_path / "own.nii")
    assert ended.code == 1
    _one_sentence(ended.err, "own.nii: own.json beside it belongs to the scan: choose another name")
    assert "scanner" in (tmp_path / "own.json").read_text()


def test_a_visit_that_lies_in_the_timelines_folder_is_never_written_over(run: Run, scan: Path, tmp_path: Path) -> None:
    visit = tmp_path / "t24.nii.gz"
    visit.write_bytes(scan.read_bytes())
    ended = run("interpolate", scan, visit, "--times", "0,24", "--at", "6,24", "-o", tmp_path)
    assert ended.code == 1
    _one_sentence(ended.err, "t24.nii.gz is the scan itself")
    assert {path.name for path in tmp_path.iterdir()} == {"t24.nii.gz"}
    assert visit.read_bytes() == scan.read_bytes()


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("age", "write NAME=VALUE"),
        ("age=old", "old is no number"),
        ("age=nan", "nan is no number"),
        ("age=", "is no number"),
        ("shoe=3", "shoe: the model has no such direction: choose among age"),
    ],
)
def test_a_wrong_setting_exits_2_before_the_scan_is_prepared(
    run: Run, scan: Path, tmp_path: Path, setting: str, says: str
) -> None:
    ended = run("edit", scan, "--set", setting, "-o", tmp_path / "out.nii.gz")
    assert (ended.code, ended.out) == (2, "")
    _one_sentence(ended.err, says)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--times", "0", "--at", "6"), "--times 0: needs 2 times, for example 0,24"),
        (("--times", "5,5", "--at", "6"), "the two visits need different times"),
        (("--times", "0,24", "--at", "soon"), "--at soon: not understood: write numbers with commas"),
        (("--times", "0,24", "--at", "nan"), "--at nan: not understood"),
        (("--times", "0,inf", "--at", "6"), "--times 0,inf: not understood"),
        (("--times", "0,24", "--at", "6", "--steps", "1"), "--steps 1: choose between 2 and 1000"),
    ],
)
def test_wrong_times_exit_2(
    run: Run, scan: Path, later: Path, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    ended = run("interpolate", scan, later, *words, "-o", tmp_path / "between")
    assert ended.code == 2
    _one_sentence(ended.err, says)
    assert not (tmp_path / "between").exists()


@pytest.mark.parametrize("command", ["reconstruct", "edit"])
def test_an_unknown_solver_exits_2_before_the_scan_is_prepared(
    run: Run, scan: Path, tmp_path: Path, command: str
) -> None:
    ended = run(command, scan, *WRITING[command], "-o", tmp_path / "out.nii.gz", "--solver", "euler")
    assert ended.code == 2
    _one_sentence(ended.err, "euler: no such solver: choose among anchored, bdia, ddim, dpm")


@pytest.mark.parametrize(
    ("held", "says"),
    [
        ("shoe", "shoe: the model has no such direction: choose among age"),
        ("age", "age: cannot be moved and held still at once"),
    ],
)
def test_a_wrong_hold_exits_2_before_the_scan_is_prepared(
    run: Run, scan: Path, tmp_path: Path, held: str, says: str
) -> None:
    ended = run("edit", scan, "--set", "age=+5", "--hold", held, "-o", tmp_path / "out.nii.gz")
    assert ended.code == 2
    _one_sentence(ended.err, says)


def test_a_name_that_is_no_nifti_exits_2(run: Run, scan: Path, tmp_path: Path) -> None:
    ended = run("reconstruct", scan, "-o", tmp_path / "out.png")
    assert ended.code == 2
    _one_sentence(ended.err, "out.png is no NIfTI name: let it end with .nii.gz or .nii")


def test_an_unknown_option_exits_2(run: Run, scan: Path) -> None:
    assert run("measure", scan, "--speed", "fast").code == 2


def test_an_altered_bundle_is_refused(run: Run, scan: Path, tmp_path: Path, tiny_bundle: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, bundle)
    weights = bundle / "denoiser.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    ended = run("measure", scan, bundle=bundle)
    assert ended.code == 1
    _one_sentence(ended.err, "Weights file denoiser.safetensors is missing or altered (checksum): reinstall the model")

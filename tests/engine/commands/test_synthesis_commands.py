"""``reconstruct`` and ``edit``: what is written, what is said, and what is never touched."""

from __future__ import annotations

import hashlib
import json
import shutil
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.commands.batch import Item
from engine.commands.edit import output_of
from engine.edit.directions import Axis, load_axes, save_axis
from engine.model.manifest import read_manifest, sha256
from engine.scans import describe, fingerprint, open_scan
from tests.engine.commands.ended import Run

NATIVE = ("--registered", "--stripped")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_copy_lies_on_the_scans_grid_in_0_to_1_and_says_what_it_is(run: Run, scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy.nii.gz"
    ended = run("reconstruct", scan, "-o", out, "--json")
    assert ended.code == 0, ended.err
    image = nib.load(out)
    data = np.asarray(image.dataobj)
    assert (image.shape, data.dtype) == (nib.load(scan).shape, np.float32)
    np.testing.assert_array_equal(image.affine, nib.load(scan).affine)
    assert data.min() >= 0 and data.max() <= 1 and np.ptp(data) > 0
    assert describe(out).kind == "copy"
    record = json.loads((tmp_path / "copy.json").read_text())
    assert record == json.loads(image.header.extensions[0].get_content())
    assert (record["Kind"], record["Synthetic"], record["SyntheticForm"]) == ("copy", True, "model")
    assert record["ScanSHA256"] == fingerprint(open_scan(scan))
    assert str(tmp_path) not in json.dumps(record) and scan.parent.name not in json.dumps(record)
    said = ended.json
    difference = np.abs(data - np.asarray(nib.load(scan).dataobj, np.float32) / 255).mean()
    assert said["mean_absolute_difference"] == pytest.approx(difference, abs=1e-6)
    assert -1 <= said["ssim"] <= 1
    assert (said["path"], said["space"]) == (str(out), "model")


def test_an_edit_is_marked_synthetic_and_tells_the_readouts(run: Run, scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "older.nii.gz"
    ended = run("edit", scan, "--set", "age=+10", "-o", out, "--json")
    assert ended.code == 0, ended.err
    assert describe(out).kind == "synthetic"
    record = json.loads((tmp_path / "older.json").read_text())
    assert (record["Kind"], record["Sliders"], record["Seed"]) == ("synthetic", {"age": 10.0}, 0)
    assert len(record["Model"]["WeightsSHA256"]) == 64
    known = 20 + 60 * 3 / 7  # of sub-03, in the cohort's table
    assert ended.json["readouts"]["age"]["asked"] == pytest.approx(known + 10)
    assert (record["AgeAtScan"], record["AgeShown"]) == (pytest.approx(known), pytest.approx(known + 10))
    assert ended.json["changes"] == {"age": 10.0}
    assert "synthesising" in ended.err.splitlines()


def test_a_plain_number_asks_for_that_value_and_a_signed_one_moves(run: Run, scan: Path, tmp_path: Path) -> None:
    scan = Path(shutil.copy(scan, tmp_path / "nobody.nii.gz"))  # away from the table that tells an age
    read = run("measure", scan, "--json").json["age"]["value"]
    to = run("edit", scan, "--set", "age=75", "-o", tmp_path / "to.nii.gz", "--json").json
    by = run("edit", scan, "--set", f"age={75 - read:+.9f}", "-o", tmp_path / "by.nii.gz", "--json").json
    assert to["readouts"]["age"]["before"] == pytest.approx(read)
    assert to["readouts"]["age"]["asked"] == pytest.approx(75)
    assert by["changes"]["age"] == pytest.approx(to["changes"]["age"])
    a, b = (np.asarray(nib.load(tmp_path / name).dataobj) for name in ("to.nii.gz", "by.nii.gz"))
    np.testing.assert_allclose(a, b, atol=1e-2)


def test_an_edit_by_nothing_is_the_copy(run: Run, scan: Path, tmp_path: Path) -> None:
    run("reconstruct", scan, "-o", tmp_path / "copy.nii.gz")
    run("edit", scan, "--set", "age=+0", "-o", tmp_path / "zero.nii.gz")
    run("edit", scan, "--set", "age=+3000", "-o", tmp_path / "far.nii.gz")
    copy, zero, far = (np.asarray(nib.load(tmp_path / f"{n}.nii.gz").dataobj) for n in ("copy", "zero", "far"))
    np.testing.assert_array_equal(copy, zero)
    assert np.abs(far - copy).max() > 1e-3
    assert describe(tmp_path / "zero.nii.gz").kind == "copy"


def test_the_same_command_writes_the_same_bytes(run: Run, scan: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run("edit", scan, "--set", "age=-3", "-o", tmp_path / f"{name}.nii").code == 0
    one, two = (nib.load(tmp_path / f"{name}.nii") for name in ("one", "two"))
    np.testing.assert_array_equal(np.asarray(one.dataobj), np.asarray(two.dataobj))


def test_steps_are_those_asked_for(run: Run, scan: Path, tmp_path: Path) -> None:
    assert run("reconstruct", scan, "-o", tmp_path / "copy.nii.gz", "--steps", 3, "--json").json["steps"] == 3
    assert json.loads((tmp_path / "copy.json").read_text())["Steps"] == 3


@pytest.mark.parametrize("solver", ["ddim", "dpm"])
def test_the_solver_is_the_one_asked_for_and_is_recorded(run: Run, scan: Path, tmp_path: Path, solver: str) -> None:
    run("reconstruct", scan, "-o", tmp_path / "own.nii.gz")
    ended = run("reconstruct", scan, "-o", tmp_path / "other.nii.gz", "--solver", solver, "--steps", 3, "--json")
    assert (ended.json["solver"], ended.json["steps"]) == (solver, 3), ended.err
    own, other = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("own", "other"))
    assert (own["Solver"], other["Solver"]) == ("bdia", solver)
    a, b = (np.asarray(nib.load(tmp_path / f"{name}.nii.gz").dataobj) for name in ("own", "other"))
    assert not np.array_equal(a, b)


def test_from_the_semantic_code_alone_every_seed_makes_its_own_volume(run: Run, scan: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("two", 2)):
        ended = run("reconstruct", scan, "-o", tmp_path / f"{name}.nii.gz", "--semantic-only", "--seed", seed)
        assert ended.code == 0, ended.err
    one, again, two = (np.asarray(nib.load(tmp_path / f"{name}.nii.gz").dataobj) for name in ("one", "again", "two"))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, two)
    record = json.loads((tmp_path / "two.json").read_text())
    assert (record["Kind"], record["SemanticOnly"], record["Seed"]) == ("synthetic", True, 2)


@pytest.fixture
def two_directions(tiny_bundle: Path, tmp_path: Path) -> Path:
    """The tiny bundle with a second reader, which sees some of what the age direction moves."""
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "two directions"))
    manifest = read_manifest(bundle)
    age = load_axes(bundle, manifest.directions)["age"]
    sideways = np.random.default_rng(0).normal(size=age.step.shape) * np.linalg.norm(age.step)
    size = Axis(
        replace(manifest.directions[0], name="size", label="Size", unit="ml"), age.step + sideways, 0.0, sideways
    )
    path = save_axis(size, bundle)
    checksums = {**manifest.checksums, path.relative_to(bundle).as_posix(): sha256(path)}
    manifest = replace(manifest, directions=(*manifest.directions, size.about), checksums=checksums)
    (bundle / "manifest.json").write_text(manifest.to_json())
    return bundle


def test_several_settings_follow_one_word(run: Run, scan: Path, tmp_path: Path, two_directions: Path) -> None:
    words = ("edit", scan, "--set", "age=+10", "size=-0.5", "-o", tmp_path / "both.nii.gz", "--json")
    ended = run(*words, bundle=two_directions)
    assert ended.code == 0, ended.err
    assert ended.json["changes"] == {"age": 10.0, "size": -0.5}


def test_a_derivatives_name_tells_what_was_held(scan: Path, tiny_bundle: Path) -> None:
    def named(*held: str) -> str:
        words = {"settings": ["age=+10"], "hold": list(held), "space": "model", "form": "change"}
        place = {"scan": str(scan), "series": None, "bundle": str(tiny_bundle)}
        return output_of(Item(Namespace(**words, **place))).desc

    assert (named(), named("sex", "size")) == ("synthAgeBy10", "synthAgeBy10HoldSexHoldSize")


def test_a_held_direction_is_told_and_changes_the_edit(
    run: Run, scan: Path, tmp_path: Path, two_directions: Path
) -> None:
    for name, held in (("free", ()), ("held", ("--hold", "size"))):
        words = ("edit", scan, "--set", "age=+3000", *held, "-o", tmp_path / f"{name}.nii.gz", "--json")
        ended = run(*words, bundle=two_directions)
        assert ended.code == 0, ended.err
        assert ended.json["held"] == list(held[1:])
    free, held = (np.asarray(nib.load(tmp_path / f"{name}.nii.gz").dataobj) for name in ("free", "held"))
    assert not np.array_equal(free, held)
    assert json.loads((tmp_path / "held.json").read_text())["Held"] == ["size"]
    assert "Held" not in json.loads((tmp_path / "free.json").read_text())


def test_a_native_change_of_nothing_is_the_scan_bit_for_bit(run: Run, native: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy.nii.gz"
    ended = run("reconstruct", native, "-o", out, *NATIVE, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["space"] == "native"
    original, written = nib.load(native), nib.load(out)
    np.testing.assert_array_equal(written.dataobj.get_unscaled(), original.dataobj.get_unscaled())
    np.testing.assert_allclose(written.affine, original.affine, atol=1e-5)
    assert written.get_data_dtype() == np.int16
    assert describe(out).kind == "copy"


def test_a_native_edit_changes_the_brain_and_nothing_around_it(run: Run, native: Path, tmp_path: Path) -> None:
    out = tmp_path / "older.nii.gz"
    assert run("edit", native, "--set", "age=+3000", "-o", out, *NATIVE).code == 0
    before, after = (np.asarray(nib.load(path).dataobj, np.float32) for path in (native, out))
    assert after.shape == before.shape
    np.testing.assert_array_equal(after[before == 0], 0)
    assert np.count_nonzero(after != before) > 20
    assert json.loads((tmp_path / "older.json").read_text())["SyntheticForm"] == "change"


def test_a_native_plain_volume_is_the_brain_alone_in_the_scans_units(run: Run, native: Path, tmp_path: Path) -> None:
    out = tmp_path / "plain.nii.gz"
    assert run("reconstruct", native, "-o", out, "--form", "plain", *NATIVE).code == 0
    before, after = (np.asarray(nib.load(path).dataobj, np.float32) for path in (native, out))
    inside = before > 0
    np.testing.assert_array_equal(after[~inside], 0)
    assert after.max() > 5  # 0 to 1 was brought back to the hundreds of the scan
    assert json.loads((tmp_path / "plain.json").read_text())["SkullStripped"] is True


def test_a_native_scan_may_be_asked_for_on_the_models_grid(run: Run, native: Path, scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.nii.gz"
    assert run("reconstruct", native, "-o", out, "--space", "model", *NATIVE, "--json").json["space"] == "model"
    np.testing.assert_array_equal(nib.load(out).affine, nib.load(scan).affine)


def test_spaces_and_letters_of_any_script_are_fine_in_paths(run: Run, scan: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Gehirn für später 頭"
    folder.mkdir()
    source = folder / "Größe é (2).nii.gz"
    source.write_bytes(scan.read_bytes())
    ended = run("edit", source, "--set", "age=+1", "-o", folder / "älter é.nii.gz", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["path"] == str(folder / "älter é.nii.gz")
    assert names(folder) == {source.name, "älter é.nii.gz", "älter é.json"}


def test_an_existing_output_is_replaced_and_the_source_never_touched(run: Run, scan: Path, tmp_path: Path) -> None:
    before = digest(scan), scan.stat().st_mtime_ns, names(scan.parent)
    out = tmp_path / "copy.nii.gz"
    out.write_text("what stood here before")
    assert run("reconstruct", scan, "-o", out).code == 0
    assert nib.load(out).shape == nib.load(scan).shape
    assert (digest(scan), scan.stat().st_mtime_ns, names(scan.parent)) == before


def test_quiet_says_nothing(run: Run, scan: Path, tmp_path: Path) -> None:
    ended = run("reconstruct", scan, "-o", tmp_path / "copy.nii.gz", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_the_unfinished_is_not_left_behind_when_stopped(
    run: Run, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(step: int, of: int) -> None:
        if step == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("engine.commands.edit.ticking", lambda progress, what: stop)
    ended = run("edit", scan, "--set", "age=+5", "-o", tmp_path / "older.nii.gz")
    assert (ended.code, ended.err) == (130, "Stopped: nothing half written is left.\n")
    assert names(tmp_path) == set()


def test_stopped_while_writing_leaves_what_was_there_before(
    run: Run, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "older.nii.gz").write_text("before")
    monkeypatch.setattr("engine.export.volume_file._read_back", stop)
    assert run("edit", scan, "--set", "age=+5", "-o", tmp_path / "older.nii.gz").code == 130
    assert names(tmp_path) == {"older.nii.gz"}
    assert (tmp_path / "older.nii.gz").read_text() == "before"

"""``export``: each kind of file, from one scan or from the visits of one person."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from engine.diffusion.solvers import Tick
from engine.scans import describe
from tests.engine.commands.ended import Run

Visits = tuple[Path, Path]


@pytest.fixture
def visits(tiny_cohort: Path, tmp_path: Path) -> Visits:
    """Two visits of one person in a BIDS folder, at 60 and 64 years."""
    root = tmp_path / "bids"
    places = []
    for session, source in (("ses-M00", "sub-03"), ("ses-M48", "sub-05")):
        place = root / f"sub-01/{session}/anat/sub-01_{session}_T1w.nii.gz"
        place.parent.mkdir(parents=True)
        shutil.copy(tiny_cohort / source / "anat" / f"{source}_T1w.nii.gz", place)
        places.append(place)
    (root / "participants.tsv").write_text("participant_id\tage\nsub-01\t60\n")
    (root / "sub-01/sub-01_sessions.tsv").write_text("session_id\tage\nses-M00\t60\nses-M48\t64\n")
    return places[0], places[1]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def voxels(path: Path) -> np.ndarray:
    return np.asarray(nib.load(path).dataobj, np.float32)


def test_native_plain_and_model_are_what_edit_writes(run: Run, native: Path, out: Path) -> None:
    given = ("--set", "age=+3000", "--stripped", "--registered")
    words = {"native": (), "plain": ("--form", "plain"), "model": ("--space", "model")}
    for what, edit in words.items():
        assert run("export", native, "--what", what, "-o", out / f"{what}.nii.gz", *given).code == 0
        assert run("edit", native, *edit, "-o", out / "edit.nii.gz", *given).code == 0
        np.testing.assert_array_equal(voxels(out / f"{what}.nii.gz"), voxels(out / "edit.nii.gz"))
        assert describe(out / f"{what}.nii.gz").kind == "synthetic"


def test_without_a_setting_the_copy_is_written(run: Run, scan: Path, out: Path) -> None:
    assert run("export", scan, "--what", "model", "-o", out / "copy.nii.gz").code == 0
    assert describe(out / "copy.nii.gz").kind == "copy"


def test_a_change_map_is_synthetic_minus_copy_or_minus_scan(run: Run, scan: Path, out: Path) -> None:
    given = (scan, "--set", "age=+3000")
    assert run("export", *given, "--what", "change", "-o", out / "diff-copy.nii.gz").code == 0
    assert run("export", *given, "--what", "change", "--minus", "scan", "-o", out / "diff-scan.nii.gz").code == 0
    run("export", *given, "--what", "model", "-o", out / "synthetic.nii.gz")
    run("export", scan, "--what", "model", "-o", out / "copy.nii.gz")
    synthetic, less_copy, less_scan = (voxels(out / f"{n}.nii.gz") for n in ("synthetic", "diff-copy", "diff-scan"))
    np.testing.assert_array_equal(less_copy, synthetic - voxels(out / "copy.nii.gz"))
    np.testing.assert_allclose(less_scan, synthetic - voxels(scan) / 255, atol=1e-6)
    assert less_copy.min() < 0 < less_copy.max()
    header = nib.load(out / "diff-copy.nii.gz").header
    assert (header.get_data_dtype(), bytes(header["intent_name"]).rstrip(b"\0")) == (np.float32, b"SYNTH DIFF")
    assert json.loads((out / "diff-copy.json").read_text())["SyntheticForm"] == "difference"


def test_a_native_change_map_is_what_the_change_form_adds(run: Run, native: Path, out: Path) -> None:
    given = (native, "--set", "age=+3000", "--stripped", "--registered")
    run("export", *given, "--what", "change", "-o", out / "diff.nii.gz")
    run("export", *given, "--what", "native", "-o", out / "native.nii")
    difference = nib.load(out / "diff.nii.gz")
    assert difference.get_data_dtype() == np.float32
    assert difference.shape == nib.load(native).shape
    np.testing.assert_allclose(difference.affine, nib.load(native).affine, atol=1e-4)
    added = voxels(out / "native.nii") - voxels(native)
    # The scan is int16: the sum was rounded and, below, cut at the type's end.
    assert np.abs(np.asarray(difference.dataobj) - added).max() <= 0.51
    assert np.isfinite(np.asarray(difference.dataobj)).all() and np.abs(added).max() > 1


def test_a_4d_timeline_holds_visits_by_age_and_points_between(run: Run, visits: Visits, out: Path) -> None:
    first, second = visits
    ended = run("export", second, first, "--what", "timeline4d", "-o", out / "t.nii.gz", "--json")
    assert ended.code == 0, ended.err
    assert [frame["age"] for frame in ended.json["frames"]] == [60.0, 61.0, 62.0, 63.0, 64.0]
    image = nib.load(out / "t.nii.gz")
    assert image.shape == (*nib.load(first).shape, 5) and image.header["pixdim"][4] == 1.0
    np.testing.assert_array_equal(image.affine, nib.load(first).affine)
    record = json.loads((out / "t.json").read_text())
    assert [line["Kind"] for line in record["Frames"]] == ["scan", *["synthetic"] * 3, "scan"]
    assert (record["YearStep"], record["Frames"][2]["Fraction"]) == (1.0, 0.5)
    for number, visit in ((0, first), (4, second)):
        np.testing.assert_allclose(image.dataobj[..., number], voxels(visit) / 255, atol=1e-6)
    run("interpolate", first, second, "--times", "60,64", "--unit", "years", "--at", "61", "-o", out / "between")
    # Decoded in a batch of three and alone: in half precision a voxel here and there is rounded the other way.
    alone = voxels(out / "between/t61.nii.gz")
    np.testing.assert_allclose(image.dataobj[..., 1], alone, atol=0.02)
    assert np.abs(image.dataobj[..., 1] - alone).mean() < 1e-4 < np.abs(image.dataobj[..., 2] - alone).mean()


def test_the_ends_may_be_copies_and_ages_may_be_typed(run: Run, visits: Visits, out: Path) -> None:
    words = ("--ends", "copy", "--at", "62.5,66", "--ages", "60,65")
    ended = run("export", *visits, "--what", "timeline4d", "-o", out / "t.nii.gz", *words, "--json")
    assert ended.code == 0, ended.err
    lines = json.loads((out / "t.json").read_text())["Frames"]
    assert [(line["Kind"], line["Age"], line["Extrapolated"]) for line in lines] == [
        ("copy", 60.0, False),
        ("synthetic", 62.5, False),
        ("copy", 65.0, False),
        ("synthetic", 66.0, True),
    ]
    assert ended.json["year_step"] is None and nib.load(out / "t.nii.gz").header["pixdim"][4] == 1.0


@pytest.mark.parametrize("what", ["gif", "mp4"])
def test_a_film_has_a_frame_for_each_point(run: Run, visits: Visits, out: Path, what: str) -> None:
    ended = run("export", *visits, "--what", what, "--points", "2", "--fps", "5", "-o", out / f"t.{what}")
    assert ended.code == 0, ended.err
    assert files(out) == {f"t.{what}"}
    if what == "gif":
        with Image.open(out / "t.gif") as film:
            assert (film.n_frames, film.info["duration"]) == (4, 200)
            assert film.info["comment"].startswith(b"SYNTHETIC Neurolapse")
    else:
        assert b"SYNTHETIC Neurolapse" in (out / "t.mp4").read_bytes()


def test_measures_of_a_timeline_are_read_from_each_volume(run: Run, visits: Visits, out: Path) -> None:
    assert run("export", *visits, "--what", "csv", "--points", "1", "-o", out / "m.csv").code == 0
    with (out / "m.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    keys = ("subject", "session", "kind", "age", "sliders", "seed", "space", "measure", "unit")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("sub-01", "ses-M00", "scan", "60", "", "", "model", "age read", "years"),
        ("sub-01", "ses-M00", "synthetic", "62", "t=0.5", "0", "model", "age read", "years"),
        ("sub-01", "ses-M48", "scan", "64", "", "", "model", "age read", "years"),
    ]
    assert float(rows[2]["value"]) == pytest.approx(run("measure", visits[1], "--json").json["age"]["value"], rel=1e-4)


def test_measures_of_an_edit_have_scan_copy_and_synthetic(run: Run, visits: Visits, out: Path) -> None:
    assert run("export", visits[0], "--what", "csv", "--set", "age=70", "-o", out / "m.csv", "--seed", "5").code == 0
    with (out / "m.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["kind"], row["age"], row["sliders"], row["seed"]) for row in csv.DictReader(file)]
    assert rows == [("scan", "60", "", ""), ("copy", "60", "", "5"), ("synthetic", "70", "age=+10", "5")]


FURNITURE = {"dataset_description.json", "README", ".bidsignore", "descriptions.tsv"}


def test_bids_points_lie_below_the_earlier_visit_and_name_both(run: Run, visits: Visits, out: Path) -> None:
    folder = out / "derivatives"
    ended = run("export", *visits, "--what", "bids", "--points", "1", "-o", folder, "--json")
    assert ended.code == 0, ended.err
    name = "sub-01/ses-M00/anat/sub-01_ses-M00_space-ldae_desc-synthT0p5_T1w"
    assert files(folder) == {f"{name}.nii.gz", f"{name}.json"} | FURNITURE
    record = json.loads((folder / f"{name}.json").read_text())
    assert record["Sources"] == [
        "bids:raw:sub-01/ses-M00/anat/sub-01_ses-M00_T1w.nii.gz",
        "bids:raw:sub-01/ses-M48/anat/sub-01_ses-M48_T1w.nii.gz",
    ]
    assert (record["AgeAtScan"], record["AgeShown"], record["Fraction"]) == (60.0, 62.0, 0.5)
    assert len(record["SecondScanSHA256"]) == 64 and record["Synthetic"] is True
    assert "synthT0p5\t" in (folder / "descriptions.tsv").read_text()
    assert str(out) not in json.dumps(record)


def test_points_too_close_for_names_of_their_own_are_refused(run: Run, visits: Visits, out: Path) -> None:
    ended = run("export", *visits, "--what", "bids", "--at", "62,62.01", "-o", out / "d")
    assert ended.code == 2 and "two points would have this name: ask for fewer points." in ended.err
    assert not (out / "d").exists()


def test_bids_of_one_scan_is_the_edit_and_joins_the_folder(run: Run, visits: Visits, out: Path) -> None:
    run("export", visits[0], "--what", "bids", "--set", "age=70", "-o", out / "d")
    assert run("export", visits[0], "--what", "bids", "-o", out / "d").code == 0
    stem = "sub-01/ses-M00/anat/sub-01_ses-M00_space-ldae_desc-synth"
    made = {f"{stem}{label}_T1w.{ending}" for label in ("Age70", "Recon") for ending in ("nii.gz", "json")}
    assert files(out / "d") == made | FURNITURE


@pytest.mark.parametrize("there_before", [False, True])
def test_a_stopped_bids_export_leaves_what_was_there(
    run: Run, visits: Visits, out: Path, monkeypatch: pytest.MonkeyPatch, there_before: bool
) -> None:
    def ticking(progress: object, what: str) -> Tick:
        def tick(step: int, of: int) -> None:
            if "T0p67" in what:
                assert any("T0p33" in name for name in files(out))
                raise KeyboardInterrupt

        return tick

    if there_before:
        run("export", visits[0], "--what", "bids", "-o", out / "d")
    before = files(out)
    monkeypatch.setattr("engine.commands.export.ticking", ticking)
    ended = run("export", *visits, "--what", "bids", "--points", "2", "-o", out / "d")
    assert (ended.code, ended.err.splitlines()[-1]) == (130, "Stopped: nothing half written is left.")
    assert files(out) == before and (there_before or not (out / "d").exists())


@pytest.mark.parametrize("name", ["t.nii.gz", "t.gif", "t.mp4", "m.csv"])
def test_stopped_while_synthesising_nothing_is_left(
    run: Run, visits: Visits, out: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.commands.export.ticking", lambda progress, what: stop)
    what = {"t.nii.gz": "timeline4d", "m.csv": "csv"}.get(name, name[2:])
    assert run("export", *visits, "--what", what, "-o", out / name).code == 130
    assert files(out) == set()


WRONG = {
    "one visit": ("A --what gif -o t.gif", 2, "name two or more visits"),
    "two scans for a volume": ("A B --what native -o t.nii.gz", 2, "is of one scan"),
    "a slider on a timeline": ("A B --what gif --set age=+1 -o t.gif", 2, "moves one scan"),
    "no change": ("A --what change -o t.nii.gz", 2, "say what (--set age=+10)"),
    "another ending": ("A B --what gif -o t.mp4", 2, "let it end with .gif"),
    "no table": ("A --what csv -o t.txt", 2, "let it end with .csv"),
    "too fast": ("A B --what gif --fps 31 -o t.gif", 2, "choose between 1 and 30"),
    "ages": ("A B --what gif --ages 60 -o t.gif", 2, "2 scans need 2 ages"),
    "words for ages": ("A B --what gif --ages 60,old -o t.gif", 2, "write numbers with commas"),
    "one age": ("A B --what gif --ages 60,60 -o t.gif", 2, "the same age"),
    "no points": ("A B --what gif --points 0 -o t.gif", 2, "choose 1 or more"),
    "many points": ("A B --what gif --points 5000 -o t.gif", 2, "ask for fewer"),
    "the same file": ("A A --what gif -o t.gif", 1, "are the same file"),
    "two people": ("A C --what gif -o t.gif", 1, "belong to sub-01 and sub-03: a timeline needs one person"),
    "a synthetic visit": ("A S --what gif -o t.gif", 1, "is marked synthetic, not acquired"),
    "no BIDS": ("S --what bids -o d", 1, "lies in no BIDS folder"),
    "over a source": ("A B --what timeline4d -o A", 1, "is the scan itself"),
    "into the dataset": ("A --what bids -o BIDS", 1, "is the scans' own folder"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_is_said_before_long_work(
    run: Run, visits: Visits, scan: Path, out: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    words, code, says = WRONG[fault]
    synthetic = out.parent / "synthetic.nii.gz"
    image = nib.load(scan)
    image.header["descrip"] = b"SYNTHETIC Neurolapse 0.1.0 age=70 not acquired"
    nib.save(image, synthetic)
    paths = {"A": visits[0], "B": visits[1], "C": scan, "S": synthetic, "BIDS": visits[0].parents[3]}
    given = [
        paths.get(word, out / word if before == "-o" else word)
        for before, word in zip(["", *words.split()], words.split(), strict=False)
    ]
    monkeypatch.setattr("engine.commands.export.loading", lambda *_: lambda: pytest.fail("the model was loaded first"))
    before = files(out.parent)
    ended = run("export", *given)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.count("\n") == 1 and says in ended.err and "Traceback" not in ended.err
    assert files(out.parent) == before


def test_other_peoples_scans_and_synthetic_ones_may_be_insisted_on(
    run: Run, scan: Path, later: Path, out: Path
) -> None:
    ended = run("export", scan, later, "--anyway", "--what", "timeline4d", "--points", "1", "-o", out / "t.nii.gz")
    assert ended.code == 0, ended.err

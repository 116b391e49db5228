"""``simulate``: a BIDS folder with truth, the same for the same seed, stopped or not."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.commands import main
from engine.preparation import Recipe
from engine.scans import Scan, describe
from engine.volume import Volume
from tests.engine.commands.ended import Ended
from tests.labelled import AFFINE, CONFIG, SHAPE, write_labelled_cohort

Simulate = Callable[..., Ended]


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    return write_labelled_cohort(tmp_path / "cohort")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "simulate.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def simulate(config: Path, cohort: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Simulate]:
    def call(output: Path, *words: object) -> Ended:
        code = main(["simulate", str(config), "--data", str(cohort), "-o", str(output), *map(str, words)])
        return Ended(code, *capfd.readouterr())

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bids_folder_with_truth_is_written(simulate: Simulate, cohort: Path, tmp_path: Path) -> None:
    ended = simulate(tmp_path / "out", "--json")
    assert ended.code == 0, ended.err
    assert len(ended.json["made"]) == 12 and ended.json["failures"] == []
    out = tmp_path / "out"
    assert [
        (row["participant_id"], row["group"], row["person"], row["split"]) for row in table(out / "participants.tsv")
    ] == [
        ("sub-A1alzheimer", "alzheimer", "sub-A1", "train"),
        ("sub-A1normal", "normal", "sub-A1", "train"),
        ("sub-A2alzheimer", "alzheimer", "sub-A2", "train"),
        ("sub-A2normal", "normal", "sub-A2", "train"),
    ]
    sessions = table(out / "sub-A2normal" / "sub-A2normal_sessions.tsv")
    assert [(row["session_id"], row["age"], row["group"]) for row in sessions] == [
        ("ses-M00", "71", "n/a"),
        ("ses-M06", "71.5", "normal"),
        ("ses-M24", "73", "normal"),
    ]
    assert all(0.0 < float(row["smallest_jacobian"]) <= 1.0 for row in sessions)
    assert (out / "labels.tsv").read_bytes() == (cohort / "labels.tsv").read_bytes()
    truth = table(out / "truth_volumes.tsv")
    assert len(truth) == 12 * 4
    for row in truth:
        if row["asked_percent"] != "n/a":
            assert float(row["met_percent"]) == pytest.approx(float(row["asked_percent"]), rel=0.05)
    assert json.loads((out / "dataset_description.json").read_text())["GeneratedBy"][0]["Parameters"]["seed"] == 0
    assert str(tmp_path) not in "".join(path.read_text() for path in out.rglob("*.json"))


def test_files_lie_on_the_cohorts_grid_and_say_that_they_are_synthetic(simulate: Simulate, tmp_path: Path) -> None:
    assert simulate(tmp_path / "out").code == 0
    for suffix in ("T1w", "dseg"):
        path = tmp_path / f"out/sub-A1normal/ses-M24/anat/sub-A1normal_ses-M24_{suffix}.nii.gz"
        image = nib.load(path)
        assert image.shape == SHAPE and image.get_data_dtype() == np.uint8
        np.testing.assert_array_equal(image.affine, AFFINE)
        assert describe(path).kind == "synthetic"
        sidecar = json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text())
        assert sidecar["Synthetic"] is True and sidecar["AgeShown"] == pytest.approx(sidecar["AgeAtScan"] + 2)
    untouched = tmp_path / "out/sub-A1normal/ses-M00/anat/sub-A1normal_ses-M00_dseg.nii.gz"
    assert describe(untouched).kind == "scan"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(simulate: Simulate, tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("two", 5), ("other", 6)):
        assert simulate(tmp_path / name, "--seed", seed).code == 0
    one, two, other = (content(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    scan = "sub-A1normal/ses-M24/anat/sub-A1normal_ses-M24_T1w.nii.gz"
    assert one[scan] != other[scan]


def test_stopped_and_started_again_it_leaves_the_same_folder(
    simulate: Simulate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert simulate(tmp_path / "whole").code == 0
    from engine.export import simulated_folder

    place, placed = simulated_folder.place, []

    def stop_at_the_eighth(path: Path, image: nib.Nifti1Image, record: str) -> None:
        placed.append(path)
        if len(placed) == 8:
            raise KeyboardInterrupt
        place(path, image, record)

    with monkeypatch.context() as patch:
        patch.setattr(simulated_folder, "place", stop_at_the_eighth)
        assert simulate(tmp_path / "parts").code == 130
    # Three whole visits, and the label map of the fourth.
    assert len(table(tmp_path / "parts" / "participants.tsv")) == 1
    ended = simulate(tmp_path / "parts", "--json")
    assert ended.code == 0 and (ended.json["skipped"], len(ended.json["made"])) == (3, 9)
    assert content(tmp_path / "parts") == content(tmp_path / "whole")


def test_finished_visits_are_not_made_again(simulate: Simulate, tmp_path: Path) -> None:
    assert simulate(tmp_path / "out").code == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.nii.gz")}
    ended = simulate(tmp_path / "out", "--json")
    assert ended.json["skipped"] == 12 and ended.json["made"] == []
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_processes_share_the_people(simulate: Simulate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert simulate(tmp_path / "whole").code == 0
    for rank in "01":
        with monkeypatch.context() as patch:
            patch.setenv("SLURM_PROCID", rank)
            patch.setenv("SLURM_NTASKS", "2")
            assert len(simulate(tmp_path / "shared", "--json").json["made"]) == 6
    assert content(tmp_path / "shared") == content(tmp_path / "whole")


def test_someone_who_cannot_be_followed_up_is_named_and_the_rest_goes_on(
    simulate: Simulate, cohort: Path, tmp_path: Path
) -> None:
    path = cohort / "sub-A1" / "anat" / "sub-A1_dseg.nii.gz"
    labels = np.asarray(nib.load(path).dataobj).copy()
    labels[labels == 4] = 2
    nib.save(nib.Nifti1Image(labels, AFFINE), path)
    ended = simulate(tmp_path / "out", "--json")
    assert ended.code == 1
    assert "sub-A1_dseg.nii.gz: has no voxel of ventricles: " in ended.err
    assert len(ended.json["made"]) == 6 and len(ended.json["failures"]) == 1


def test_a_folder_of_other_settings_is_refused(simulate: Simulate, cohort: Path, tmp_path: Path) -> None:
    assert simulate(tmp_path / "out").code == 0
    before = content(tmp_path / "out")
    ended = simulate(tmp_path / "out", "--seed", 1)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert ended.err.startswith("out was made with other settings: ")
    assert content(tmp_path / "out") == before
    assert simulate(cohort).err.startswith("cohort is the cohort's own folder")


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("months = [0, 6, 24]", "months = [6, 0]", 2, "rising order"),
        ("noise = 2.0", "nose = 2.0", 2, "unknown setting nose in [variety]"),
        ("[3.0, 1.0]", "3.0", 2, "rates.normal.ventricles = 3.0 is no [mean, standard deviation]"),
        ('split = "train"', 'spilt = "train"', 2, "unknown setting spilt"),
        ('split = "train"', 'split = "none"', 1, "names nobody of split none"),
        ("hippocampus = [-1.4, 0.5]", "", 2, "name different regions"),
        ("hippocampus", "pons", 2, "labels.tsv: has no group pons"),
        ("months", "= months", 2, "not a TOML file"),
    ],
)
def test_wrong_settings_are_told_in_a_sentence(
    simulate: Simulate, config: Path, tmp_path: Path, old: str, new: str, code: int, says: str
) -> None:
    config.write_text(CONFIG.replace(old, new))
    ended = simulate(tmp_path / "out")
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err and ended.err.count("\n") == 1 and ended.err.endswith(".\n")
    assert not (tmp_path / "out").exists()


def test_labels_without_groups_are_refused(simulate: Simulate, cohort: Path, tmp_path: Path) -> None:
    (cohort / "labels.tsv").unlink()
    ended = simulate(tmp_path / "out")
    assert ended.code == 1 and "holds no labels.tsv: " in ended.err


def test_label_maps_alone_are_painted_and_their_scans_say_that_they_are_synthetic(
    simulate: Simulate, config: Path, cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = tmp_path / "maps"
    maps.mkdir()
    (cohort / "sub-A1" / "anat" / "sub-A1_dseg.nii.gz").rename(maps / "labels_01.nii.gz")
    picture = np.asarray(nib.load(cohort / "sub-A1" / "anat" / "sub-A1_T1w.nii.gz").dataobj) / np.float32(255)

    def painted(labels: Scan, recipe: Recipe, random: np.random.Generator) -> tuple[Volume, np.ndarray]:
        return Volume(picture, AFFINE), labels.volume.data

    monkeypatch.setattr("engine.cohort.sources.painted", painted)
    monkeypatch.setattr("engine.cohort.sources.labels_table", (cohort / "labels.tsv").read_text)
    config.write_text(CONFIG.replace("noise = 2.0", "").replace("shading = 0.01", ""))
    assert simulate(tmp_path / "out", "--data", maps).code == 0
    (ill, _) = table(tmp_path / "out" / "participants.tsv")
    assert (ill["participant_id"], ill["age"], ill["split"]) == ("sub-labels01alzheimer", "n/a", "train")
    assert describe(tmp_path / "out/sub-labels01normal/ses-M00/anat/sub-labels01normal_ses-M00_T1w.nii.gz").kind == (
        "synthetic"
    )
    assert (tmp_path / "out" / "labels.tsv").read_text() == (cohort / "labels.tsv").read_text()

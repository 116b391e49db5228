"""``prepare``, ``encode``, ``edit``, ``measure`` over a BIDS folder, by one process or several."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.commands.ranks import Rank, rank_of
from engine.errors import UsageError
from engine.scans import describe
from tests.engine.commands.ended import Run

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def people(tiny_cohort: Path, tmp_path: Path) -> Path:
    """Three scans of two people, one more that is broken, and a table with an age above which none is told."""
    root = tmp_path / "people"
    scans = {
        "sub-01/ses-M00/anat/sub-01_ses-M00_run-2_T1w.nii.gz": "sub-03",
        "sub-01/ses-M24/anat/sub-01_ses-M24_T1w.nii.gz": "sub-04",
        "sub-02/anat/sub-02_T1w.nii.gz": "sub-06",
        "sub-03/anat/sub-03_T1w.nii.gz": "sub-00",
    }
    for place, source in scans.items():
        (root / place).parent.mkdir(parents=True)
        shutil.copy(tiny_cohort / source / "anat" / f"{source}_T1w.nii.gz", root / place)
    broken = root / "sub-03/anat/sub-03_T1w.nii.gz"
    broken.write_bytes(broken.read_bytes()[:700])
    (root / "participants.tsv").write_text("participant_id\tage\nsub-01\t70\nsub-02\t89+\n")
    (root / "sub-01/sub-01_sessions.tsv").write_text("session_id\tage\nses-M00\t70.25\nses-M24\t72.25\n")
    return root


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


GENERAL = {"dataset_description.json", "README", ".bidsignore", "descriptions.tsv", "failures.tsv"}
FAILED = "sub-03/anat/sub-03_T1w.nii.gz"


def test_edits_are_derivatives_that_keep_names_ages_and_sources(run: Run, people: Path, tmp_path: Path) -> None:
    before = files(people)
    out = tmp_path / "out"
    ended = run("edit", people, "--set", "age=+10", "-o", out, "--json")
    assert ended.code == 1
    stems = (
        "sub-01/ses-M00/anat/sub-01_ses-M00_run-2_space-ldae_desc-synthAge80p25_T1w",
        "sub-01/ses-M24/anat/sub-01_ses-M24_space-ldae_desc-synthAge82p25_T1w",
        "sub-02/anat/sub-02_space-ldae_desc-synthAge99_T1w",
    )
    volumes = {f"{stem}{ending}" for stem in stems for ending in (".nii.gz", ".json")}
    mark = f".failures/edit_{Path(FAILED).name}.json"
    assert files(out) == volumes | GENERAL | {mark}
    said = ended.json
    assert (said["scans"], said["made"], said["skipped"]) == (4, [f"{stem}.nii.gz" for stem in stems], 0)
    assert said["notes"] == ["sub-02_T1w.nii.gz: the age 89+ in participants.tsv counts as 89."]
    record = json.loads((out / f"{stems[2]}.json").read_text())
    assert record["Sources"] == ["bids:raw:sub-02/anat/sub-02_T1w.nii.gz"]
    assert (record["AgeAtScan"], record["AgeShown"], record["Notes"]) == (89.0, 99.0, said["notes"])
    assert record["SpatialReference"] and str(tmp_path) not in json.dumps(record)
    assert describe(out / f"{stems[0]}.nii.gz").kind == "synthetic"
    assert files(people) == before


def test_the_folder_says_what_it_is(run: Run, people: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("edit", people, "--set", "age=75", "-o", out)
    about = json.loads((out / "dataset_description.json").read_text())
    assert (about["DatasetType"], about["DatasetLinks"]) == ("derivative", {"raw": "../people"})
    assert [maker["Name"] for maker in about["GeneratedBy"]] == ["Neurolapse", "tiny"]
    assert "never acquired" in (out / "README").read_text()
    assert table(out / "descriptions.tsv") == [
        {
            "desc_id": "synthAge75",
            "description": "Synthetic T1, drawn by a model and not acquired, on the model's grid",
        }
    ]


def test_a_failed_scan_is_named_and_passed_over_and_tried_again(
    run: Run, people: Path, tiny_cohort: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ended = run("encode", people, "-o", out, "--quiet")
    sentence = ended.err.strip()
    assert (ended.code, ended.out) == (1, "")
    assert sentence.startswith("sub-03_T1w.nii.gz stops early") and "\n" not in sentence
    assert table(out / "failures.tsv") == [
        {
            "participant_id": "sub-03",
            "session_id": "n/a",
            "scan": FAILED,
            "command": "encode",
            "sentence": sentence,
        }
    ]
    shutil.copy(tiny_cohort / "sub-00" / "anat" / "sub-00_T1w.nii.gz", people / FAILED)
    again = run("encode", people, "-o", out, "--json")
    assert again.code == 0, again.err
    assert (again.json["made"], again.json["skipped"]) == (["sub-03/anat/sub-03_desc-model_codes.safetensors"], 3)
    assert table(out / "failures.tsv") == []


def test_a_stopped_run_goes_on_where_it_was(
    run: Run, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.commands import prepare as command

    (people / FAILED).unlink()
    out = tmp_path / "out"
    real, count = command.write_volume, 0

    def stop_at_second(*arguments: object, **keywords: object) -> object:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        return real(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "write_volume", stop_at_second)
    assert run("prepare", people, "-o", out).code == 130
    (first,) = out.rglob("*.nii.gz")
    written = first.stat().st_mtime_ns
    assert run("prepare", people, "-o", out, "--quiet").code == 0
    assert first.stat().st_mtime_ns == written
    assert len(list(out.rglob("*_desc-prepared_T1w.nii.gz"))) == len(list(out.rglob("*_desc-prepared_T1w.json"))) == 3


def test_what_is_read_from_all_stands_in_one_table(run: Run, people: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("measure", people, "-o", out).code == 1
    rows = table(out / "measures.tsv")
    assert [(r["participant_id"], r["session_id"], r["age"], r["measure"], r["unit"]) for r in rows] == [
        ("sub-01", "ses-M00", "70.25", "age", "years"),
        ("sub-01", "ses-M24", "72.25", "age", "years"),
        ("sub-02", "n/a", "89", "age", "years"),
    ]
    alone = run("measure", people / "sub-02/anat/sub-02_T1w.nii.gz", "--json").json
    assert float(rows[2]["value"]) == pytest.approx(alone["age"]["value"], abs=1e-3)


def test_a_scan_with_a_grid_of_its_own_is_edited_in_its_own_space(run: Run, native: Path, tmp_path: Path) -> None:
    place = tmp_path / "people/sub-07/anat"
    place.mkdir(parents=True)
    shutil.copy(native, place / "sub-07_acq-x_T1w.nii.gz")
    out = tmp_path / "out"
    ended = run("edit", place.parents[1], "--set", "age=+10", "-o", out, "--registered", "--stripped", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["made"] == ["sub-07/anat/sub-07_acq-x_desc-synthAgeBy10Change_T1w.nii.gz"]
    made, scan = nib.load(out / ended.json["made"][0]), nib.load(native)
    assert made.shape == scan.shape
    np.testing.assert_allclose(made.affine, scan.affine, atol=1e-4)


def test_scans_whose_derivatives_would_share_a_name_are_not_mixed(run: Run, people: Path, tmp_path: Path) -> None:
    anat = people / "sub-02/anat"
    shutil.copy(anat / "sub-02_T1w.nii.gz", anat / "sub-02_desc-other_T1w.nii.gz")
    ended = run("prepare", people, "-o", tmp_path / "out", "--json")
    sentences = {failure["scan"]: failure["sentence"] for failure in ended.json["failures"]}
    assert "differs from sub-02_T1w.nii.gz in nothing" in " ".join(sentences.values()) or (
        "differs from sub-02_desc-other_T1w.nii.gz in nothing" in " ".join(sentences.values())
    )
    assert len(sentences) == 2


@pytest.mark.parametrize("spoil", ["its own", "foreign", "other model"])
def test_other_peoples_folders_are_not_written_into(run: Run, people: Path, tmp_path: Path, spoil: str) -> None:
    out = people if spoil == "its own" else tmp_path / "out"
    if spoil != "its own":
        out.mkdir()
        (out / "dataset_description.json").write_text(
            '{"GeneratedBy": [{"Name": "Other"}]}'
            if spoil == "foreign"
            else '{"GeneratedBy": [{"Name": "Neurolapse"}, {"Name": "old", "Version": "2", "WeightsSHA256": "0"}]}'
        )
    before = files(out)
    ended = run("encode", people, "-o", out)
    assert ended.code == 1
    assert ended.err.count("\n") == 1 and ended.err.startswith(f"{out.name} ") and ": choose a" in ended.err
    assert files(out) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("prepare", "-o", "out", "--mask", "m.nii.gz"), "a mask fits one scan"),
        (("measure",), "name the folder for what is read from it (-o DIR)"),
        (("edit", "--set", "agee=1", "-o", "out"), "the model has no such direction"),
    ],
)
def test_what_makes_no_sense_for_a_folder_is_wrong_usage(
    run: Run, people: Path, words: tuple[str, ...], says: str
) -> None:
    ended = run(words[0], people, *words[1:])
    assert ended.code == 2
    assert says in ended.err


@pytest.mark.parametrize(
    ("environment", "rank"),
    [
        ({}, Rank(0, 1)),
        ({"RANK": "1", "WORLD_SIZE": "3", "SLURM_PROCID": "0", "SLURM_NTASKS": "9"}, Rank(1, 3)),
        ({"SLURM_PROCID": "2", "SLURM_NTASKS": "4"}, Rank(2, 4)),
        ({"RANK": "1"}, Rank(0, 1)),
    ],
)
def test_the_rank_is_torchruns_or_slurms(environment: dict[str, str], rank: Rank) -> None:
    assert rank_of(environment) == rank


@pytest.mark.parametrize("words", [("2", "2"), ("-1", "2"), ("x", "2")])
def test_an_impossible_rank_is_wrong_usage(words: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="no such process"):
        rank_of({"RANK": words[0], "WORLD_SIZE": words[1]})


def _environment(cache: Path) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "TORCHELASTIC_"))}
    return clean | {"XDG_CACHE_HOME": str(cache), "OMP_NUM_THREADS": "1"}


def _shares(outputs: list[str]) -> list[set[str]]:
    return [set(json.loads(output)["made"]) for output in outputs]


def test_two_slurm_tasks_share_the_scans(people: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "main.py", "encode", str(people), "-o", str(out), "--bundle", str(tiny_bundle), "--json"]
    tasks = [
        subprocess.Popen(
            [*words, "--device", "cpu"],
            cwd=ROOT,
            env=_environment(tmp_path / "cache") | {"SLURM_PROCID": str(index), "SLURM_NTASKS": "2"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for index in (0, 1)
    ]
    first, second = _shares([task.communicate(timeout=300)[0] for task in tasks])
    assert [task.returncode for task in tasks] == [0, 1]  # the broken scan is the second's
    assert len(first) == 2 and len(second) == 1 and not first & second
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.safetensors")} == first | second
    assert [row["scan"] for row in table(out / "failures.tsv")] == [FAILED]


@pytest.mark.slow
def test_torchrun_lets_the_others_finish_when_one_rank_met_a_broken_scan(
    people: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ["encode", str(people), "-o", str(out), "--bundle", str(tiny_bundle), "--device", "cpu", "--json"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    logs = tmp_path / "logs"
    done = subprocess.run(
        [*launch, "--log-dir", str(logs), "--redirects", "3", "main.py", *words],
        cwd=ROOT,
        env=_environment(tmp_path / "cache"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1
    outputs = [log.read_text() for log in sorted(logs.rglob("stdout.log"))]
    first, second = _shares([output.strip().splitlines()[-1] for output in outputs])
    assert len(first | second) == 3 and not first & second
    assert len(list(out.rglob("*.safetensors"))) == 3
    assert [row["scan"] for row in table(out / "failures.tsv")] == [FAILED]

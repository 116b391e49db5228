"""``train``: a bundle at the end, words where they belong, and the way out of a run that was stopped."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.model.manifest import read_manifest
from tests.engine.commands.ended import Run

TINY = Path(__file__).parents[3] / "configs" / "tiny.toml"


def _short(folder: Path) -> Path:
    """The tiny configuration, each stage for one round of two steps."""
    text = TINY.read_text().replace("rounds = 4", "rounds = 1").replace("rounds = 2", "rounds = 1")
    path = folder / "short.toml"
    path.write_text(text.replace("steps_per_round = 10", "steps_per_round = 2"))
    return path


def _like_compact(folder: Path) -> Path:
    """The same with the kinds of networks that the bundled model has."""
    path = _short(folder)
    text = path.read_text()
    encoder, denoiser = text.index("[encoder]"), text.index("[denoiser]")
    text = f"{text[:encoder]}[encoder]\nshape = [16, 24, 16]\nemb_chans = 16\nblock = 8\n\n{text[denoiser:]}"
    text = text.replace('[solver]\nname = "bdia"', 'output = "velocity"\n\n[solver]\nname = "anchored"')
    path.write_text(text)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("configuration", [_short, _like_compact])
def test_training_ends_in_a_bundle_that_works(
    run: Run, tiny_cohort: Path, scan: Path, tmp_path: Path, configuration: Callable[[Path], Path]
) -> None:
    ended = run("train", configuration(tmp_path), "--data", tiny_cohort, "-o", tmp_path / "run", "--json")
    assert ended.code == 0, ended.err
    bundle = tmp_path / "run" / "bundle"
    assert ended.json == {"bundle": str(bundle)}
    assert [direction.name for direction in read_manifest(bundle).directions] == ["age"]
    assert run("reconstruct", scan, "-o", tmp_path / "copy.nii.gz", bundle=bundle).code == 0
    finished = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("finished.pt")}
    again = run("train", tmp_path / "short.toml", "--data", tiny_cohort, "-o", tmp_path / "run", "--resume", "--quiet")
    assert (again.code, again.out) == (0, "")
    assert finished == {path: path.stat().st_mtime_ns for path in finished} and len(finished) == 3


@pytest.mark.slow
def test_two_processes_share_the_steps_and_make_one_bundle(tiny_cohort: Path, tmp_path: Path) -> None:
    words = ["main.py", "train", _short(tmp_path), "--data", tiny_cohort, "-o", tmp_path / "run", "--quiet"]
    starter = [Path(sys.executable).with_name("torchrun"), "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*starter, *words], check=True, cwd=TINY.parents[1])
    assert [d.name for d in read_manifest(tmp_path / "run" / "bundle").directions] == ["age"]
    (log,) = (tmp_path / "run" / "denoiser").rglob("metrics.csv")
    # Two steps a round, as for one process: each takes half of every batch.
    assert {row["step"] for row in csv.DictReader(log.open())} == {"1"}
    assert not list((tmp_path / "run").glob(".*"))


def test_stopped_training_leaves_neither_a_finished_stage_nor_a_bundle(
    run: Run, tiny_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.training.autoencoder.AutoencoderStage.training_step", stop)
    ended = run("train", _short(tmp_path), "--data", tiny_cohort, "-o", tmp_path / "run")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err.endswith("Stopped: nothing half written is left.\n")
    assert not list(tmp_path.rglob("finished.pt")) and not (tmp_path / "run" / "bundle").exists()


@pytest.mark.slow
def test_stopped_while_the_bundle_is_written_the_former_bundle_stays(
    run: Run, tiny_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    words = ("train", _short(tmp_path), "--data", tiny_cohort, "-o", tmp_path / "run", "--quiet")
    assert run(*words).code == 0
    before = (tmp_path / "run" / "bundle" / "manifest.json").read_bytes()
    monkeypatch.setattr("engine.training.pipeline.save_axis", stop)
    assert run(*words, "--resume").code == 130
    assert (tmp_path / "run" / "bundle" / "manifest.json").read_bytes() == before
    assert not list((tmp_path / "run").glob(".*"))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (None, "holds no participants.tsv: name a cohort folder."),
        ("participant_id\tage\tsplit\n", "names nobody with train in the column split: "),
        ("participant_id\tage\tsplit\nsub-00\t50\ttrain\n", "sub-00: holds no T1w image: prepare the cohort first."),
    ],
)
def test_a_cohort_without_people_is_refused(run: Run, tmp_path: Path, table: str | None, says: str) -> None:
    (tmp_path / "cohort").mkdir()
    if table is not None:
        (tmp_path / "cohort" / "participants.tsv").write_text(table)
    ended = run("train", TINY, "--data", tmp_path / "cohort", "-o", tmp_path / "run")
    assert (ended.code, ended.out) == (1, "")
    assert "Traceback" not in ended.err and says in ended.err.splitlines()[-1]


def test_a_missing_configuration_exits_2(run: Run, tmp_path: Path) -> None:
    ended = run("train", tmp_path / "none.toml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith("none.toml: no such configuration: name a file of configs/.\n")

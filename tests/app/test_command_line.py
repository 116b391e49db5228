"""``export --workspace``: the words that a saved workspace comes to."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.command_line import spelled_out
from app.workspace.document import Edit, Film, Scan, Workspace
from app.workspace.files import save
from engine.errors import ScanError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    scans = (
        Scan("a", str(tmp_path / "first.nii.gz"), "sub-01", "ses-M00", age=61.5, stripped=True),
        Scan("b", str(tmp_path / "second é.nii.gz"), "sub-01", "ses-M24", age=63.5, stripped=True),
    )
    edits = {"a": Edit((("age", 10.25), ("sex", -0.5)), seed=7)}
    return Workspace(scans, edits, current="a", points=4, film=Film(ends="copy", rate=6))


@pytest.fixture
def words(workspace: Workspace, tmp_path: Path) -> list[str]:
    save(workspace, tmp_path / "w.neurolapse")
    return ["export", "--workspace", str(tmp_path / "w.neurolapse"), "-o", "out"]


def test_an_edit_is_that_of_the_scan_on_the_stage(words: list[str], tmp_path: Path) -> None:
    assert spelled_out([*words, "--what", "native"]) == [
        *("export", str(tmp_path / "first.nii.gz"), "--stripped", "--seed", "7"),
        *("--set", "age=+10.25", "sex=-0.5", "--what", "native", "-o", "out"),
    ]


def test_a_timeline_is_that_of_the_time_page(words: list[str], tmp_path: Path) -> None:
    assert spelled_out([*words, "--what", "gif"]) == [
        *("export", str(tmp_path / "first.nii.gz"), str(tmp_path / "second é.nii.gz"), "--stripped"),
        *("--points", "4", "--ends", "copy", "--fps", "6", "--ages", "61.5,63.5", "--what", "gif", "-o", "out"),
    ]


@pytest.mark.parametrize(("page", "scans"), [("explore", 1), ("time", 2)])
def test_a_table_is_of_the_page_that_was_open(
    workspace: Workspace, words: list[str], tmp_path: Path, page: str, scans: int
) -> None:
    save(replace(workspace, page=page), tmp_path / "w.neurolapse")  # type: ignore[arg-type]
    assert sum(word.endswith(".nii.gz") for word in spelled_out([*words, "--what", "csv"])) == scans


def test_without_a_workspace_the_words_stay_as_they_are() -> None:
    words = ["export", "a.nii.gz", "b.nii.gz", "--what", "gif", "-o", "c.gif"]
    assert spelled_out(words) == words


def test_a_visit_that_was_insisted_on_still_is_one(workspace: Workspace, words: list[str], tmp_path: Path) -> None:
    first, second = workspace.scans
    scans = (replace(first, age=None), replace(second, subject="sub-02", counted_to="sub-01"))
    save(replace(workspace, scans=scans), tmp_path / "w.neurolapse")
    spelled = spelled_out([*words, "--what", "timeline4d"])
    assert "--anyway" in spelled and "--ages" not in spelled


def test_visits_prepared_each_in_its_own_way_are_refused(
    workspace: Workspace, words: list[str], tmp_path: Path
) -> None:
    scans = (workspace.scans[0], replace(workspace.scans[1], stripped=None))
    save(replace(workspace, scans=scans), tmp_path / "w.neurolapse")
    with pytest.raises(ScanError, match=r"^w\.neurolapse has visits .*each in its own way"):
        spelled_out([*words, "--what", "gif"])


@pytest.mark.parametrize(("text", "says"), [("{", "is damaged"), (None, "cannot be read")])
def test_a_bad_workspace_is_one_sentence(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "w.neurolapse").write_text(text)
    command = [sys.executable, "main.py", "export", "--workspace", str(tmp_path / "w.neurolapse"), "--what", "gif"]
    ended = subprocess.run([*command, "-o", "t.gif"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("w.neurolapse ") and says in ended.stderr and ended.stderr.count("\n") == 1

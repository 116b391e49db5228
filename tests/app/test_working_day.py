"""A whole working day at the window, a death at the end of it, and everything back as it was."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot
from working_day import FIRST, SECOND

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
DEMO = ROOT / "resources" / "demo" / "sub-demo"
HEAD = "data/heads/adult_m41_philips_3t_1mm_sag.nii.gz"
PATIENCE_S = 1500
AGES = "session_id\tage\nses-A\t62\nses-B\t72\n"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="folders are set by XDG_DATA_HOME")


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        **{f"XDG_{kind}_HOME": str(folder / "home") for kind in ("DATA", "CONFIG", "CACHE")},
        "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}",
    }
    if environment.get("DISPLAY"):
        environment.pop("QT_QPA_PLATFORM", None)
    else:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, str(HERE / "working_day.py"), *words, str(folder)]
    with (folder / "problems").open("a") as problems:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=problems, text=True)


def without_a_brain(folder: Path) -> None:
    """What the stand-in for the engine takes for scans."""
    for visit in (FIRST, SECOND):
        write_scan(folder / visit)


def raw_head(folder: Path) -> None:
    """A head as a scanner stores it, and the second visit of the demonstration subject, which is prepared already."""
    head = ROOT / os.environ.get("NEUROLAPSE_SHARED", ROOT.parent / "shared") / HEAD
    if not head.is_file():
        pytest.skip(f"no raw head at {head} (set NEUROLAPSE_SHARED)")
    for visit in (FIRST, SECOND):
        (folder / visit).parent.mkdir(parents=True)
    shutil.copy(head, folder / FIRST)
    shutil.copy(next(DEMO.glob("ses-M120/anat/*.nii.gz")), folder / SECOND)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "scans"), [("stand-in", without_a_brain), ("real", raw_head)], ids=("stand-in", "real")
)
def test_a_working_day_survives_the_windows_death(
    qtbot: QtBot, tmp_path: Path, engine: str, scans: Callable[[Path], None]
) -> None:
    scans(tmp_path)
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text(AGES)
    (tmp_path / "participants.tsv").write_text("participant_id\tsex\nsub-01\tM\n")
    before = {path: path.read_bytes() for path in (tmp_path / FIRST, tmp_path / SECOND)}
    working = start(tmp_path, "work", engine)
    assert working.stdout
    line = working.stdout.readline()
    assert line, (tmp_path / "problems").read_text()
    _, engine_id = json.loads(line)
    os.kill(working.pid, signal.SIGKILL)
    working.communicate()
    qtbot.waitUntil(lambda: not Path("/proc", str(engine_id)).exists(), timeout=60_000)
    restoring = start(tmp_path, "restore", engine)
    told, _ = restoring.communicate(timeout=PATIENCE_S)
    assert restoring.returncode == 0 and json.loads(told) == ["closed", None], (tmp_path / "problems").read_text()
    documents = [json.loads((tmp_path / day / "document.json").read_text()) for day in ("work", "restore")]
    assert documents[0] == documents[1]
    views = [{path.name: QImage(str(path)) for path in (tmp_path / day).glob("*.png")} for day in ("work", "restore")]
    assert len(views[0]) == 35 and views[0].keys() == views[1].keys()
    assert [name for name, image in views[0].items() if image != views[1][name]] == []
    assert {path: path.read_bytes() for path in before} == before, "scans are never written"
    assert not list((tmp_path / "home").rglob("*.draft.*"))

"""A window that dies loses nothing: real window processes, killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.autosave import Autosave
from app.dialogs.question_dialog import QuestionDialog
from app.session import Session
from app.window import Window

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}",
    }
    if environment.get("DISPLAY"):
        environment.pop("QT_QPA_PLATFORM", None)
    else:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, str(HERE / "window_process.py"), *words]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the data folder is set by XDG_DATA_HOME")
def test_a_killed_window_comes_back_as_it_was(tmp_path: Path) -> None:
    scan = write_scan(tmp_path / "Kopf ü.nii.gz")
    working = start(tmp_path / "data", "work", str(scan))
    assert working.stdout and working.stdout.readline() == "at work\n"
    beside = start(tmp_path / "data", "look")
    assert beside.communicate(timeout=120)[0] == "nothing\n", "a window at work is not offered to another"
    os.kill(working.pid, signal.SIGKILL)
    working.wait()
    told, _ = start(tmp_path / "data", "restore").communicate(timeout=120)
    document = json.loads(told)
    (restored,) = document["scans"]
    assert Path("/", restored["path"]) == scan
    assert restored["age"] == 61.5
    edit = document["edits"]["scan-1"]
    assert (edit["changes"], edit["seed"], edit["held"]) == ({"age": 12.5}, 0, [])
    assert document["view"]["crosshair"] == [6.0, -2.0, 10.0]
    assert document["view"]["window"] == [0.2, 0.7]
    assert document["edited"], "what was never saved is not saved by a crash"
    assert not list((tmp_path / "data").rglob("*.draft.*")), "closed in order, nothing is left"


@pytest.fixture
def kept(qtbot: QtBot, session: Session, tmp_path: Path) -> Window:
    """A window that keeps its document in the folder "unsaved", one scan open."""
    window = Window(session, Autosave(session, tmp_path / "unsaved"))
    qtbot.addWidget(window)
    window.show()
    window.open([write_scan(tmp_path / "one.nii.gz")])
    return window


def test_closing_with_changes_asks_once_and_close_leaves_no_draft(qtbot: QtBot, kept: Window, tmp_path: Path) -> None:
    qtbot.waitUntil(lambda: bool(list((tmp_path / "unsaved").glob("*.neurolapse"))), timeout=PATIENCE)
    kept.close()
    assert kept.isVisible()
    qtbot.mouseClick(kept.findChild(QuestionDialog).buttons["Close"], LEFT)
    assert not kept.isVisible()
    assert not list((tmp_path / "unsaved").iterdir())


def test_closing_can_be_taken_back(qtbot: QtBot, kept: Window) -> None:
    kept.close()
    qtbot.keyClick(kept.findChild(QuestionDialog), Qt.Key.Key_Escape)
    assert kept.isVisible()
    assert kept.session.workspace.scans
    kept.end()


def test_a_saved_document_closes_without_a_question(kept: Window, tmp_path: Path) -> None:
    kept.session.save(tmp_path / "a.neurolapse")
    kept.close()
    assert not kept.isVisible()

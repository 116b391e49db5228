"""What goes wrong around a window: each is a sentence on the status line or in the dialog, and nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dialogs.export_dialog import ExportDialog
from app.engine_client import EngineClient
from app.session import Session
from app.stage.slicing import Plane
from app.window import Window
from app.workspace import files
from app.workspace.document import Edit
from engine.errors import DiskError
from tests.engine.untrained import write_untrained_bundle

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def edited(qtbot: QtBot, window: Window, tmp_path: Path) -> Window:
    """A window with one scan, its age moved by ten years; the scan's file lies in the folder "drive"."""
    window.open([write_scan(tmp_path / "drive" / "scan.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    window.session.set_edit(Edit().moved("age", 10.0))
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    return window


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 64 kB, full but for a few of them."""
    place = tmp_path / "small disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no disk may be mounted here: that takes root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room at all."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    assert shutil.disk_usage(disk).free == 0
    return ballast


def test_saving_to_a_full_disk_says_so_keeps_what_was_there_and_works_once_there_is_room(
    edited: Window, small_disk: Path
) -> None:
    session, place = edited.session, small_disk / "work.neurolapse"
    session.save(place)
    before = place.read_bytes()
    session.set_edit(Edit().moved("age", 20.0))
    ballast = fill(small_disk)
    assert not edited._save()
    assert "work.neurolapse could not be written (No space left on device)" in edited.status.words
    assert place.read_bytes() == before and session.edited
    assert {path.name for path in small_disk.iterdir()} == {"ballast", "work.neurolapse"}
    ballast.unlink()
    assert edited._save() and not session.edited
    assert files.load(place).edit("scan-1")["age"] == 20.0


def test_an_export_to_a_full_disk_is_refused_before_anything_is_written(edited: Window, small_disk: Path) -> None:
    fill(small_disk)
    edited.export()
    dialog = edited.findChild(ExportDialog)
    dialog.folder.setText(str(small_disk))
    assert dialog._problem.text() == "No room in folder small disk: 0 MB needed, 0 MB free; nothing was written."
    assert not dialog.write.isEnabled()
    dialog.reject()


def test_a_workspace_on_a_drive_that_went_away_is_a_sentence_and_can_be_saved_elsewhere(
    edited: Window, tmp_path: Path
) -> None:
    session, drive = edited.session, tmp_path / "stick"
    drive.mkdir()
    session.save(drive / "work.neurolapse")
    session.set_edit(Edit().moved("age", 20.0))
    (drive / "work.neurolapse").unlink()
    drive.rmdir()
    drive.write_text("another file of that name")
    assert not edited._save()
    assert "work.neurolapse could not be written" in edited.status.words
    assert session.edited
    session.save(tmp_path / "elsewhere.neurolapse")
    assert not session.edited


def test_export_of_a_scan_whose_drive_went_away_still_opens_and_says_what_is_wrong(
    qtbot: QtBot, edited: Window, tmp_path: Path
) -> None:
    (tmp_path / "drive" / "scan.nii.gz").unlink()
    (tmp_path / "drive").rmdir()
    edited.export()
    dialog = edited.findChild(ExportDialog)
    assert dialog.isVisible()
    dialog.folder.setText(str(tmp_path))
    assert "scan.nii.gz" in dialog._problem.text()
    for form, box in dialog.choices.items():
        box.setChecked(form == "model")
    with qtbot.waitSignal(dialog.written, timeout=PATIENCE):
        qtbot.mouseClick(dialog.write, LEFT)
    assert edited.session.workspace.edit("scan-1")["age"] == 10.0


def test_an_export_target_whose_drive_fails_is_a_sentence(
    edited: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited.export()
    dialog = edited.findChild(ExportDialog)

    def torn_out(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("shutil.disk_usage", torn_out)
    dialog.folder.setText(str(tmp_path))
    assert "Input/output error" in dialog._problem.text()
    assert not dialog.write.isEnabled()
    dialog.reject()


def test_a_save_that_fails_and_cannot_tidy_up_is_still_a_sentence(
    edited: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn_out(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", torn_out)
        patch.setattr(Path, "unlink", torn_out)
        with pytest.raises(DiskError, match=r"work\.neurolapse could not be written \(Input/output error\)"):
            edited.session.save(tmp_path / "work.neurolapse")


def test_an_altered_model_is_a_sentence_and_scans_can_still_be_looked_at(qtbot: QtBot, tmp_path: Path) -> None:
    altered = write_untrained_bundle(ROOT / "configs" / "tiny.toml", tmp_path / "altered")
    weights = next(altered.glob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 255
    weights.write_bytes(content)
    client = EngineClient()
    client.start()
    window = Window(Session(client, str(altered)))
    qtbot.addWidget(window)
    window.show()
    window.open([write_scan(tmp_path / "scan.nii.gz")])
    qtbot.waitUntil(lambda: bool(window.session.model_problem), timeout=PATIENCE)
    assert weights.name in window.session.model_problem and "reinstall" in window.session.model_problem
    assert window.session.model_problem in window.status.words
    qtbot.waitUntil(lambda: window.explore.scan_column.content is not None, timeout=PATIENCE)
    assert "Without a model" in window.explore.edit_column.panes[Plane.AXIAL]._empty_text
    window.session.close()

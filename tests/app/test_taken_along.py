"""Scans that were moved, workspaces packed, notes as a table."""

from __future__ import annotations

import errno
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.dialogs.moved_dialog import MovedDialog
from app.session import Session
from app.window import Window
from app.workspace import files, moved, notes, pack
from app.workspace.document import Edit, Scan, Workspace, with_edit, with_scan
from engine.errors import DiskError, ScanError

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


def scan_at(key: str, path: Path) -> Scan:
    return Scan(key, str(path), key, checksum=moved.checksum(path))


@pytest.fixture
def two(tmp_path: Path) -> Workspace:
    """Two scans of the same name in two folders, their content different; one is edited, one has a note."""
    first = write_scan(tmp_path / "alt" / "a" / "T1w ü.nii.gz")
    second = write_scan(tmp_path / "alt" / "b" / "T1w ü.nii.gz")
    second.write_bytes(second.read_bytes() + b"\0")
    workspace = with_scan(with_scan(Workspace(), scan_at("one", first)), scan_at("two", second))
    return replace(with_edit(workspace, "one", Edit((("age", 5.0),))), notes={"two": "moved\ta little,\nlook again"})


def test_one_folder_finds_all_by_content_whatever_they_are_called_now(two: Workspace, tmp_path: Path) -> None:
    old_one, old_two = (Path(scan.path) for scan in two.scans)
    place = tmp_path / "neu" / "tief" / "drin"
    place.mkdir(parents=True)
    old_two.rename(place / "T1w ü.nii.gz")  # the name of both, the content of the second
    old_one.rename(place / "renamed.nii.gz")
    assert [scan.key for scan in moved.missing(two)] == ["one", "two"]
    found = moved.found_below(tmp_path / "neu", moved.missing(two))
    assert found == {"one": str(place / "renamed.nii.gz"), "two": str(place / "T1w ü.nii.gz")}
    again = moved.moved(two, found)
    assert moved.missing(again) == ()
    assert again.edit("one")["age"] == 5.0


def test_another_file_of_the_name_is_not_taken_for_the_scan(two: Workspace, tmp_path: Path) -> None:
    Path(two.scans[0].path).unlink()
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "T1w ü.nii.gz").write_bytes(b"something else")
    assert moved.found_below(tmp_path / "x", moved.missing(two)) == {}


def test_a_dicom_folder_is_found_by_its_files(tmp_path: Path) -> None:
    series = tmp_path / "old" / "SER1"
    series.mkdir(parents=True)
    for number in range(3):
        (series / f"IM{number}").write_bytes(bytes(10 + number))
    scan = scan_at("s", series)
    (tmp_path / "old").rename(tmp_path / "new")
    assert moved.found_below(tmp_path, [scan]) == {"s": str(tmp_path / "new" / "SER1")}


def test_a_workspace_whose_scans_were_moved_asks_once_for_a_folder(
    qtbot: QtBot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = write_scan(tmp_path / "da" / "one.nii.gz")
    window.open([scan])
    window.session.save(tmp_path / "w.neurolapse")
    window.session.close_scan(window.session.workspace.scans[0].key)
    (tmp_path / "da").rename(tmp_path / "dort")
    window.open([tmp_path / "w.neurolapse"])
    dialog = window.findChild(MovedDialog)
    assert dialog.list.item(0).text() == str(scan)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    qtbot.mouseClick(dialog.choose, LEFT)
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=PATIENCE)
    assert window.session.workspace.scans[0].path == str(tmp_path / "dort" / "one.nii.gz")
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)


def test_a_packed_workspace_opens_elsewhere_with_its_scans(two: Workspace, tmp_path: Path) -> None:
    made = pack.pack(two, tmp_path / "mit.zip")
    with zipfile.ZipFile(made) as archive:
        archive.extractall(tmp_path / "fern")
    for scan in two.scans:
        Path(scan.path).unlink()
    opened = files.load(tmp_path / "fern" / "mit.neurolapse")
    assert moved.missing(opened) == ()
    assert [moved.checksum(Path(scan.path)) for scan in opened.scans] == [scan.checksum for scan in two.scans]
    assert opened.edit("one")["age"] == 5.0


def test_a_scan_that_is_gone_cannot_be_packed_and_nothing_is_left(two: Workspace, tmp_path: Path) -> None:
    Path(two.scans[1].path).unlink()
    with pytest.raises(ScanError, match=r"T1w ü.nii.gz is not there: .*pack again"):
        pack.pack(two, tmp_path / "mit.zip")
    assert not list(tmp_path.glob("mit*"))


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("write", "name", "patched"),
    [
        (pack.pack, "mit.zip", (zipfile.ZipFile, "write")),
        (notes.save_table, "notes.tsv", (os, "fsync")),
        (files.save, "w.neurolapse", (os, "fsync")),
    ],
)
def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(
    two: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Workspace, Path], object],
    name: str,
    patched: tuple[object, str],
) -> None:
    (tmp_path / name).write_text("of yesterday")
    monkeypatch.setattr(*patched, full)
    with pytest.raises(DiskError, match=rf"{name} could not be written \(No space left on device\): choose"):
        write(two, tmp_path / name)
    assert (tmp_path / name).read_text() == "of yesterday"
    assert not list(tmp_path.glob("*.part"))


def test_the_notes_are_a_table_with_one_line_a_scan(two: Workspace, tmp_path: Path) -> None:
    notes.save_table(two, tmp_path / "n.tsv")
    lines = (tmp_path / "n.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == list(notes.COLUMNS)
    assert lines[2].split("\t")[-1] == "moved a little, look again"
    assert len(lines) == 3


def test_the_place_of_a_mask_is_kept_relative_too(two: Workspace, tmp_path: Path) -> None:
    (tmp_path / "alt" / "mask.nii.gz").touch()
    masked = replace(two, scans=(replace(two.scans[0], mask=str(tmp_path / "alt" / "mask.nii.gz")), two.scans[1]))
    files.save(masked, tmp_path / "alt" / "w.neurolapse")
    (tmp_path / "alt").rename(tmp_path / "neu")
    opened = files.load(tmp_path / "neu" / "w.neurolapse")
    assert opened.scans[0].mask == str(tmp_path / "neu" / "mask.nii.gz")
    assert moved.missing(opened) == ()


def test_an_autosave_on_a_full_disk_says_so_once_and_the_work_goes_on(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.autosave import Autosave

    autosave = Autosave(session, tmp_path / "unsaved")
    said = []
    session.said.connect(lambda sentence, tone: said.append((sentence, tone)))
    session.open([write_scan(tmp_path / "one.nii.gz")])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        autosave.write()
        autosave.write()
    warned = [sentence for sentence, tone in said if tone == "warn" and "save it with Ctrl+S" in sentence]
    assert len(warned) == 1
    autosave.write()
    assert list((tmp_path / "unsaved").glob("*.neurolapse"))
    autosave.clear()

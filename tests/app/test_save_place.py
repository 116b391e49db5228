"""Under which name a file is saved, and what is asked before one is replaced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.dialogs.question_dialog import QuestionDialog
from app.window import Window

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton
Typing = Callable[[str], list[str]]


@pytest.fixture
def opened(qtbot: QtBot, window: Window, tmp_path: Path) -> Window:
    window.open([write_scan(tmp_path / "scans" / "scan.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    return window


@pytest.fixture
def typing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Has the next file dialogs be answered by a name in ``tmp_path``; what they propose."""

    def prepared(name: str) -> list[str]:
        proposed: list[str] = []

        def answer(_: object, title: str, place: str, kinds: str) -> tuple[str, str]:
            proposed.append(place)
            return str(tmp_path / name), kinds.partition(";;")[0]

        monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
        return proposed

    return prepared


def press(qtbot: QtBot, word: str) -> list[str]:
    """The button ``word`` of the question that is going to be asked; its sentence."""
    asked: list[str] = []

    def act() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QuestionDialog)
        asked.append(dialog.accessibleDescription())
        qtbot.mouseClick(dialog.buttons[word], LEFT)

    QTimer.singleShot(0, act)
    return asked


def test_a_name_is_kept_as_it_was_typed(opened: Window, typing: Typing, tmp_path: Path) -> None:
    proposed = typing("view.age74.5")
    opened.takeaway.save_picture()
    assert (tmp_path / "view.age74.5.png").is_file()
    assert proposed == [str(tmp_path / "scans" / "scan_view.png")]
    typing("other.PNG")
    opened.takeaway.save_picture()
    assert (tmp_path / "other.PNG").is_file()
    proposed = typing("study.v1")
    assert opened._save() and opened.session.path == tmp_path / "study.v1.neurolapse"
    assert proposed == [str(tmp_path / "scans" / "workspace.neurolapse")]
    proposed = typing("copy.neurolapse")
    opened.doors.save_as()
    assert (tmp_path / "copy.neurolapse").is_file()
    assert proposed == [str(tmp_path / "study.v1.neurolapse")]


def test_a_file_that_the_name_grows_into_is_replaced_only_when_agreed(
    qtbot: QtBot, opened: Window, typing: Typing, tmp_path: Path
) -> None:
    typing("keep")
    for file, save in (
        ("keep.png", opened.takeaway.save_picture),
        ("keep.neurolapse", opened._save),
        ("keep.tsv", opened.doors.save_notes),
        ("keep.zip", opened.doors.pack),
    ):
        place = tmp_path / file
        place.write_text("before")
        asked = press(qtbot, "Cancel")
        save()
        assert asked == [f"{file} is there already: replace it?"]
        assert place.read_text() == "before"
        asked = press(qtbot, "Replace")
        save()
        qtbot.waitUntil(lambda place=place: place.read_bytes() != b"before", timeout=PATIENCE)
        assert len(asked) == 1

"""Steps of undo in a workspace's file: there and back again in another window."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window import Window
from app.workspace import document, files, history
from app.workspace.document import Edit, Kept, Scan, Workspace
from engine.errors import ScanError

PATIENCE = 30000
TWO = Workspace((Scan("scan-1", "/a.nii.gz", "a"), Scan("scan-2", "/b.nii.gz", "b")), current="scan-1")
STEPS = (
    document.with_edit(TWO, "scan-1", Edit((("age", 5.0),))),
    document.with_age(TWO, "scan-2", 61.5),
    replace(TWO, kept=(Kept("mine", "scan-1", Edit((("age", 5.0),), 3, ("sex",), True, 9)),)),
    replace(TWO, view=replace(TWO.view, window=(0.1, 0.7), overlay=replace(TWO.view.overlay, shown=True))),
    replace(TWO, typed={"a": (62.0, 63.5)}, points=5),
    TWO,
)


@pytest.mark.parametrize("after", STEPS)
def test_a_step_is_done_and_taken_back_from_its_data_alone(after: Workspace) -> None:
    told = history.done("step", TWO, after)
    again = history.from_json(json.loads(json.dumps(history.to_json(told))))
    assert history.patched(TWO, again.on) == after
    assert history.patched(after, again.back) == TWO
    history.checked(after, (again,), 1)
    assert bool(told.on) == (after != TWO)


def test_what_another_step_did_since_stays() -> None:
    told = history.done("step", TWO, STEPS[0])
    later = document.with_age(document.with_scan(STEPS[0], Scan("scan-3", "/c.nii.gz", "c")), "scan-1", 40.0)
    back = history.patched(later, told.back)
    assert [scan.key for scan in back.scans] == ["scan-1", "scan-2", "scan-3"]
    assert (back.edit("scan-1"), back.scan("scan-1").age) == (Edit(), 40.0)


def test_a_step_of_a_scan_that_has_gone_does_nothing() -> None:
    rest = document.without_scan(TWO, "scan-2")
    for after in (document.with_age(TWO, "scan-2", 61.5), document.with_edit(TWO, "scan-2", Edit((("age", 5.0),)))):
        told = history.done("step", TWO, after)
        assert history.patched(rest, told.on) == history.patched(rest, told.back) == rest


@pytest.mark.parametrize(
    "damage",
    [
        lambda past: past.update(at=9),
        lambda past: past["steps"][0].update(back=[[["page"], "nowhere"]]),
        lambda past: past["steps"][0].update(back=[[["edits", "scan-1", "changes"], "x"]]),
        lambda past: past.update(steps=3),
    ],
)
def test_steps_that_do_not_fit_are_a_damaged_file(tmp_path: Path, damage: object) -> None:
    past = history.Past((history.done("step", TWO, STEPS[0]),), 1)
    path = tmp_path / "w.neurolapse"
    files.save(STEPS[0], path, past=past)
    assert files.load_with_past(path)[1].steps[0].words == "step"
    content = json.loads(path.read_text())
    damage(content["history"])  # type: ignore[operator]
    path.write_text(json.dumps(content))
    with pytest.raises(ScanError, match="damaged"):
        files.load(path)


def test_undo_and_redo_go_on_where_the_file_was_saved(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    def settle() -> None:
        qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)

    session = window.session
    window.open([write_scan(tmp_path / "scan.nii.gz")])
    settle()
    for years in (5.0, 10.0):
        session.set_edit(Edit().moved("age", years))
    session.set_window(0.2, 0.7)
    session.set_edit(Edit().moved("age", 15.0))
    session.undo_stack.undo()
    session.save(tmp_path / "w.neurolapse")
    words = [session.undo_stack.text(number) for number in range(4)]
    window.open([tmp_path / "w.neurolapse"])
    settle()
    stack = session.undo_stack
    assert ([stack.text(number) for number in range(stack.count())], stack.index()) == (words, 3)
    assert not session.edited
    assert (session.workspace.edit("scan-1")["age"], session.link.state.window) == (10.0, (0.2, 0.7))
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.link.state.window != (0.2, 0.7)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.workspace.edit("scan-1")["age"] == 5.0
    for _ in range(3):
        session.undo_stack.redo()
    assert (session.workspace.edit("scan-1")["age"], session.link.state.window) == (15.0, (0.2, 0.7))
    settle()
    assert window.edit_pictures.edit["age"] == 15.0

"""States that are kept: by key, returned to with a click, undone, saved."""

from __future__ import annotations

from pathlib import Path

import fake_engine
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.stage import slicing
from app.stage.slicing import Plane
from app.window import Window
from app.workspace import document, files
from app.workspace.document import Edit, Kept, Scan, Workspace
from engine.errors import ScanError
from engine.volume import Volume

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
TEN = Edit().moved("age", 10.0)


def test_kept_states_are_saved_and_go_with_their_scan(tmp_path: Path) -> None:
    scans = tuple(Scan(f"scan-{n}", str(tmp_path / f"{n}.nii"), "sub-01") for n in (1, 2))
    workspace = Workspace(scans, kept=(Kept("später", "scan-1", TEN), Kept("copy", "scan-2", Edit())))
    files.save(workspace, tmp_path / "a.neurolapse")
    again = files.load(tmp_path / "a.neurolapse")
    assert again.kept == workspace.kept
    assert document.without_scan(again, "scan-1").kept == (Kept("copy", "scan-2", Edit()),)


def test_a_workspace_whose_kept_state_has_no_scan_is_damaged(tmp_path: Path) -> None:
    content = files.to_json(Workspace(kept=(Kept("a", "scan-9", TEN),)), tmp_path)
    with pytest.raises(KeyError):
        files.from_json(content, tmp_path)
    files.save(Workspace(kept=(Kept("a", "scan-9", TEN),)), tmp_path / "a.neurolapse")
    with pytest.raises(ScanError, match="damaged"):
        files.load(tmp_path / "a.neurolapse")


def test_keys_keep_clicks_return_and_all_of_it_can_be_undone(
    qtbot: QtBot, window: Window, bids: Path, tmp_path: Path
) -> None:
    session, panel = window.session, window.kept
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    session.set_edit(TEN)
    qtbot.keyClick(window, Qt.Key.Key_K, CTRL)
    qtbot.keyClick(window, Qt.Key.Key_K, CTRL)
    assert [kept.name for kept in session.workspace.kept] == ["70.0 y"], "the same state is kept once"
    assert not panel.button.isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_0, CTRL)
    qtbot.mouseClick(panel.button, LEFT)
    assert [(tile._name, tile._kind.word) for tile in panel.tiles] == [("70.0 y", "synthetic"), ("60.0 y", "copy")]
    qtbot.mouseClick(panel.tiles[0], LEFT)
    assert window.edit_pictures.edit == TEN
    assert [tile._chosen for tile in panel.tiles] == [True, False]

    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    older = Volume(fake_engine.brain(70), np.array(fake_engine.AFFINE))
    index = slicing.axes_of(older.grid).index(2, 20.0)
    expected = slicing.extract(older, Plane.AXIAL, index, "neurological", "left")
    np.testing.assert_allclose(window.kept_pictures.slice(session.workspace.kept[0]), expected)

    qtbot.keyClick(panel.tiles[0], Qt.Key.Key_F2)
    field = panel.tiles[0].findChild(QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "with 70")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.workspace.kept[0].name == "with 70"
    qtbot.keyClick(panel.tiles[0], Qt.Key.Key_F2)
    qtbot.keyClicks(field, "not this")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert (field.isHidden(), session.workspace.kept[0].name) == (True, "with 70")
    qtbot.keyClick(panel.tiles[1], Qt.Key.Key_Delete)
    assert len(session.workspace.kept) == 1

    steps = [session.undo_stack.text(number) for number in range(session.undo_stack.count())]
    assert steps == [
        "Age +10.0",
        "Keep 70.0 y",
        "Age 0.0",
        "Keep 60.0 y",
        "Age +10.0",
        "Rename with 70",
        "Remove 60.0 y",
    ]
    history = window.left.history.view
    row = history.visualRect(history.model().index(4, 0))
    qtbot.mouseClick(history.viewport(), LEFT, pos=row.center() + QPoint(0, 1))
    assert session.undo_stack.index() == 4
    assert [kept.name for kept in session.workspace.kept] == ["70.0 y", "60.0 y"]
    assert window.edit_pictures.edit == Edit()

    session.choose(session.workspace.scans[1].key)
    qtbot.mouseClick(panel.tiles[0], LEFT)
    assert session.current.visit == "ses-A" and window.edit_pictures.edit == TEN
    session.save(tmp_path / "a.neurolapse")
    session.set_kept("Forget all", ())
    assert not panel.tiles
    session.pictures._pictures.clear()
    session.question_asked.connect(lambda question: question.agree())
    session.open([tmp_path / "a.neurolapse"])
    pictures = window.kept_pictures
    qtbot.waitUntil(lambda: all(pictures.slice(kept) is not None for kept in session.workspace.kept), timeout=PATIENCE)
    assert len(panel.tiles) == 2
    assert not window.grab().isNull()

"""The attributes panel with several directions: held, side effects, seeds, steps, variations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import fake_engine
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.dialogs.export_dialog import ExportDialog
from app.theme.kinds import Kind
from app.window import Window
from app.workspace import files
from app.workspace.document import Edit, Workspace

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def editing(qtbot: QtBot, several: Window, bids: Path) -> Window:
    several.open([bids])
    settle(qtbot, several)
    return several


def settle(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)


def edit_of(window: Window) -> Edit:
    return window.session.workspace.edit(window.session.workspace.current)


def move_age(qtbot: QtBot, window: Window, years: float) -> None:
    window.session.set_edit(edit_of(window).moved("age", years))
    settle(qtbot, window)


def test_what_a_moved_slider_does_to_another_is_told_and_a_click_holds_that_still(
    qtbot: QtBot, editing: Window
) -> None:
    move_age(qtbot, editing, 5.0)
    atrophy = editing.attributes.sliders["atrophy"]
    assert atrophy.note == "Age +5.0 moves this by +0.10; hold it still?"
    assert atrophy.effect == pytest.approx(0.1)
    assert "0.23" in atrophy._value_text()
    assert not editing.attributes.sliders["ventricles"].note
    qtbot.waitUntil(lambda: atrophy._note_box().height() > 8, timeout=PATIENCE)
    qtbot.mouseClick(atrophy, LEFT, pos=atrophy._note_box().center())
    settle(qtbot, editing)
    assert edit_of(editing).held == ("atrophy",)
    assert atrophy.effect == 0.0 and atrophy.note == "Kept at its value while Age moves"
    assert "held still" in atrophy.accessibleName()
    editing.session.undo_stack.undo()
    assert edit_of(editing).held == () and edit_of(editing)["age"] == 5.0


def test_the_padlock_is_taken_by_mouse_and_by_key_and_the_switch_holds_all(qtbot: QtBot, editing: Window) -> None:
    atrophy = editing.attributes.sliders["atrophy"]
    qtbot.mouseClick(atrophy, LEFT, pos=atrophy._lock_box().center())
    assert edit_of(editing).held == ("atrophy",)
    atrophy.setFocus()
    qtbot.keyClick(atrophy, Qt.Key.Key_H)
    assert edit_of(editing).held == ()
    qtbot.mouseClick(editing.attributes.hold_others, LEFT, pos=QPoint(10, 10))
    assert edit_of(editing).held == ("age", "atrophy", "ventricles")
    assert editing.attributes.hold_others.isChecked()
    texts = [editing.session.undo_stack.text(step) for step in range(3)]
    assert texts == ["Hold Atrophy", "Let go of Atrophy", "Hold Age, Hold Atrophy, Hold Ventricles"]


def test_with_one_direction_there_is_nothing_to_hold(qtbot: QtBot, window: Window, bids: Path) -> None:
    window.open([bids])
    settle(qtbot, window)
    assert not window.attributes.hold_others.isVisible()
    slider = window.attributes.sliders["age"]
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_H)
    assert not window.session.undo_stack.canUndo()


def test_zero_says_how_far_copy_and_scan_differ_and_all_to_zero_leaves_the_rest(qtbot: QtBot, editing: Window) -> None:
    age = editing.attributes.sliders["age"]
    assert age.note == "Copy shown; differs from the scan by 0.012, SSIM 0.960"
    editing.session.set_edit(Edit(seed=4).holding(["atrophy"]).moved("age", 5.0).moved("ventricles", 9.0))
    settle(qtbot, editing)
    assert "Held" not in age.note and age.note == "final, 6 steps"
    assert editing.attributes.sliders["atrophy"].note == "Kept at its value while Age and Ventricles move"
    editing.session.set_edit(replace(edit_of(editing), calls=1))
    settle(qtbot, editing)
    assert age.note == "final, 1 step" and editing.attributes.more._told.text() == "seed 4, 1 step"
    editing.attributes.all_to_zero()
    assert edit_of(editing) == Edit(seed=4, calls=1).holding(["atrophy"])


def test_the_note_tells_of_the_picture_that_is_shown(qtbot: QtBot, editing: Window) -> None:
    move_age(qtbot, editing, 5.0)
    atrophy = editing.attributes.sliders["atrophy"]
    editing.edit_pictures.hold(edit_of(editing).moved("age", -20.0))
    assert atrophy.note == "Age +5.0 moves this by +0.10; hold it still?"
    editing.edit_pictures.hold(edit_of(editing).moved("age", 0.0).moved("ventricles", 9.0))
    assert editing.attributes.sliders["age"].effect == 0.0
    editing.edit_pictures.release()


def test_the_warning_beyond_the_range_keeps_the_offer_to_hold(qtbot: QtBot, editing: Window) -> None:
    move_age(qtbot, editing, -20.0)
    atrophy = editing.attributes.sliders["atrophy"]
    assert atrophy.note == (
        "Beyond what the model has seen (0.00–1.00): treat as a sketch. Age −20.0 moves this by −0.40; hold it still?"
    )
    assert atrophy.rect().contains(atrophy.focus_area()[0])
    qtbot.waitUntil(lambda: atrophy._note_box().height() > 20, timeout=PATIENCE)
    qtbot.mouseClick(atrophy, LEFT, pos=atrophy._note_box().center())
    assert edit_of(editing).held == ("atrophy",)


def test_steps_and_noise_are_changed_under_more_and_ask_for_other_pictures(qtbot: QtBot, editing: Window) -> None:
    more = editing.attributes.more
    assert more._told.text() == "seed 0, 6 steps"
    qtbot.mouseClick(more.button, LEFT)
    assert more.steps.isVisible()
    more.steps.setFocus()
    qtbot.keyClick(more.steps, Qt.Key.Key_Up)
    settle(qtbot, editing)
    assert editing.edit_pictures.shown.reply.calls == 7
    copy = editing.edit_pictures.shown.volume.data
    qtbot.mouseClick(more.semantic_only, LEFT, pos=QPoint(10, 10))
    settle(qtbot, editing)
    assert editing.explore.edit_column.content.kind is Kind.SYNTHETIC
    drawn = editing.edit_pictures.shown.volume.data
    assert "to SSIM 0.31, copies to 0.96" in more._hint.text()
    assert not np.array_equal(drawn, copy)
    assert editing.attributes.sliders["age"].note.startswith("Semantic code alone; differs from the scan by")
    more.seed.setFocus()
    qtbot.keyClick(more.seed, Qt.Key.Key_Up)
    settle(qtbot, editing)
    assert not np.array_equal(editing.edit_pictures.shown.volume.data, drawn)
    for _ in range(3):
        editing.session.undo_stack.undo()
    assert edit_of(editing) == Edit()


def test_variations_have_other_seeds_and_their_spread_opens_in_a_cell(qtbot: QtBot, editing: Window) -> None:
    move_age(qtbot, editing, 5.0)
    row = editing.variation_row
    qtbot.mouseClick(row.switch, LEFT)
    qtbot.waitUntil(lambda: editing.variations.spread is not None, timeout=PATIENCE)
    volumes = [picture.volume.data for picture in editing.variations.pictures]
    assert [picture.recipe.seed for picture in editing.variations.pictures] == [0, 1, 2, 3]
    np.testing.assert_allclose(editing.variations.spread.data, np.std(volumes, axis=0, ddof=1), atol=1e-6)
    assert 0.005 < editing.variations.spread.data.mean() < 0.015
    assert "to SSIM 0.31, copies to 0.96" in row._words.text()
    qtbot.mouseClick(row.tiles[2], LEFT)
    settle(qtbot, editing)
    assert (edit_of(editing).seed, edit_of(editing).semantic_only, edit_of(editing)["age"]) == (2, True, 5.0)
    qtbot.mouseClick(row.tiles[4], LEFT)
    assert editing.session.workspace.page == "compare"
    qtbot.waitUntil(lambda: editing.compare_pictures.finished, timeout=PATIENCE)
    assert editing.compare.right.content.title == "spread of the variations"
    assert "Spread from 0 to" in editing.compare._bars[editing.compare.right].accessibleName()
    value = dict(editing.crosshair_panel.rows)["spread of the variations"]
    assert not value.startswith(("+", "−"))


def test_what_an_edit_depends_on_is_saved_and_older_files_still_open() -> None:
    edit = Edit((("age", 5.0),), 3, ("atrophy",), True, 40)
    content = files.to_json(Workspace(edits={"scan-1": edit}), Path("/"))
    assert files.from_json(content, Path("/")).edits["scan-1"] == edit
    content["edits"]["scan-1"] = {"changes": {"age": 5.0}, "seed": 3}
    assert files.from_json(content, Path("/")).edits["scan-1"] == Edit((("age", 5.0),), 3)


def test_regions_stand_among_the_measures(qtbot: QtBot, editing: Window) -> None:
    move_age(qtbot, editing, 20.0)

    def words(name: str) -> list[str]:
        return (
            [editing.measures._cells[name, at].text() for at in range(5)]
            if (name, 0) in editing.measures._cells
            else []
        )

    qtbot.waitUntil(
        lambda: len(words("region ventricles")) == 5 and words("region ventricles")[4] != "", timeout=PATIENCE
    )
    found = words("region ventricles")
    expected = [
        float(((fake_engine.brain(age) > 0.1) & (fake_engine.brain(age) < 0.3)).sum() * 0.064) for age in (60, 80)
    ]
    assert found[0] == "Ventricles, ml"
    assert [float(found[1]), float(found[3])] == pytest.approx(expected, abs=0.06)
    assert words("atrophy")[3] == "0.53"


def test_the_export_says_how_this_models_edits_reach_the_scans_own_grid(qtbot: QtBot, editing: Window) -> None:
    def said() -> str:
        editing.export()
        dialog = editing.findChild(ExportDialog)
        words = " | ".join(label.text() for label in dialog.findChildren(QLabel))
        dialog.reject()
        dialog.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return words

    move_age(qtbot, editing, 5.0)
    assert "own tissue moved as the edit says" in said()
    editing.session.set_edit(replace(edit_of(editing), semantic_only=True))
    settle(qtbot, editing)
    assert "scan + (synthetic − copy)" in said()

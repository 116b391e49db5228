"""Before first use: what warns is looked at, what passes goes on, and what failed is done again by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.panels.checks_panel import CheckRow
from app.stage.slicing import Plane
from app.window import Window
from app.workspace import files

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def asked(qtbot: QtBot, window: Window, tmp_path: Path) -> Window:
    """A scan of which a check warns, all that is drawn of it there."""
    window.open([write_scan(tmp_path / "odd ü.nii.gz")])
    qtbot.waitUntil(lambda: window.check.seen.complete and window.preparation.isVisible(), timeout=PATIENCE)
    return window


def test_what_passes_goes_on_by_itself_with_a_note(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    said = []
    window.session.said.connect(lambda sentence, tone: said.append((sentence, tone)))
    window.open([write_scan(tmp_path / "plain.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    assert window.explore.isVisible()
    assert ("plain is prepared: all 2 checks passed.", "") in said


def test_what_warns_is_shown_first_with_its_sentence(asked: Window) -> None:
    rows = [row.accessibleName() for row in asked.checks_panel.findChildren(CheckRow) if row.parent()]
    assert "Brain volume, warn: The brain is large." in rows
    assert asked.checks_panel.title.text() == "One thing to look at"
    assert asked.preparation.found.text() == "brain found, 1,234 ml"


def test_yes_leads_to_the_edit_and_is_not_asked_again_after_opening_the_saved_workspace(
    qtbot: QtBot, asked: Window, tmp_path: Path
) -> None:
    qtbot.mouseClick(asked.checks_panel.yes, LEFT)
    assert asked.explore.isVisible()
    asked.session.save(tmp_path / "a.neurolapse")
    (scan,) = files.load(tmp_path / "a.neurolapse").scans
    assert scan.accepted


def test_not_this_one_takes_it_out_of_the_workspace_and_leaves_the_file(asked: Window, tmp_path: Path) -> None:
    asked.checks_panel.no.click()
    assert not asked.session.workspace.scans
    assert (tmp_path / "odd ü.nii.gz").is_file()


def test_a_scan_that_was_refused_is_looked_at_again_when_it_comes_again(
    qtbot: QtBot, asked: Window, tmp_path: Path
) -> None:
    asked.checks_panel.no.click()
    asked.open([tmp_path / "odd ü.nii.gz"])
    qtbot.waitUntil(asked.preparation.isVisible, timeout=5000)


def test_a_page_is_a_way_out_without_an_answer_and_it_is_not_asked_twice(qtbot: QtBot, asked: Window) -> None:
    qtbot.mouseClick(asked.title_bar.tabs["explore"], LEFT)
    assert asked.explore.isVisible()
    asked.session.set_age(asked.session.workspace.scans[0].key, 61.0)
    assert asked.explore.isVisible()


def test_another_mask_prepares_again_and_can_be_taken_back(
    qtbot: QtBot, asked: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = str(tmp_path / "mask.nii.gz")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (mask, ""))
    session = asked.session
    qtbot.mouseClick(asked.checks_panel.other_mask, LEFT)
    scan = session.current
    assert scan and scan.source.mask == mask
    qtbot.waitUntil(lambda: scan.source in session.prepared, timeout=PATIENCE)
    assert asked.checks_panel.title.text() == "Every check passed"
    session.undo_stack.undo()
    assert session.current and session.current.source.mask is None
    assert asked.checks_panel.title.text() == "One thing to look at"


def test_a_click_in_the_prepared_scan_moves_the_crosshair_of_the_scan_as_it_came(qtbot: QtBot, asked: Window) -> None:
    native = asked.preparation.native.panes[Plane.AXIAL]
    asked.session.link.change(crosshair=(12.0, -6.0, 6.0))
    assert native.link.state.crosshair == pytest.approx((2.0, -6.0, 6.0))
    native.link.change(crosshair=(4.0, 2.0, 2.0))
    assert asked.session.link.state.crosshair == pytest.approx((14.0, 2.0, 2.0))


def test_an_age_typed_there_is_the_scans_age(qtbot: QtBot, asked: Window) -> None:
    field = asked.checks_panel.age
    assert "Age is missing" in asked.checks_panel.age_words.text()
    field.setFocus()
    qtbot.keyClicks(field, "61,5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert asked.session.workspace.scans[0].age == 61.5
    field.clear()
    qtbot.keyClicks(field, "old")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert asked.session.workspace.scans[0].age == 61.5
    assert "Not an age" in asked.checks_panel.age_words.text()

"""The list of scans: what each is, what is asked of it, what can be done with it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.dialogs.text_dialog import TextDialog
from app.engine_client import EngineState
from app.panels.scans_panel import PICTURE, ScansPanel
from app.window import Window

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, window: Window, tmp_path: Path) -> ScansPanel:
    """One scan of which a check warns, looked at in Explore without an answer."""
    window.open([write_scan(tmp_path / "odd.nii.gz")])
    qtbot.waitUntil(lambda: window.session.workspace.page == "preparation", timeout=PATIENCE)
    window.session.set_page("explore")
    return window.left.scans


def act(panel: ScansPanel, words: str) -> None:
    next(action for action in panel.tree.actions() if action.text() == words).trigger()


def test_a_row_shows_the_scan_and_says_that_a_check_warns(panel: ScansPanel) -> None:
    row = panel.tree.topLevelItem(0)
    picture = row.data(0, PICTURE)
    assert isinstance(picture, QImage)
    assert picture.pixelColor(8, 24).lightness() > 100 > picture.pixelColor(0, 0).lightness()
    assert row.data(0, Qt.ItemDataRole.AccessibleTextRole) == "odd, scan, one check warns"


def test_the_preparation_is_a_click_away(panel: ScansPanel, window: Window) -> None:
    act(panel, "Look at the preparation")
    assert window.preparation.isVisible()


def test_a_missing_age_is_asked_for_quietly(qtbot: QtBot, panel: ScansPanel, window: Window) -> None:
    assert panel.age_words.text() == "Age is missing for odd: enter it, or work without years."
    qtbot.keyClicks(panel.age, "abc")
    qtbot.keyClick(panel.age, Qt.Key.Key_Return)
    assert "Not an age" in panel.age_words.text()
    panel.age.setText("61.5")
    qtbot.keyClick(panel.age, Qt.Key.Key_Return)
    assert window.session.workspace.scans[0].age == 61.5
    assert not panel.age.isVisible()
    window.session.undo_stack.undo()
    assert panel.age.isVisible()
    qtbot.mouseClick(panel.no_age, LEFT)
    assert not panel.age.isVisible()


def test_a_name_in_one_long_word_goes_on_in_the_next_line(qtbot: QtBot, panel: ScansPanel, window: Window) -> None:
    name = "child_m3_siemens_skyra_3t_0p9mm_oblique-and.then_some_more_of_it"
    window.open([write_scan(Path(window.session.current.path).with_name(f"{name}.nii.gz"))])
    qtbot.waitUntil(lambda: window.session.current.title == name, timeout=PATIENCE)
    assert panel.age_words.isVisible()
    area = window.left._area
    qtbot.waitUntil(lambda: area.widget().width() <= area.viewport().width(), timeout=PATIENCE)
    assert panel.age_words.text().replace("\u200b", "").startswith(f"Age is missing for {name}:")


def test_what_came_with_a_scan_is_shown(panel: ScansPanel, window: Window, tmp_path: Path) -> None:
    act(panel, "What came with it (JSON)…")
    assert window.findChild(TextDialog) is None
    (tmp_path / "odd.json").write_text('{"Manufacturer": "Ä"}', encoding="utf-8")
    act(panel, "What came with it (JSON)…")
    assert window.findChild(TextDialog).text.toPlainText() == '{"Manufacturer": "Ä"}'


def test_a_file_written_anew_is_read_again(qtbot: QtBot, panel: ScansPanel, window: Window) -> None:
    before = window.session.prepared[window.session.workspace.scans[0].source]
    act(panel, "Read the file again")
    source = window.session.workspace.scans[0].source
    qtbot.waitUntil(lambda: source in window.session.prepared, timeout=PATIENCE)
    assert window.session.prepared[source] is not before


def test_a_scan_whose_drive_went_away_stays_on_the_stage(
    qtbot: QtBot, panel: ScansPanel, window: Window, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    (tmp_path / "odd.nii.gz").unlink()
    window.session.set_edit(window.edit_pictures.edit.moved("age", 10.0))
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    assert window.explore.scan_column.content is not None
    act(panel, "Read the file again")
    qtbot.waitUntil(lambda: "odd.nii.gz" in window.status.words, timeout=PATIENCE)
    (scan,) = window.session.workspace.scans
    assert window.session.workspace.edit(scan.key)["age"] == 10.0


def test_a_full_graphics_card_offers_the_cpu_and_nothing_is_lost(
    qtbot: QtBot, panel: ScansPanel, window: Window
) -> None:
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    window.session.client.use_device("cuda")
    qtbot.waitUntil(window.status.use_cpu.isVisible, timeout=PATIENCE)
    assert "out of memory" in window.status.words
    qtbot.mouseClick(window.status.use_cpu, LEFT)
    assert window.session.client.device == "cpu"
    qtbot.waitUntil(lambda: not window.status.use_cpu.isVisible(), timeout=PATIENCE)
    assert window.session.workspace.scans


def test_an_engine_that_keeps_dying_says_why_and_is_started_again_by_hand(
    qtbot: QtBot, panel: ScansPanel, window: Window
) -> None:
    client = window.session.client

    def killed_again() -> bool:
        if client.state is not EngineState.STOPPED and client.process_id is not None:
            os.kill(client.process_id, signal.SIGKILL)
        return client.state is EngineState.STOPPED

    qtbot.waitUntil(killed_again, timeout=PATIENCE)
    assert "The engine stopped (" in window.status.words
    assert window.status.report.isVisible() and not window.status.use_cpu.isVisible(), "it was there already"
    qtbot.mouseClick(window.status.restart, LEFT)
    qtbot.waitUntil(lambda: client.state is EngineState.READY, timeout=PATIENCE)
    assert window.session.workspace.scans

"""The first page, what was opened lately, the tour and what stands about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app import bindings
from app.dialogs.about_dialog import AboutDialog
from app.dialogs.log_dialog import LogDialog
from app.help import HELP
from app.journal import traced
from app.pages.welcome_page import RecentRow
from app.recent import Opened, Recent
from app.tour import Tour
from app.window import Window

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton
DAY = 86400.0


def test_the_first_start_asks_for_habits_and_offers_the_tour(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    window.open([write_scan(tmp_path / "scan.nii.gz")])
    dialog = window.doors.first()
    qtbot.waitUntil(dialog.isVisible)
    dialog.presets.setFocus()
    qtbot.keyClick(dialog.presets, Qt.Key.Key_Right)
    assert (window.settings.preset, bindings.current().preset) == ("FSLeyes", "FSLeyes")
    assert window.welcome.presets.choice == "FSLeyes"
    qtbot.mouseClick(dialog.tour, LEFT)
    assert dialog.isHidden()
    tour = window.findChild(Tour)
    assert tour.title.text() == "One person, one scan"
    tour.end()
    window.apply(replace(window.settings, preset="Default"))


@pytest.fixture
def store(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def test_what_was_opened_last_stands_first_and_once(tmp_path: Path, store: QSettings) -> None:
    one, two = write_scan(tmp_path / "one.nii.gz"), write_scan(tmp_path / "zwei ü.nii.gz")
    recent = Recent(store)
    recent.add([one], now=1.0)
    recent.add([two], now=2.0)
    recent.add([one], now=3.0)
    assert [opened.name for opened in Recent(store).opened] == ["one.nii.gz", "zwei ü.nii.gz"]
    one.unlink()
    assert [opened.name for opened in recent.opened] == ["zwei ü.nii.gz"]
    recent.clear()
    assert Recent(store).opened == ()


def test_a_damaged_list_is_an_empty_one(store: QSettings) -> None:
    store.setValue("recent", '[{"path": 3')
    assert Recent(store).opened == ()


def test_the_day_is_said_as_people_do() -> None:
    noon = 1_700_000_000.0  # a Tuesday
    assert Opened("a", noon).day(noon + 60) == "today"
    assert Opened("a", noon).day(noon + 2 * DAY) == "Tuesday"
    assert Opened("a", noon).day(noon + 20 * DAY).endswith("Nov")
    assert Opened("a", noon).day(noon + 400 * DAY).endswith("Nov 2023")


def test_a_row_of_the_list_opens_its_scan_again(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    window.recent.add([write_scan(tmp_path / "one.nii.gz")])
    row = window.welcome.findChildren(RecentRow)[-1]
    qtbot.mouseClick(row, LEFT)
    assert [scan.name for scan in window.session.workspace.scans] == ["one.nii.gz"]


def test_what_could_not_be_opened_is_not_remembered(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    (tmp_path / "bad.nii.gz").write_bytes(b"no")
    window.open([tmp_path / "bad.nii.gz", write_scan(tmp_path / "good.nii.gz")])
    assert [opened.name for opened in window.recent.opened] == ["good.nii.gz"]
    window.open([write_scan(tmp_path / "broken.nii.gz")])
    qtbot.waitUntil(lambda: len(window.session.refusals) == 2, timeout=30000)
    assert [opened.name for opened in window.recent.opened] == ["good.nii.gz"]


def test_the_habits_of_mouse_and_keys_are_chosen_on_the_first_page(qtbot: QtBot, window: Window) -> None:
    window.welcome.presets.setFocus()
    qtbot.keyClick(window.welcome.presets, Qt.Key.Key_Right)
    assert bindings.current().preset == "FSLeyes"
    qtbot.keyClick(window.welcome.presets, Qt.Key.Key_Left)
    assert bindings.current().preset == "Default"


def test_the_tour_goes_on_by_keys_and_leaves_each_control_free(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    window.open([write_scan(tmp_path / "one.nii.gz")])
    tour = window.doors.tour()
    ends = []
    tour.ended.connect(lambda: ends.append(True))
    qtbot.keyClick(tour.next, Qt.Key.Key_Right)
    assert tour.title.text() == "Look around"
    middle = window.explore.scan_column.rect().center()
    spot = window.explore.scan_column.mapTo(window, middle)
    assert not tour.mask().contains(spot), "the mouse reaches the control itself"
    qtbot.keyClick(tour.next, Qt.Key.Key_Left)
    assert tour.title.text() == "One person, one scan"
    titles = set()
    while not ends:
        titles.add(tour.title.text())
        qtbot.keyClick(tour.next, Qt.Key.Key_Return)
    assert len(titles) == 9
    assert window.explore.isVisible()


def test_escape_ends_the_tour(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    window.open([write_scan(tmp_path / "one.nii.gz")])
    tour = window.doors.tour()
    with qtbot.waitSignal(tour.ended):
        qtbot.keyClick(tour.next, Qt.Key.Key_Escape)


def test_about_says_what_it_is_not(window: Window) -> None:
    window.doors.about()
    words = " ".join(child.text() for child in window.findChild(AboutDialog).findChildren(QLabel))
    assert "Not a medical device" in words and "No network is used" in words and "MIT" in words


def test_the_report_names_nobody(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    qtbot.waitUntil(lambda: window.session.model is not None, timeout=PATIENCE)
    window.open([write_scan(tmp_path / "sub-Meier broken.nii.gz")])
    qtbot.waitUntil(lambda: any("Meier" in line for line in window.doors.journal.lines), timeout=PATIENCE)
    window.doors.log()
    dialog = window.findChild(LogDialog)
    assert "Meier" in dialog.text.toPlainText()
    qtbot.mouseClick(dialog.copy_button, LEFT)
    report = QGuiApplication.clipboard().text()
    assert "Meier" not in report and str(tmp_path) not in report
    assert "Neurolapse" in report and "torch" in report and "ScanError" in report and "compact 0.1" in report


def test_of_a_traceback_places_and_names_of_errors_are_left() -> None:
    detail = (
        'Traceback (most recent call last):\n  File "/home/meier/engine/scans/nifti.py", line 12, in read\n'
        "    raise ScanError(path)\nengine.errors.ScanError: sub-Meier.nii.gz stops early\n"
    )
    assert traced(detail) == ["  scans/nifti.py:12 read", "  engine.errors.ScanError"]


def test_a_question_mark_says_what_a_panel_is_for(qtbot: QtBot, window: Window) -> None:
    buttons = [button for button in window.findChildren(QToolButton) if button.accessibleName() == "What is Scans?"]
    assert len(buttons) == 1
    assert HELP["Scans"].startswith("People and their visits")

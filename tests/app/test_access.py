"""By keyboard alone, and by ear."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.settings_dialog import SettingsDialog
from app.panels import status_line
from app.panels.parts import Scrolled, Sign
from app.theme import style
from app.theme.focus_ring import FocusRing
from app.theme.tokens import THEMES
from app.window import Window
from app.workspace.document import Page


@pytest.fixture
def opened(qtbot: QtBot, window: Window, bids: Path) -> Window:
    window.session.open([bids])
    qtbot.waitUntil(lambda: len(window.session.prepared) == 2, timeout=20000)
    return window


def held() -> QWidget:
    focus = QApplication.focusWidget()
    assert focus is not None
    return focus


def test_f6_goes_through_all_parts_and_back(qtbot: QtBot, opened: Window) -> None:
    opened.title_bar.export.setFocus()
    stops: list[QWidget] = []
    for _ in range(40):
        qtbot.keyClick(opened, Qt.Key.Key_F6)
        assert held().isVisible() and opened.isAncestorOf(held())
        if stops and held() is stops[0]:
            break
        stops.append(held())
    parts = [
        opened.left.scans,
        opened.left.layers,
        opened.left.window_panel,
        opened.left.history,
        opened.tool_bar,
        *opened.explore.columns,
        opened.readout,
        opened.attributes,
        opened.kept,
        opened.status,
        opened.title_bar,
    ]
    order = [[n for n, stop in enumerate(stops) if part is stop or part.isAncestorOf(stop)] for part in parts]
    assert all(len(found) == 1 for found in order), order
    assert order == sorted(order)
    qtbot.keyClick(opened, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert held() is stops[-1]
    assert opened.focus_ring.target is held(), "the ring shows where one has come to"


def test_the_folded_panel_opens_at_what_was_asked_and_escape_closes_it(qtbot: QtBot, opened: Window) -> None:
    opened.resize(1200, 760)
    layers = next(
        one for one in opened.left.findChildren(QAbstractButton) if one.accessibleName() == "Layers" and one.isVisible()
    )
    layers.setFocus()
    qtbot.keyClick(layers, Qt.Key.Key_Space)
    assert opened.left.panel.isVisible()
    assert opened.left.layers.isAncestorOf(held())
    qtbot.keyClick(opened.left.panel, Qt.Key.Key_Escape)
    assert not opened.left.panel.isVisible()


def test_everything_tab_comes_to_has_a_name_for_readers(qtbot: QtBot, opened: Window) -> None:
    for page in ("explore", "compare", "time", "preparation"):
        opened.session.set_page(page)  # type: ignore[arg-type]
        nameless = []
        for widget in opened.findChildren(QWidget):
            parent = widget.parentWidget()
            stops = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible()
            if isinstance(parent, QAbstractSpinBox):  # its field is read as the box
                continue
            if stops and not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name):
                nameless.append((type(widget).__name__, type(parent).__name__))
        assert nameless == [], page


def test_a_dialog_shows_where_the_keyboard_is(qtbot: QtBot, opened: Window) -> None:
    opened.doors.settings()
    dialog = opened.findChild(SettingsDialog)
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    qtbot.keyClick(dialog, Qt.Key.Key_Tab)
    ring = dialog.findChild(FocusRing)
    assert ring.target is held() and dialog.isAncestorOf(held()) and ring.isVisible()
    dialog.accept()


def test_tab_comes_to_the_sliders_where_they_stand_and_they_are_scrolled_to(
    qtbot: QtBot, several: Window, bids: Path
) -> None:
    several.session.open([bids])
    qtbot.waitUntil(lambda: len(several.session.prepared) == 2, timeout=20000)
    several.resize(1200, 720)
    several.activateWindow()
    panel = several.attributes
    qtbot.waitUntil(lambda: several.isActiveWindow() and several.edit_pictures.up_to_date, timeout=20000)
    qtbot.waitUntil(lambda: all(slider.isVisible() for slider in panel.sliders.values()))
    panel.hold_others.setFocus(Qt.FocusReason.TabFocusReason)
    sliders = list(panel.sliders.values())
    for slider in reversed(sliders):
        qtbot.keyClick(held(), Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
        assert held() is slider
        assert slider.visibleRegion().boundingRect().height() == slider.height()


@pytest.mark.parametrize("page", ["compare", "time"])
def test_tab_comes_to_the_columns_between_tool_bar_and_read_out(qtbot: QtBot, opened: Window, page: Page) -> None:
    opened.activateWindow()
    qtbot.waitUntil(opened.isActiveWindow)
    opened.session.set_page(page)
    qtbot.waitUntil(lambda: len(opened._columns(opened._pages.currentWidget())) > 1)
    columns = opened._columns(opened._pages.currentWidget())
    opened.tool_bar.nose.setFocus(Qt.FocusReason.TabFocusReason)
    reached = []
    for _ in range(4 * len(columns)):
        qtbot.keyClick(held(), Qt.Key.Key_Tab)
        reached.append(held())
    assert [stop for stop in reached if stop in columns] == columns
    assert all(any(stop is column or column.isAncestorOf(stop) for column in columns) for stop in reached)


def test_a_sheet_longer_than_the_screen_is_scrolled_in_its_dialog(qtbot: QtBot, opened: Window) -> None:
    sheet = QLabel("a line\n" * 400)
    area = Scrolled(sheet, opened)
    qtbot.addWidget(area)
    room = max(area.screen().availableSize().height(), opened.height())
    assert room - 400 < area.sizeHint().height() < room


def test_what_is_said_is_announced(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, bool]] = []
    monkeypatch.setattr(status_line, "announce", lambda _, words, urgent=False: heard.append((words, urgent)))
    window.session.said.emit("2 files written to out.", "")
    window.session.said.emit("x.nii stops early: copy it again.", "error")
    assert heard == [("2 files written to out.", False), ("x.nii stops early: copy it again.", True)]


def test_a_sign_changes_its_colour_with_the_theme(qtbot: QtBot, qapp: QApplication) -> None:
    style.apply(qapp, "dark")
    sign = Sign("stopped", "error", 40)
    qtbot.addWidget(sign)
    for theme in ("dark", "light"):
        style.apply(qapp, theme)  # type: ignore[arg-type]
        picture = sign.grab().toImage()
        seen = {picture.pixelColor(x, y).name().upper() for x in range(40) for y in range(40)}
        assert THEMES[theme]["error"] in seen  # type: ignore[index]

"""The tool bar shows each word whole, at every size of window and text."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.theme import style
from app.window import Window

PAGES = ("compare", "time")
MODES = ("side by side", "wipe", "flicker", "fade", "checkerboard")


@pytest.fixture
def opened(qtbot: QtBot, window: Window, bids: Path) -> Window:
    window.session.open([bids])
    qtbot.waitUntil(lambda: len(window.session.prepared) == 2, timeout=10000)
    return window


def cut_short(window: Window) -> list[str]:
    """What of the tool bar is narrower than its words, or sticks out of the bar."""
    bar = window.tool_bar
    parts = [part for part in bar.findChildren(QWidget) if part.isVisible() and part.accessibleName()]
    assert len(parts) >= 3
    right = [part.mapTo(bar, part.rect().topRight()).x() for part in parts]
    short = [part for part, x in zip(parts, right, strict=True) if x > bar.width()]
    short += [part for part in parts if part.width() < part.minimumSizeHint().width() and part.minimumWidth() < 1]
    return [part.accessibleName() for part in short]


@pytest.mark.parametrize(("width", "text_scale"), [(1440, 1.0), (1280, 1.0), (1120, 1.3)])
def test_no_word_is_cut_short(qtbot: QtBot, qapp: QApplication, opened: Window, width: int, text_scale: float) -> None:
    style.apply(qapp, "dark", text_scale)
    opened.resize(width, 900)
    for page in PAGES:
        opened.session.set_page(page)  # type: ignore[arg-type]
        for mode in MODES if page == "compare" else MODES[:1]:
            opened.session.compare(mode=mode)
            qtbot.wait(1)
            assert cut_short(opened) == [], (page, mode)
            assert opened.tool_bar.sides.text().endswith("R on the left")


def test_tools_without_room_are_behind_one_button(qtbot: QtBot, qapp: QApplication, opened: Window) -> None:
    style.apply(qapp, "dark", 1.3)
    opened.resize(1120, 700)
    opened.session.set_page("compare")
    bar = opened.tool_bar
    qtbot.waitUntil(lambda: bar.more.isVisible() and not bar.crosshair.isVisible())
    shown = opened.session.link.state.crosshair_shown
    bar.more.click()
    menu = next(menu for menu in bar.findChildren(QMenu) if menu.isVisible())
    assert [action.text() for action in menu.actions()][-1] == "Nose left"
    assert len(menu.actions()) == len(bar.tools) + 1
    next(action for action in menu.actions() if action.text() == "Crosshair").trigger()
    assert opened.session.link.state.crosshair_shown is not shown
    menu.close()
    opened.resize(1600, 900)
    qtbot.waitUntil(lambda: bar.crosshair.isVisible() and not bar.more.isVisible())
    assert isinstance(bar.nose, QPushButton) and bar.nose.text() == "Nose left"

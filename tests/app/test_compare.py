"""Compare as a person uses it: mouse and keys on the whole window, an engine without a model."""

from __future__ import annotations

from pathlib import Path

import fake_engine
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.stage.slicing import Plane
from app.theme.kinds import Kind
from app.window import Window
from app.workspace.document import Edit, Part

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def comparing(qtbot: QtBot, window: Window, bids: Path) -> Window:
    """Two visits at 60 and 80 years, the first moved by +30 years, seen on Compare."""
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    window.session.set_edit(Edit().moved("age", 30.0))
    qtbot.mouseClick(window.title_bar.tabs["compare"], LEFT)
    qtbot.waitUntil(lambda: window.compare_pictures.finished, timeout=PATIENCE)
    return window


def axial(window: Window):
    return window.compare.left.panes[Plane.AXIAL]


def choose_mode(qtbot: QtBot, window: Window, word: str) -> None:
    modes = window.compare_bar.modes
    place = list(modes._words).index(word)
    qtbot.mouseClick(modes, LEFT, pos=modes._boxes()[place].center().toPoint())


def middle_grey(window: Window) -> int:
    """Brightness beside the crosshair in the left axial pane, inside what only the older brain has dark."""
    pane = axial(window)
    x, y = pane.pane_map().pixel((0.0, -16.0, 0.0))
    away = 0.375 * pane.pane_map().rectangle()[2] / 2
    return QColor(pane.grab().toImage().pixel(round(x + away), round(y + 6))).lightness()


def test_wipe_shows_scan_and_synthetic_beside_their_change(comparing: Window) -> None:
    left, right = comparing.compare.left, comparing.compare.right
    assert left.content.kind is Kind.SCAN
    assert left.content.volume.data.sum() == pytest.approx(fake_engine.brain(60).sum())
    assert "against synthetic" in left.header.accessibleName()
    assert right.content.kind is Kind.CHANGE
    assert right.content.title == "synthetic − copy"
    change = right.panes[Plane.AXIAL]._change.data
    np.testing.assert_allclose(change, fake_engine.brain(90) - fake_engine.brain(60), atol=1e-5)


def test_the_divider_follows_the_mouse_and_then_the_arrows(qtbot: QtBot, comparing: Window) -> None:
    pane = axial(comparing)
    comparing.session.compare(divider=0.5)
    start = QPoint(pane.width() // 2, 300)
    crosshair = comparing.session.link.state.crosshair
    qtbot.mousePress(pane, LEFT, pos=start)
    qtbot.mouseMove(pane, start + QPoint(-pane.width() // 4, 0))
    assert pane._wipe == pytest.approx(0.25, abs=0.01)
    qtbot.mouseRelease(pane, LEFT, pos=start + QPoint(-pane.width() // 4, 0))
    assert comparing.session.workspace.comparison.divider == pytest.approx(0.25, abs=0.01)
    assert comparing.session.link.state.crosshair == crosshair
    before = comparing.session.workspace.comparison.divider
    qtbot.keyClick(comparing.focusWidget(), Qt.Key.Key_Right)
    assert comparing.session.workspace.comparison.divider == pytest.approx(before + 0.01)
    assert pane._wipe == pytest.approx(before + 0.01)
    assert not comparing.session.undo_stack.canRedo()


def test_left_of_the_divider_is_the_scan_right_of_it_the_synthetic(qtbot: QtBot, comparing: Window) -> None:
    comparing.session.link.set(comparing.session.link.state.at((0.0, -16.0, 0.0)))
    comparing.session.compare(divider=0.99)
    scan = middle_grey(comparing)
    comparing.session.compare(divider=0.01)
    assert middle_grey(comparing) < scan - 60


def test_fade_mixes_the_two(qtbot: QtBot, comparing: Window) -> None:
    comparing.session.link.set(comparing.session.link.state.at((0.0, -16.0, 0.0)))
    choose_mode(qtbot, comparing, "Fade")
    greys = []
    for fade in (0.0, 0.5, 1.0):
        comparing.session.compare(fade=fade)
        greys.append(middle_grey(comparing))
    assert greys[0] > greys[1] + 20 > greys[2] + 40


def test_flicker_takes_turns_at_the_chosen_rate(qtbot: QtBot, comparing: Window) -> None:
    choose_mode(qtbot, comparing, "Flicker")
    slider = comparing.compare_bar.amount
    assert (slider.minimum() / 10, slider.maximum() / 10) == (0.5, 4.0)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert comparing.compare_bar.value.text() == "4.0 Hz"
    assert comparing.compare._turns.interval() == 125
    seen = set()

    def both() -> bool:
        seen.add(axial(comparing)._fade)
        return seen == {0.0, 1.0}

    qtbot.waitUntil(both, timeout=PATIENCE)
    choose_mode(qtbot, comparing, "Side by side")
    assert not comparing.compare._turns.isActive()


def test_side_by_side_gives_each_a_cell(qtbot: QtBot, comparing: Window) -> None:
    choose_mode(qtbot, comparing, "Side by side")
    assert comparing.compare.left.content.kind is Kind.SCAN
    assert axial(comparing)._second is None
    assert (comparing.compare.right.content.kind, comparing.compare.right.content.age) == (Kind.SYNTHETIC, "90.0 y")


def test_space_shows_the_scan_in_both_cells(qtbot: QtBot, comparing: Window) -> None:
    comparing.compare.left.setFocus()
    qtbot.keyPress(comparing.compare.left, Qt.Key.Key_Space)
    assert comparing.compare.right.content.kind is Kind.SCAN
    assert axial(comparing)._second is None
    qtbot.keyRelease(comparing.compare.left, Qt.Key.Key_Space)
    assert comparing.compare.right.content.kind is Kind.CHANGE
    assert axial(comparing)._second is not None


def test_a_cell_takes_another_visit_and_has_its_pictures_made(qtbot: QtBot, comparing: Window) -> None:
    picker = comparing.cells.pickers[0]
    words = [picker.itemText(index) for index in range(picker.count())]
    assert words[:4] == ["Scan 60.0 y", "Copy", "Synthetic 90.0 y", "Change map"]
    qtbot.keyClicks(picker, "sub-01 ses-B: Copy")
    picker.activated.emit(words.index("sub-01 ses-B: Copy"))
    other = comparing.session.workspace.scans[1].key
    assert comparing.session.workspace.comparison.parts[0] == Part("copy", other)
    qtbot.waitUntil(lambda: comparing.compare_pictures.finished, timeout=PATIENCE)
    assert comparing.compare.left.content.kind is Kind.COPY
    assert comparing.compare.left.content.title == "sub-01 ses-B"


def test_threshold_and_basis_of_the_change_map(qtbot: QtBot, comparing: Window) -> None:
    field = comparing.map_panel.amounts["threshold"].field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.1")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert comparing.session.link.state.overlay.threshold == pytest.approx(0.1)
    for _ in range(2):
        field.selectAll()
        qtbot.keyClicks(field, "7")
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert field.text() == "0.250"
    slider = comparing.map_panel.amounts["limit"].slider
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    overlay = comparing.session.link.state.overlay
    assert overlay.threshold < overlay.limit == pytest.approx(0.02)
    qtbot.mouseClick(comparing.map_panel.minus["scan"], LEFT, pos=QPoint(8, 8))
    assert comparing.compare.right.content.title == "synthetic − scan"


def test_the_values_at_the_crosshair_are_those_of_the_volumes(comparing: Window) -> None:
    comparing.session.link.set(comparing.session.link.state.at((0.0, -16.0, 0.0)))
    rows = dict(comparing.crosshair_panel.rows)
    assert list(rows) == [
        "scan, 60.0 y",
        "copy",
        "synthetic, 90.0 y",
        "synthetic − copy",
        "copy − scan, error",
    ]
    assert rows["scan, 60.0 y"] == rows["synthetic, 90.0 y"] == "0.200"
    assert rows["synthetic − copy"] == "0.000"


def test_the_comparison_is_kept_in_the_workspace(comparing: Window, tmp_path: Path) -> None:
    kept = Part("synthetic", "scan-1", Edit().moved("age", 3.0).holding(["age"]))
    with_edit = comparing.session.workspace.comparison.with_part(0, kept)
    comparing.session.compare(mode="fade", fade=0.3, parts=with_edit.parts, own={1: comparing.session.link.state})
    comparing.session.save(tmp_path / "a.neurolapse")
    kept = comparing.session.workspace.comparison
    comparing.session.compare(mode="wipe")
    comparing.session.open([tmp_path / "a.neurolapse"])
    assert comparing.session.workspace.comparison == kept

"""Compare as a person uses it: mouse and keys on the whole window, an engine without a model."""

from __future__ import annotations

from pathlib import Path

import fake_engine
import numpy as np
import pytest
from fake_scan import write_scan
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.checkerboard import checkered
from app.pages.compare_page import Cell, signs
from app.panels.compare_panels import table_of
from app.panels.part_drag import part_data
from app.region_volumes import region_words, with_tissue
from app.session import default_window
from app.stage.slicing import Plane
from app.theme import style
from app.theme.kinds import Kind
from app.window import Window
from app.workspace import files
from app.workspace.document import PARTS, Edit, Kept, Part, Workspace
from engine.volume import Volume

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


def axial(window: Window, column: int = 0):
    return window.compare.columns[column].panes[Plane.AXIAL]


def hover(pane: QWidget, where: QPoint) -> None:
    none, held, at = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, QPointF(where)
    QApplication.sendEvent(pane, QMouseEvent(QEvent.Type.MouseMove, at, pane.mapToGlobal(at), none, none, held))


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
    for away, shape in ((3, Qt.CursorShape.SplitHCursor), (40, Qt.CursorShape.CrossCursor)):
        hover(pane, start + QPoint(away, 0))
        assert pane.cursor().shape() == shape
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


def test_tissue_is_all_but_fluid_where_there_are_several_regions() -> None:
    found = {"ventricles": 30.0, "white-matter": 700.0, "cortical-grey": 740.0, "csf/other": 160.0}
    assert with_tissue(found) == {**found, "brain-tissue": 1440.0}
    assert region_words("brain-tissue") == "Brain tissue"
    assert with_tissue({"ventricles": 30.0, "cortical-grey": 740.0}) == {"ventricles": 30.0, "cortical-grey": 740.0}


def test_with_reduced_motion_space_turns_what_would_flicker(
    qtbot: QtBot, qapp: QApplication, comparing: Window
) -> None:
    style.apply(qapp, "dark", reduced_motion=True)
    choose_mode(qtbot, comparing, "Flicker")
    bar = comparing.compare_bar
    assert (bar._still.isHidden(), bar.amount.isHidden()) == (False, True)
    assert axial(comparing)._fade == 1.0
    style.apply(qapp, "dark")
    assert (bar._still.isHidden(), bar.amount.isHidden()) == (True, False)


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
    qtbot.keyClicks(picker, "Copy: sub-01 ses-B")
    picker.activated.emit(words.index("Copy: sub-01 ses-B"))
    assert picker.toolTip() == "Copy: sub-01 ses-B"
    other = comparing.session.workspace.scans[1].key
    assert comparing.session.workspace.comparison.parts[0] == Part("copy", other)
    qtbot.waitUntil(lambda: comparing.compare_pictures.finished, timeout=PATIENCE)
    assert comparing.compare.left.content.kind is Kind.COPY
    assert comparing.compare.left.content.title == "sub-01 ses-B"


def test_a_long_file_name_pushes_nothing_out_of_the_panel(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    short, long = (
        write_scan(tmp_path / f"{name}.nii.gz") for name in ("a", "adult_f42_studyforrest_3t_0p8mm_defacedandmore")
    )
    window.resize(1440, 900)
    window.open([short, long])
    first, other = (scan.key for scan in window.session.workspace.scans)
    window.session.choose(first)
    qtbot.mouseClick(window.title_bar.tabs["compare"], LEFT)
    window.session.compare(parts=window.session.workspace.comparison.with_part(0, Part("scan", other)).parts)
    qtbot.waitUntil(lambda: window.compare_pictures.finished, timeout=PATIENCE)
    name = next(name for name, _ in window.crosshair_panel.rows if "studyforrest" in name)
    qtbot.waitUntil(lambda: any(one.text() == name and one.isVisible() for one in window.findChildren(QLabel)))
    side = window.cells.parentWidget()
    assert side.minimumSizeHint().width() <= side.parentWidget().width() == side.width()


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
    right = comparing.compare.right
    assert right.content.title == "synthetic − scan, with reconstruction error"
    assert right.content.volume is comparing.compare.left.content.volume
    assert right.header.heading.quality == "over the scan, dimmed"


def test_a_map_says_that_no_slider_is_moved(qtbot: QtBot, comparing: Window) -> None:
    comparing.session.set_edit(Edit())
    qtbot.waitUntil(lambda: comparing.edit_pictures.up_to_date, timeout=PATIENCE)
    assert comparing.compare.right.content.title == "synthetic − copy, no slider moved"


def test_a_typed_threshold_and_a_drag_are_each_one_step_of_undo(qtbot: QtBot, comparing: Window) -> None:
    session, amount = comparing.session, comparing.map_panel.amounts["threshold"]
    steps, first = session.undo_stack.count(), session.link.state.overlay
    amount.field.selectAll()
    qtbot.keyClicks(amount.field, "0.1")
    qtbot.keyClick(amount.field, Qt.Key.Key_Return)
    typed = session.link.state.overlay
    assert session.undo_stack.count() == steps + 1
    slider = amount.slider
    knob = QPoint(round(slider.width() * 0.4), slider.height() // 2)
    qtbot.mousePress(slider, LEFT, pos=knob)
    for by in (10, 20, 30):
        qtbot.mouseMove(slider, knob + QPoint(by, 0))
    qtbot.mouseRelease(slider, LEFT, pos=knob + QPoint(30, 0))
    dragged = session.link.state.overlay
    assert dragged.threshold > typed.threshold
    assert session.undo_stack.count() == steps + 2
    comparing.layers.toggle_change_map()
    for expected in (dragged, typed, first):
        session.undo_stack.undo()
        assert session.link.state.overlay == expected


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


def test_kept_states_of_one_age_and_cells_of_their_own_are_told_apart(qtbot: QtBot, comparing: Window) -> None:
    session, key = comparing.session, comparing.session.workspace.current
    edits = [Edit(seed=seed, semantic_only=True).moved("age", 15.0) for seed in (0, 1)]
    session.set_kept("Keep", (Kept("first", key, edits[0]), Kept("second", key, edits[1])))
    choose_mode(qtbot, comparing, "Side by side")
    parts = (*(Part("synthetic", key, edit) for edit in edits), *PARTS[2:])
    session.compare(parts=parts, own={1: session.link.state})
    qtbot.waitUntil(lambda: comparing.compare_pictures.finished, timeout=PATIENCE)
    names = [name for name, _ in comparing.crosshair_panel.rows]
    assert names[:2] == ["first, synthetic, 75.0 y", "second, synthetic, 75.0 y, at the shared crosshair"]


def test_the_comparison_is_kept_in_the_workspace(comparing: Window, tmp_path: Path) -> None:
    kept = Part("synthetic", "scan-1", Edit().moved("age", 3.0).holding(["age"]))
    with_edit = comparing.session.workspace.comparison.with_part(0, kept)
    comparing.session.compare(mode="fade", fade=0.3, parts=with_edit.parts, own={1: comparing.session.link.state})
    comparing.session.save(tmp_path / "a.neurolapse")
    kept = comparing.session.workspace.comparison
    comparing.session.compare(mode="wipe")
    comparing.session.open([tmp_path / "a.neurolapse"])
    assert comparing.session.workspace.comparison == kept


def drop(window: Window, part: Part, column: int) -> None:
    where = QPointF(window.compare.columns[column].geometry().center())
    data = part_data(part)  # An event does not keep what it carries alive.
    event = QDropEvent(where, Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    window.compare.dropEvent(event)


def shown_kinds(window: Window) -> list[Kind | None]:
    return [c.content.kind if c.content else None for c in window.compare.columns if c.isVisible()]


def test_up_to_four_cells_hold_scan_synthetic_change_and_copy(qtbot: QtBot, comparing: Window) -> None:
    choose_mode(qtbot, comparing, "Side by side")
    shapes = comparing.cells.shapes
    kinds = [Kind.SCAN, Kind.SYNTHETIC, Kind.CHANGE, Kind.COPY]
    for shape, count in (("1×3", 3), ("2×2", 4), ("1×2", 2)):
        place = list(shapes._words).index(shape)
        qtbot.mouseClick(shapes, LEFT, pos=shapes._boxes()[place].center().toPoint())
        qtbot.waitUntil(lambda count=count: shown_kinds(comparing) == kinds[:count], timeout=PATIENCE)


def test_one_click_gives_a_cell_its_own_view_and_every_cell_that_differs_a_sign(
    qtbot: QtBot, comparing: Window
) -> None:
    choose_mode(qtbot, comparing, "Side by side")
    qtbot.mouseClick(comparing.cells.links[1], LEFT)
    left, right = (column.panes[Plane.AXIAL] for column in comparing.compare.columns[:2])
    assert (left._own, right._own) == ("", "own view")
    shared = comparing.session.link.state
    qtbot.mouseClick(right, LEFT, pos=QPoint(90, 120))
    assert comparing.session.link.state.crosshair == shared.crosshair != right.link.state.crosshair
    right.link.set(right.link.state.windowed(0.0, 0.4))
    assert (left._own, right._own) == ("window differs", "own window")
    comparing.session.link.change(convention="neurological")
    assert right.link.state.convention == "neurological"
    kept = comparing.session.workspace.comparison
    qtbot.waitUntil(lambda: comparing.session.workspace.comparison.own != kept.own, timeout=PATIENCE)
    assert comparing.session.workspace.comparison.own[1].window == (0.0, 0.4)
    qtbot.mouseClick(comparing.cells.links[1], LEFT)
    assert (left._own, right._own) == ("", "")
    assert right.link is comparing.session.link


def test_cells_that_differ_in_anything_are_told_on_both() -> None:
    same = Cell(True, ((0.0, 1.0),), "model 2.0 mm")
    assert signs([same, same]) == ["", ""]
    assert signs([same, Cell(False, ((0.0, 1.0),), "model 2.0 mm")]) == ["", "own view"]
    assert signs([same, Cell(False, ((0.0, 0.5),), "model 2.0 mm")]) == ["window differs", "own window"]
    assert signs([same, Cell(True, ((0.0, 0.5),), "model 2.0 mm", own=True)]) == ["window differs", "own window"]
    over = Cell(True, ((0.0, 0.5), (0.0, 1.0)), "model 2.0 mm", own=True)
    assert signs([over, same]) == ["windows differ", "window differs"]
    assert signs([same, Cell(True, ((0.0, 1.0),), "native 1.0 mm")]) == ["grid differs", "grid differs"]


def test_a_layers_own_window_is_told_in_every_cell_that_differs(qtbot: QtBot, comparing: Window) -> None:
    left, right = (column.panes[Plane.AXIAL] for column in comparing.compare.columns[:2])
    choose_mode(qtbot, comparing, "Side by side")
    comparing.layers.set_own_window("scan", True)
    comparing.layers.set_window("scan", 0.0, 0.4)
    assert (left._own, right._own) == ("own window", "window differs")
    choose_mode(qtbot, comparing, "Fade")
    comparing.session.compare(fade=1.0)
    assert (left._own, right._own) == ("windows differ", "window differs")
    comparing.layers.set_own_window("scan", False)
    assert (left._own, right._own) == ("", "")


def test_a_cell_keeps_the_window_it_had_when_it_got_its_own_view(qtbot: QtBot, comparing: Window) -> None:
    choose_mode(qtbot, comparing, "Side by side")
    comparing.layers.set_own_window("synthetic", True)
    comparing.layers.set_window("synthetic", 0.0, 0.4)
    qtbot.mouseClick(comparing.cells.links[1], LEFT)
    right = axial(comparing, 1)
    assert right.windows == ((0.0, 0.4),)
    right.link.set(right.link.state.windowed(0.0, 0.6, "synthetic"))
    comparing.session.link.change(convention="neurological")
    assert right.windows == ((0.0, 0.6),)


def test_keys_and_undo_act_on_the_view_of_the_cell_with_the_focus(qtbot: QtBot, comparing: Window) -> None:
    choose_mode(qtbot, comparing, "Side by side")
    qtbot.mouseClick(comparing.cells.links[1], LEFT)
    right, shared = axial(comparing, 1), comparing.session.link
    qtbot.mouseClick(right, LEFT, pos=QPoint(90, 120))
    right.link.set(right.link.state.zoomed(2.0))
    shared.set(shared.state.zoomed(3.0))
    qtbot.keyClick(right, Qt.Key.Key_R)
    assert (right.link.state.zoom, shared.state.zoom) == (1.0, 3.0)

    steps, window = comparing.session.undo_stack.count(), right.link.state.window
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.mousePress(right, LEFT, held, QPoint(90, 120))
    qtbot.mouseMove(right, QPoint(150, 120))
    qtbot.wait(500)  # The view is written down while the mouse rests, still held.
    qtbot.mouseMove(right, QPoint(190, 120))
    qtbot.mouseRelease(right, LEFT, held, QPoint(190, 120))
    dragged = right.link.state.window
    assert dragged != window
    assert comparing.session.undo_stack.count() == steps + 1
    qtbot.keyClick(right, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert right.link.state.window == window
    comparing.session.undo_stack.redo()
    assert right.link.state.window == dragged

    before = shared.state.window
    qtbot.keyClick(right, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert right.link.state.window == pytest.approx(default_window(fake_engine.brain(90)))
    assert shared.state.window == before
    assert comparing.session.undo_stack.count() == steps + 2
    qtbot.mouseClick(axial(comparing), LEFT, pos=QPoint(90, 120))
    qtbot.keyClick(axial(comparing), Qt.Key.Key_R)
    assert shared.state.zoom == 1.0


def test_a_checkerboard_takes_turns_from_cube_to_cube() -> None:
    shape = (8, 8, 8)
    first, second = (Volume(np.full(shape, value, np.float32), np.eye(4)) for value in (0.0, 1.0))
    board = checkered(first, second, 4).data
    assert board[0, 0, 0] == 0.0 and board[2, 0, 0] == board[0, 2, 0] == board[0, 0, 2] == 1.0
    assert board[1, 1, 1] == 0.0 and board[2, 2, 0] == 0.0
    assert board.mean() == 0.5


def test_the_checkerboard_shows_both_in_the_left_cell(qtbot: QtBot, comparing: Window) -> None:
    choose_mode(qtbot, comparing, "Checker")
    board = comparing.compare.left.content.volume.data
    young, old = fake_engine.brain(60), fake_engine.brain(90)
    differs = np.abs(young - old) > 0.1
    from_young = np.isclose(board[differs], young[differs], atol=1e-5).mean()
    assert 0.3 < from_young < 0.7
    assert "against synthetic" in comparing.compare.left.header.accessibleName()


def test_a_kept_state_and_a_scan_are_dropped_into_cells(qtbot: QtBot, comparing: Window) -> None:
    choose_mode(qtbot, comparing, "Side by side")
    first, other = (scan.key for scan in comparing.session.workspace.scans)
    drop(comparing, Part("synthetic", first, Edit().moved("age", 10.0)), 0)
    drop(comparing, Part("scan", other), 1)
    qtbot.waitUntil(lambda: comparing.compare_pictures.finished, timeout=PATIENCE)
    left, right = comparing.compare.columns[:2]
    assert (left.content.kind, left.content.age) == (Kind.SYNTHETIC, "70.0 y")
    np.testing.assert_allclose(left.content.volume.data, fake_engine.brain(70), atol=1e-5)
    assert (right.content.kind, right.content.title) == (Kind.SCAN, "sub-01 ses-B")


def test_a_timepoint_is_offered_and_shown_in_a_cell(qtbot: QtBot, comparing: Window) -> None:
    offers = dict(comparing.compare_pictures.offers())
    assert [words for words in offers if words.startswith("Timepoint")] == [
        "Timepoint 65.0 y",
        "Timepoint 70.0 y",
        "Timepoint 75.0 y",
    ]
    comparison = comparing.session.workspace.comparison
    comparing.session.compare(parts=comparison.with_part(2, offers["Timepoint 70.0 y"]).parts)
    qtbot.waitUntil(lambda: comparing.compare_pictures.finished, timeout=PATIENCE)
    np.testing.assert_allclose(comparing.compare.right.content.volume.data, fake_engine.brain(70), atol=1e-5)


def test_a_closed_visit_leaves_its_cell(comparing: Window) -> None:
    other = comparing.session.workspace.scans[1].key
    comparing.session.compare(parts=comparing.session.workspace.comparison.with_part(2, Part("scan", other)).parts)
    comparing.session.close_scan(other)
    assert comparing.session.workspace.comparison.parts == PARTS


def test_region_volumes_stand_in_a_table_with_their_change() -> None:
    rows = table_of(("scan", "synthetic"), ({"ventricles": 40.0, "cortical-grey": 500.0}, {"ventricles": 50.0}))
    assert rows[0] == ("", "scan", "synthetic", "change", "%")
    assert rows[1:] == [("Ventricles", "40.0", "50.0", "+10.0", "+25.0")]
    assert table_of(("scan", "synthetic"), ({"ventricles": 40.0}, None)) == []


def test_regions_are_counted_from_the_first_cell_to_the_second(qtbot: QtBot, several: Window, bids: Path) -> None:
    session, panel = several.session, several.region_table
    several.open([bids])
    qtbot.waitUntil(lambda: several.edit_pictures.up_to_date, timeout=PATIENCE)
    session.set_edit(Edit().moved("age", 30.0))
    qtbot.mouseClick(several.title_bar.tabs["compare"], LEFT)
    point = dict(several.compare_pictures.offers())["Timepoint 70.0 y"]
    session.compare(mode="side by side", shape="1×3", parts=(Part("scan"), Part("synthetic"), point, *PARTS[3:]))

    def head(of: str) -> bool:
        return bool(panel.rows) and panel._words.text().startswith(of)

    qtbot.waitUntil(lambda: head("Scan 60.0 y against synthetic 90.0 y."), timeout=PATIENCE)
    assert panel.rows[0] == ("", "scan", "synthetic", "change", "%")
    assert "The change includes the copy’s error." in panel._words.text()
    session.compare(parts=(Part("synthetic"), point, Part("scan"), *PARTS[3:]))
    qtbot.waitUntil(lambda: head("Synthetic 90.0 y against synthetic 70.0 y."), timeout=PATIENCE)
    assert panel.rows[0] == ("", "90.0 y", "70.0 y", "change", "%")
    assert "error" not in panel._words.text()


def test_a_comparison_of_two_cells_from_an_older_file_still_opens() -> None:
    content = files.to_json(Workspace(), Path("/"))
    old = {
        name: {"what": what, "key": None}
        for name, what in zip(("first", "second", "beside"), ("copy", "scan", "change"), strict=True)
    }
    content["comparison"] = {**old, "mode": "fade", "divider": 0.4, "fade": 0.2, "rate": 2.0, "minus": "scan"}
    found = files.from_json(content, Path("/")).comparison
    assert found.parts == (Part("copy"), Part("scan"), Part("change"), *PARTS[3:])
    assert (found.mode, found.divider, found.minus) == ("fade", 0.4, "scan")

"""The window as a person uses it: real mouse and key events on the whole window, an engine without a model."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import fake_engine
import nibabel as nib
import numpy as np
import pytest
from fake_scan import write_scan
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QScrollArea
from pytestqt.qtbot import QtBot

from app.controls.attribute_slider import AttributeSlider
from app.dialogs.export_dialog import ExportDialog
from app.engine_client import EngineState
from app.panels.change_panel import ChangePanel
from app.panels.parts import grid_words
from app.stage.slicing import Plane
from app.theme.kinds import Kind
from app.window import Window
from app.workspace.document import Edit
from engine.volume import Volume

PATIENCE = 30000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def opened(qtbot: QtBot, window: Window, bids: Path) -> Window:
    """The window with two visits of one person."""
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    return window


def age_slider(window: Window) -> AttributeSlider:
    return window.attributes.sliders["age"]


def handle(window: Window) -> QPoint:
    return age_slider(window).focus_area()[0].center()


def quality(window: Window) -> str:
    return window.explore.edit_column.header.heading.quality if window.explore.edit_column.header.heading else ""


def test_a_scan_stands_beside_its_copy(opened: Window) -> None:
    scan, copy = opened.explore.scan_column.content, opened.explore.edit_column.content
    assert scan and copy
    assert (scan.kind, scan.age) == (Kind.SCAN, "60.0 y")
    assert copy.kind is Kind.COPY
    assert quality(opened) == "final, 6 steps"


def test_dragging_age_shows_previews_and_the_final_after_release(qtbot: QtBot, opened: Window) -> None:
    slider, start = age_slider(opened), handle(opened)
    qtbot.mousePress(slider, LEFT, pos=start)
    for reach in (10, 20, 30, 40):
        qtbot.mouseMove(slider, start + QPoint(reach, 0))
    qtbot.waitUntil(lambda: "preview" in quality(opened), timeout=PATIENCE)
    pictures = opened.edit_pictures
    qtbot.waitUntil(lambda: pictures.shown.recipe.changes == pictures.edit.changes, timeout=PATIENCE)
    assert opened.explore.edit_column.content.kind is Kind.SYNTHETIC
    assert opened.session.undo_stack.count() == 0
    qtbot.mouseRelease(slider, LEFT, pos=start + QPoint(40, 0))
    qtbot.waitUntil(lambda: quality(opened) == "final, 6 steps", timeout=PATIENCE)
    change = opened.edit_pictures.edit["age"]
    assert change > 3
    shown = opened.explore.edit_column.content.volume.data
    assert shown.sum() == pytest.approx(fake_engine.brain(60 + change).sum(), rel=1e-5)
    assert opened.session.undo_stack.count() == 1
    assert opened.measures.isVisible()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped here")
def test_a_picture_whose_successor_is_late_is_out_of_date_while_the_handle_moves_and_after(
    qtbot: QtBot, opened: Window
) -> None:
    slider, start = age_slider(opened), handle(opened)
    qtbot.mousePress(slider, LEFT, pos=start)
    qtbot.mouseMove(slider, start + QPoint(40, 0))
    qtbot.waitUntil(lambda: "preview" in quality(opened), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not opened.session.client.waiting, timeout=PATIENCE)
    engine = opened.session.client.process_id
    assert engine is not None
    os.kill(engine, signal.SIGSTOP)
    try:
        for step in range(8):  # moved on more often than a picture may be late
            qtbot.mouseMove(slider, start + QPoint(60 + step, 0))
            qtbot.wait(100)
        assert quality(opened) == "out of date"
        qtbot.mouseRelease(slider, LEFT, pos=start + QPoint(67, 0))
        qtbot.wait(50)
        assert quality(opened) == "out of date"
    finally:
        os.kill(engine, signal.SIGCONT)
    qtbot.waitUntil(lambda: quality(opened) == "final, 6 steps", timeout=PATIENCE)


def test_an_unknown_age_is_never_told_by_what_the_model_reads(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    window.open([write_scan(tmp_path / "anyone.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    column, slider = window.explore.edit_column, age_slider(window)
    assert (column.content.kind, column.content.age, column.content.delta) == (Kind.COPY, "", "")
    assert slider._value_text() == "0.0 y" and slider.scan_value == 60.0
    qtbot.waitUntil(slider.isVisible, timeout=PATIENCE)
    qtbot.mouseClick(slider, LEFT, pos=QPoint(slider.width() - 10, 10))
    qtbot.keyClicks(slider._field, "24")
    qtbot.keyClick(slider._field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    assert window.edit_pictures.edit["age"] == 24.0
    assert (column.content.age, column.content.delta) == ("+24.0 y", "")
    assert slider._value_text() == "+24.0 y"
    assert "Synthetic +24.0 y" in [row.name for row in window.layers.rows()]
    window._actions["keep"]()
    assert window.session.workspace.kept[0].name == "+24.0 y"
    window.session.set_age(window.session.workspace.scans[0].key, 41.0)
    assert column.content.age == "65.0 y" and age_slider(window)._value_text() == "65.0 y"


def test_a_killed_engine_is_replaced_during_a_drag_and_the_edit_finished(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    window.open([write_scan(tmp_path / "hang.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.copy is not None, timeout=PATIENCE)
    slider, start = age_slider(window), handle(window)
    first = window.session.client.process_id
    assert first is not None
    qtbot.mousePress(slider, LEFT, pos=start)
    qtbot.mouseMove(slider, start + QPoint(40, 0))
    qtbot.waitUntil((tmp_path / "hang.nii.gz.tried").exists, timeout=PATIENCE)
    os.kill(first, signal.SIGKILL)
    qtbot.waitUntil(lambda: window.session.client.state is EngineState.RESTARTED, timeout=1000)
    assert "started again" in window.status.words
    qtbot.mouseMove(slider, start + QPoint(60, 0))
    qtbot.mouseRelease(slider, LEFT, pos=start + QPoint(60, 0))
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    assert window.session.client.process_id != first
    assert window.edit_pictures.edit["age"] > 3


def test_space_shows_the_scan_and_lets_go_of_it(qtbot: QtBot, opened: Window) -> None:
    opened.explore.scan_column.setFocus()
    qtbot.keyPress(opened.explore.scan_column, Qt.Key.Key_Space)
    assert opened.explore.edit_column.content.kind is Kind.SCAN
    qtbot.keyRelease(opened.explore.scan_column, Qt.Key.Key_Space)
    assert opened.explore.edit_column.content.kind is Kind.COPY


def test_space_is_the_scans_also_after_a_click_on_a_button(qtbot: QtBot, opened: Window) -> None:
    """As the system sends it: to the window, which hands it to what has the focus."""
    toggle, column = opened.tool_bar.crosshair, opened.explore.edit_column
    opened.activateWindow()
    qtbot.waitUntil(opened.isActiveWindow, timeout=PATIENCE)
    toggle.setFocus(Qt.FocusReason.MouseFocusReason)
    QTest.keyPress(opened.windowHandle(), Qt.Key.Key_Space)
    assert (column.content.kind, toggle.isDown()) == (Kind.SCAN, False)
    QTest.keyRelease(opened.windowHandle(), Qt.Key.Key_Space)
    assert (column.content.kind, toggle.isChecked()) == (Kind.COPY, True)
    # One who comes by keyboard means the button.
    toggle.clearFocus()
    toggle.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyPress(opened.windowHandle(), Qt.Key.Key_Space)
    assert (column.content.kind, toggle.isDown()) == (Kind.COPY, True)
    QTest.keyRelease(opened.windowHandle(), Qt.Key.Key_Space)
    assert not toggle.isChecked()


def test_space_is_let_go_when_the_window_goes_out_of_use(qtbot: QtBot, opened: Window) -> None:
    opened.activateWindow()
    qtbot.waitUntil(opened.isActiveWindow, timeout=PATIENCE)
    qtbot.keyPress(opened.explore.scan_column, Qt.Key.Key_Space)
    opened.doors.keys()
    qtbot.waitUntil(lambda: not opened.isActiveWindow(), timeout=PATIENCE)
    assert opened.explore.edit_column.content.kind is Kind.COPY


def test_a_click_moves_the_crosshair_of_both_columns_and_the_read_out(qtbot: QtBot, opened: Window) -> None:
    pane = opened.explore.scan_column.panes[Plane.AXIAL]
    before = opened.readout.words
    qtbot.mouseClick(pane, LEFT, pos=QPoint(pane.width() // 2 + 40, pane.height() // 2 - 30))
    other = opened.explore.edit_column.panes[Plane.AXIAL]
    assert other.link.state.crosshair == pane.link.state.crosshair
    assert opened.readout.words != before
    assert "scan" in opened.readout.words
    assert "voxel" in opened.readout.words


def test_the_map_comes_with_one_key(qtbot: QtBot, opened: Window) -> None:
    move_age(qtbot, opened)
    qtbot.keyClick(opened, Qt.Key.Key_D, Qt.KeyboardModifier.ShiftModifier)
    assert opened.session.link.state.overlay.shown
    side, scale = opened._sides.currentWidget(), opened.findChild(ChangePanel)
    qtbot.waitUntil(lambda: scale.mapTo(side, scale.rect().bottomLeft()).y() < side.height(), timeout=PATIENCE)
    qtbot.mouseClick(opened.tool_bar.difference, LEFT)
    assert not opened.session.link.state.overlay.shown


def move_age(qtbot: QtBot, window: Window) -> None:
    window.session.set_edit(Edit().moved("age", 10.0))
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)


def test_without_an_edit_there_is_no_map_and_the_window_says_why(qtbot: QtBot, opened: Window) -> None:
    button, steps = opened.tool_bar.difference, opened.session.undo_stack.count()
    assert not button.isEnabled()
    assert button.toolTip() == "All sliders are at zero: no change to show."
    for key in (Qt.Key.Key_D, Qt.Key.Key_W):
        shift = Qt.KeyboardModifier.ShiftModifier if key == Qt.Key.Key_D else Qt.KeyboardModifier.NoModifier
        with qtbot.waitSignal(opened.session.said, timeout=PATIENCE) as said:
            qtbot.keyClick(opened, key, shift)
        assert said.args[0] == "All sliders are at zero: no change to show."
    assert not opened.session.link.state.overlay.shown
    assert opened.session.undo_stack.count() == steps
    move_age(qtbot, opened)
    assert button.isEnabled()
    assert button.toolTip().startswith("Synthetic − copy")


def test_the_index_of_a_native_voxel_is_the_files(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    path = write_scan(tmp_path / "slow.nii.gz")
    image = nib.load(path).as_reoriented(nib.orientations.axcodes2ornt("PIR"))
    nib.save(image, path)
    window.open([path])
    qtbot.waitUntil(lambda: window.explore.scan_column.content is not None, timeout=PATIENCE)
    window.session.link.change(crosshair=(10.0, -30.0, 22.0))
    index = np.rint(np.linalg.inv(image.affine) @ (10.0, -30.0, 22.0, 1.0))[:3].astype(int)
    assert f"voxel\t{'  '.join(map(str, index))}\t" in window.readout.words
    assert window.explore.scan_column.content.grid_label == "native 4.0 mm"


def test_a_scan_drawn_straight_is_not_called_native_alone(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    path = write_scan(tmp_path / "slow.nii.gz")
    image = nib.load(path)
    turn = np.eye(4)
    turn[:2, :2] = [[0.9, -0.4359], [0.4359, 0.9]]
    nib.save(nib.Nifti1Image(image.get_fdata(dtype=np.float32), turn @ image.affine), path)
    window.open([path])
    qtbot.waitUntil(lambda: window.explore.scan_column.content is not None, timeout=PATIENCE)
    assert window.explore.scan_column.content.grid_label == "native, straightened 4.0 mm"


def test_a_grid_is_named_by_all_its_edges_where_they_differ() -> None:
    def volume(*edges: float) -> Volume:
        return Volume(np.zeros((2, 2, 2), np.float32), np.diag([*edges, 1.0]))

    assert grid_words("native", volume(1.0, 1.02, 0.99)) == "native 1.0 mm"
    assert grid_words("native", volume(1.0, 1.0, 2.0)) == "native 1.0 × 1.0 × 2.0 mm"
    turned = volume(2.0, 1.0, 0.9)
    turned.affine[:3, :3] = turned.affine[:3, [1, 2, 0]]
    assert grid_words("native", turned) == "native 2.0 × 1.0 × 0.9 mm", "in the order of the world's axes"


def test_the_keys_act_on_the_stage_as_soon_as_a_scan_is_there(qtbot: QtBot, opened: Window) -> None:
    place = opened.session.link.state.crosshair
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_PageUp)
    assert opened.session.link.state.crosshair[2] == place[2] + 4.0


def test_undo_puts_the_slider_back(qtbot: QtBot, opened: Window) -> None:
    slider = age_slider(opened)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert slider.number == pytest.approx(60.5)
    qtbot.keyClick(opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert slider.number == pytest.approx(60.0)
    assert slider.is_zero


def test_a_bad_file_dropped_is_a_sentence_and_nothing_else_changes(
    qtbot: QtBot, opened: Window, tmp_path: Path
) -> None:
    bad = tmp_path / "kaputt é.nii.gz"
    bad.write_bytes(b"nothing")
    before = opened.session.workspace
    drop(opened, [bad])
    assert opened.session.workspace == before
    assert "kaputt é.nii.gz" in opened.status.words


def test_dropped_scans_open(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    drop(window, [write_scan(tmp_path / "Ordner ü" / "mein scan.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    assert window.session.current.name == "mein scan.nii.gz"


def test_time_shows_two_visits_and_three_points_in_linked_columns(qtbot: QtBot, opened: Window) -> None:
    qtbot.mouseClick(opened.title_bar.tabs["time"], LEFT)
    qtbot.waitUntil(lambda: opened.time_pictures.finished, timeout=PATIENCE)
    contents = [column.content for column in opened.time.columns]
    assert [content.age for content in contents] == ["60.0 y", "65.0 y", "70.0 y", "75.0 y", "80.0 y"]
    assert [content.kind for content in contents] == [Kind.SCAN, *[Kind.SYNTHETIC] * 3, Kind.SCAN]
    links = {id(pane.link) for column in opened.time.columns for pane in column.panes.values()}
    assert len(links) == 1


def test_export_writes_what_is_ticked(qtbot: QtBot, opened: Window, tmp_path: Path) -> None:
    qtbot.keyClick(opened, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = opened.findChild(ExportDialog)
    dialog.folder.setText(str(tmp_path))
    dialog.choices["plain"].setChecked(True)
    with qtbot.waitSignal(dialog.written, timeout=PATIENCE):
        qtbot.mouseClick(dialog.write, LEFT)
    names = sorted(path.name for path in tmp_path.glob("*.nii.gz"))
    assert names == [
        "sub-01_ses-A_T1w_space-ldae_synth-recon.nii.gz",
        "sub-01_ses-A_T1w_space-native_synth-recon_plain.nii.gz",
    ]


def test_export_into_a_folder_that_is_not_there_says_so(qtbot: QtBot, opened: Window, tmp_path: Path) -> None:
    opened.export()
    dialog = opened.findChild(ExportDialog)
    dialog.folder.setText(str(tmp_path / "none"))
    assert not dialog.write.isEnabled()
    dialog.reject()
    assert opened.isVisible()


def test_every_look_of_the_window_can_be_drawn(qtbot: QtBot, opened: Window, qapp: QApplication) -> None:
    for size in ((1120, 680), (1280, 800), (2560, 1440)):
        opened.resize(*size)
        assert not opened.grab().isNull()
    opened.title_bar.theme_asked.emit()
    assert not opened.grab().isNull()
    opened.title_bar.keys_asked.emit()
    opened.findChild(QDialog).accept()


def drop(window: Window, paths: list[Path]) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(QPointF(400, 400), Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    window.dropEvent(event)


@pytest.mark.parametrize("width", [1120, 1360, 1600])
def test_nothing_beside_the_stage_is_cut_however_narrow_the_window(
    qtbot: QtBot, several: Window, bids: Path, width: int
) -> None:
    several.open([bids])
    qtbot.waitUntil(lambda: several.edit_pictures.up_to_date, timeout=PATIENCE)
    several.resize(width, 760)
    for page in ("explore", "compare", "time"):
        qtbot.mouseClick(several.title_bar.tabs[page], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not several.session.client.waiting, timeout=PATIENCE)
        side = several._sides.currentWidget()
        assert isinstance(side, QScrollArea) and side.widget().width() <= side.viewport().width(), page

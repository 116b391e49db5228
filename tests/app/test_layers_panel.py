"""Layers, overlays, rulers, bookmarks and layouts in the real window, by mouse and by key."""

from __future__ import annotations

from pathlib import Path

import fake_engine
import nibabel as nib
import numpy as np
import pytest
from fake_scan import write_scan
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import bindings
from app.dialogs.edit_keys_dialog import EditKeysDialog
from app.panels.readout_bar import place_from
from app.stage.slicing import Plane
from app.stage.view_state import COPY, SCAN, Clip
from app.theme.kinds import Kind
from app.window import Window
from app.workspace import files
from app.workspace.document import Edit
from app.workspace.label_table import label_names

PATIENCE = 30000
LEFT = Qt.MouseButton.LeftButton
ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def opened(qtbot: QtBot, window: Window, tmp_path: Path) -> Window:
    """One scan and its copy, in a window too low for 3D: drawing it takes most of a test's time."""
    window.resize(1600, 860)
    window.open([write_scan(tmp_path / "one.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    return window


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A label map on a 3 mm grid: 7 in the left half, 9 in the right; a table with their names beside it."""
    data = np.zeros((40, 40, 40), np.uint8)
    data[:20], data[20:] = 7, 9
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = -58.5
    nib.save(nib.Nifti1Image(data, affine), tmp_path / "parts.nii.gz")
    (tmp_path / "parts.tsv").write_text("index\tname\n7\tLeft half\n9\tRight half\n")
    return tmp_path / "parts.nii.gz"


def drop(window: Window, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    no_key = Qt.KeyboardModifier.NoModifier
    window.left.layers.list.dropEvent(QDropEvent(QPointF(40, 20), Qt.DropAction.CopyAction, mime, LEFT, no_key))


def keys(window: Window) -> list[str]:
    return [row.key for row in window.layers.rows()]


@pytest.fixture
def covered(qtbot: QtBot, opened: Window, labels: Path) -> Window:
    """The label map dropped on the list of layers."""
    drop(opened, labels)
    qtbot.waitUntil(lambda: "overlay-1" in opened.session.link.overlays, timeout=PATIENCE)
    return opened


def test_a_dropped_label_map_lies_over_both_pictures_and_is_read_by_name(qtbot: QtBot, covered: Window) -> None:
    assert len(covered.session.workspace.scans) == 1, "an overlay is no scan"
    link = covered.session.link
    link.change(crosshair=(-20.0, -10.0, 10.0), crosshair_shown=False)
    assert "7 Left half" in covered.readout.words
    for column in covered.explore.columns:
        pane = column.panes[Plane.AXIAL]
        place, picture = pane.pane_map(), pane.grab().toImage()
        assert place is not None
        inks = [picture.pixelColor(*(round(v) for v in place.pixel((x, -40.0, 10.0)))) for x in (-30.0, 30.0)]
        assert all(ink.red() != ink.blue() for ink in inks), "coloured"
        assert inks[0] != inks[1]
    covered.session.undo_stack.undo()
    assert not link.overlays
    assert keys(covered) == [COPY, SCAN]
    covered.session.undo_stack.redo()
    assert "overlay-1" in link.overlays


def test_eye_opacity_and_order_by_mouse_and_by_key_are_steps_of_undo(qtbot: QtBot, covered: Window) -> None:
    listed, stack = covered.left.layers.list, covered.session.undo_stack
    eye, bar = listed.parts(0)
    qtbot.mouseClick(listed.viewport(), LEFT, pos=eye.center())
    assert not covered.layers.row("overlay-1").shown
    before = stack.count()
    qtbot.mousePress(listed.viewport(), LEFT, pos=bar.center())
    for step in (2, 4, 6):
        qtbot.mouseMove(listed.viewport(), bar.center() + QPoint(step, 0))
    qtbot.mouseRelease(listed.viewport(), LEFT, pos=bar.center() + QPoint(6, 0))
    assert covered.layers.row("overlay-1").opacity == pytest.approx(0.72, abs=0.04)
    assert stack.count() == before + 1, "a drag is one step"
    stack.undo()
    assert covered.layers.row("overlay-1").opacity == 0.5
    listed.setFocus()
    qtbot.keyClick(listed, Qt.Key.Key_Space)
    assert covered.layers.row("overlay-1").shown
    qtbot.keyClick(listed, Qt.Key.Key_Left)
    assert covered.layers.row("overlay-1").opacity == pytest.approx(0.45)
    qtbot.keyClick(listed, Qt.Key.Key_Down, ALT)
    assert keys(covered) == [COPY, "overlay-1", SCAN]
    assert "45 percent" in listed.item(1).data(Qt.ItemDataRole.AccessibleTextRole)
    stack.undo()
    assert keys(covered) == ["overlay-1", COPY, SCAN]
    qtbot.keyClick(listed, Qt.Key.Key_Delete)
    assert keys(covered) == [COPY, SCAN]
    stack.undo()
    assert keys(covered) == ["overlay-1", COPY, SCAN]


def test_a_row_dragged_below_another_stands_there(opened: Window) -> None:
    listed = opened.left.layers.list
    rows = [listed.visualItemRect(listed.item(at)) for at in range(2)]

    def drag(at: int, to: QPoint) -> None:
        listed.setCurrentRow(at)
        mime = listed.model().mimeData([listed.indexFromItem(listed.item(at))])
        no_key = Qt.KeyboardModifier.NoModifier
        listed.dropEvent(QDropEvent(QPointF(to), Qt.DropAction.MoveAction, mime, LEFT, no_key))

    drag(0, rows[1].center() + QPoint(0, 8))
    assert keys(opened) == [SCAN, COPY]
    assert opened.explore.edit_column.content.kind is Kind.SCAN
    drag(1, rows[0].center() - QPoint(0, 8))
    assert keys(opened) == [COPY, SCAN]
    opened.session.undo_stack.undo()
    assert keys(opened) == [SCAN, COPY]


def test_hiding_the_copy_shows_the_scan_below_it_and_the_scan_none(qtbot: QtBot, opened: Window) -> None:
    opened.layers.toggle(COPY)
    assert opened.explore.edit_column.content.kind is Kind.SCAN
    assert "copy" not in opened.readout.words
    opened.layers.toggle(SCAN)
    assert opened.explore.scan_column.content is None
    assert opened.explore.edit_column.content is None
    opened.session.undo_stack.undo()
    opened.session.undo_stack.undo()
    assert opened.explore.edit_column.content.kind is Kind.COPY


def test_an_own_window_is_set_by_the_histogram_and_shown_by_a_sign(qtbot: QtBot, opened: Window) -> None:
    shared = opened.session.link.state.window
    opened.layers.choose(SCAN)
    qtbot.mouseClick(opened.left.window_panel.link, LEFT)
    field = opened.left.window_panel.histogram.high_field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    view = opened.session.link.state
    assert view.layer(SCAN).window == pytest.approx((shared[0], 0.5), abs=0.01)
    assert view.window == shared
    assert opened.explore.scan_column.panes[Plane.AXIAL]._words(view).own == "own window"
    assert opened.explore.edit_column.panes[Plane.AXIAL]._words(view).own == ""
    qtbot.mouseClick(opened.left.window_panel.link, LEFT)
    assert opened.session.link.state.layer(SCAN).window is None


def test_all_of_it_is_kept_in_the_workspace(qtbot: QtBot, covered: Window, tmp_path: Path) -> None:
    covered.layers.set_opacity("overlay-1", 0.3)
    covered.session.link.change(clip=Clip((1, 0, -1), corner=False), layout="grid")
    qtbot.keyClick(covered, Qt.Key.Key_B)
    pane = covered.explore.scan_column.panes[Plane.AXIAL]
    pane.measure()
    covered.session.link.change(crosshair=(20.0, 10.0, covered.session.link.state.crosshair[2]))
    pane.measure()
    path = tmp_path / "kept.neurolapse"
    covered.session.save(path)
    kept = files.load(path)
    assert [Path(file.path).name for file in kept.overlays] == ["parts.nii.gz"]
    assert kept.view == covered.session.link.state
    assert kept.view.layer("overlay-1").opacity == 0.3
    assert kept.bookmarks == covered.session.workspace.bookmarks
    assert kept.bookmarks[0].name == "Place 1"
    assert len(kept.view.rulers) == 1
    covered.session.open([path])
    qtbot.waitUntil(lambda: "overlay-1" in covered.session.link.overlays, timeout=PATIENCE)
    assert covered.session.link.state == kept.view


def test_a_file_that_cannot_be_laid_over_is_a_sentence(qtbot: QtBot, opened: Window, tmp_path: Path) -> None:
    bad = tmp_path / "kein Bild.nii.gz"
    bad.write_text("nothing")
    before = opened.session.workspace
    with qtbot.waitSignal(opened.session.said, timeout=PATIENCE) as said:
        drop(opened, bad)
    assert said.args[0].startswith("kein Bild.nii.gz")
    assert opened.session.workspace == before


def test_an_overlay_on_the_scans_own_grid_is_carried_into_the_models_space(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    scan = write_scan(tmp_path / "moved.nii.gz")
    data = np.zeros(fake_engine.SHAPE, np.uint8)
    data[10:14, 20:24, 15:19] = 3
    nib.save(nib.Nifti1Image(data, np.array(fake_engine.AFFINE)), tmp_path / "own.nii.gz")
    window.open([scan])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    window.layers.overlays.add([tmp_path / "own.nii.gz"])
    qtbot.waitUntil(lambda: bool(window.session.link.overlays), timeout=PATIENCE)
    overlay = window.session.link.overlays["overlay-1"]
    native = np.array(fake_engine.AFFINE) @ (11.5, 21.5, 16.5, 1.0)
    x, y, z, _ = (float(value) for value in np.array(fake_engine.MODEL_FROM_NATIVE) @ native)
    assert overlay.value_at((x, y, z)) == 3
    assert overlay.value_at((float(native[0]), float(native[1]), float(native[2]))) == 0


def test_a_typed_place_is_gone_to_and_nonsense_is_marked(qtbot: QtBot, opened: Window) -> None:
    qtbot.keyClick(opened, Qt.Key.Key_G)
    field = opened.readout.place
    field.selectAll()
    qtbot.keyClicks(field, "L 12 A 8 S 6")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert opened.session.link.state.crosshair == (-12.0, 8.0, 6.0)
    qtbot.keyClick(opened, Qt.Key.Key_G)
    qtbot.keyClicks(field, "900 0 0")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert opened.session.link.state.crosshair == (-12.0, 8.0, 6.0)
    assert field.property("wrong") == "true"
    assert field.hasFocus()
    assert "No place in the picture" in opened.readout.words
    assert opened.readout.wrong.isVisible()
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    assert field.property("wrong") == ""
    assert "No place" not in opened.readout.words
    assert not opened.readout.wrong.isVisible()


def test_the_place_gives_the_keys_back_to_what_had_them(qtbot: QtBot, opened: Window) -> None:
    pane, field = opened.explore.edit_column.panes[Plane.SAGITTAL], opened.readout.place
    qtbot.mouseClick(pane, LEFT, pos=pane.rect().center())
    qtbot.keyClick(pane, Qt.Key.Key_G)
    qtbot.keyClicks(field, "L 12 A 8 S 6")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is pane
    qtbot.keyClick(pane, Qt.Key.Key_G)
    qtbot.keyClicks(field, "900 0")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is pane
    assert field.text() == "L 12.0  A 8.0  S 6.0"
    assert field.property("wrong") == ""


def test_keys_stay_with_the_column_when_the_pane_that_has_them_goes(qtbot: QtBot, opened: Window) -> None:
    column, link = opened.explore.edit_column, opened.session.link
    pane = column.panes[Plane.SAGITTAL]
    qtbot.mouseClick(pane, LEFT, pos=pane.rect().center())
    qtbot.keyClick(pane, Qt.Key.Key_Backslash)
    assert QApplication.focusWidget() is column
    qtbot.keyClick(column, Qt.Key.Key_Backslash)
    qtbot.keyClick(column, Qt.Key.Key_L, SHIFT)
    tile = column._tiles[3]
    qtbot.mouseClick(tile, LEFT, pos=tile.rect().center())
    qtbot.keyClick(tile, Qt.Key.Key_L, SHIFT)
    assert not link.state.tiles
    assert QApplication.focusWidget() is column


def test_a_long_name_does_not_push_the_dock_out_of_its_width(qtbot: QtBot, opened: Window, tmp_path: Path) -> None:
    long = write_scan(tmp_path / "sub-demonstration_ses-M120_space-MNI152NLin2009cAsym_desc-second_T1w.nii.gz")
    drop(opened, long)
    qtbot.waitUntil(lambda: "overlay-1" in opened.session.link.overlays, timeout=PATIENCE)
    opened.layers.choose("overlay-1")
    area = opened.left._area
    qtbot.waitUntil(lambda: area.widget().width() <= area.viewport().width(), timeout=PATIENCE)
    whose = opened.left.window_panel.whose
    assert whose.text() == whose.toolTip() == long.name.split(".")[0]


def test_an_overlay_comes_over_an_edit(qtbot: QtBot, opened: Window, labels: Path) -> None:
    opened.session.set_edit(Edit().moved("age", 10.0))
    qtbot.waitUntil(lambda: opened.edit_pictures.up_to_date, timeout=PATIENCE)
    drop(opened, labels)
    qtbot.waitUntil(lambda: "overlay-1" in opened.session.link.overlays, timeout=PATIENCE)
    opened.session.undo_stack.undo()
    opened.session.undo_stack.redo()
    assert keys(opened) == ["overlay-1", "change", "synthetic", COPY, SCAN]


def test_what_the_read_out_has_no_room_for_goes_in_steps(qtbot: QtBot, opened: Window, labels: Path) -> None:
    opened.session.set_edit(Edit().moved("age", 10.0))
    drop(opened, labels.rename(labels.with_name("sub-demonstration_parcellation.nii.gz")))
    qtbot.waitUntil(lambda: "overlay-1" in opened.session.link.overlays, timeout=PATIENCE)
    qtbot.waitUntil(lambda: opened.edit_pictures.up_to_date, timeout=PATIENCE)
    line = opened.readout._text

    def words(width: int) -> list[str]:
        line.resize(width, line.height())
        return [run.text for run in line.fitting()]

    seen = [words(width) for width in range(1200, 60, -4)]
    steps = [one for at, one in enumerate(seen) if at == 0 or one != seen[at - 1]]
    whole, name = steps[0], "sub-demonstration_parcellation"
    assert {"voxel", "scan", "copy", "synthetic", name} <= set(whole)
    assert "voxel" not in steps[1] and {"scan", name, "change"} <= set(steps[1])
    cut = [next(text for text in one if "…" in text) for one in steps[2:] if any("…" in text for text in one)]
    assert [len(text) for text in cut] == sorted((len(text) for text in cut), reverse=True) and len(cut) > 1
    assert {"scan", "copy", "synthetic"} <= set(steps[-2]) and name[:3] not in "".join(steps[-2])
    assert not {"scan", "copy", "synthetic"} & set(steps[-1])
    assert name in line.toolTip() and "voxel" in line.toolTip()


def test_places_are_read_as_people_write_them() -> None:
    assert place_from("9 -20 20.5") == (9.0, -20.0, 20.5)
    assert place_from("R 9.0  P 20.0  S 20.0") == (9.0, -20.0, 20.0)
    assert place_from("I 4, L 3, A 2") == (-3.0, 2.0, -4.0)
    assert place_from("−3; 2; 1 mm") == (-3.0, 2.0, 1.0)
    assert place_from("1 2") is None
    assert place_from("R 1 L 2 A 3") is None
    assert place_from("here") is None


def test_layouts_and_lightbox_stand_and_go(qtbot: QtBot, opened: Window) -> None:
    opened.resize(1600, 1000)
    column, link = opened.explore.scan_column, opened.session.link
    axial, coronal = column.panes[Plane.AXIAL], column.panes[Plane.CORONAL]
    qtbot.keyClick(opened, Qt.Key.Key_L)
    assert link.state.layout == "grid"
    assert axial.geometry().height() == pytest.approx(coronal.geometry().height(), abs=1)
    assert axial.geometry().top() == coronal.geometry().top()
    qtbot.keyClick(opened, Qt.Key.Key_L)
    assert axial.geometry().top() == coronal.geometry().top() == column.view_3d.geometry().top()
    qtbot.keyClick(opened, Qt.Key.Key_L, SHIFT)
    tiles = column._tiles
    assert len(tiles) == 12
    assert axial.isHidden() and not tiles[0].isHidden()
    places = [tile._slice_position() for tile in tiles]
    assert places == sorted(places)
    assert places == [tile._slice_position() for tile in opened.explore.edit_column._tiles], "columns side by side"
    assert all(tile.accessibleName().startswith("Axial, scan") for tile in tiles)
    qtbot.mouseClick(tiles[3], LEFT, pos=tiles[3].rect().center())
    assert link.state.crosshair[2] == pytest.approx(tiles[3]._at)
    qtbot.keyClick(opened, Qt.Key.Key_L, SHIFT)
    assert not axial.isHidden()
    assert not column._tiles


def test_a_double_click_fills_the_window_and_another_brings_all_back(qtbot: QtBot, opened: Window) -> None:
    page = opened.explore
    pane = page.edit_column.panes[Plane.CORONAL]
    qtbot.mouseDClick(pane, LEFT, pos=QPoint(50, 50))
    assert page.scan_column.isHidden()
    QApplication.processEvents()
    assert pane.width() == pytest.approx(page.width(), abs=20)
    qtbot.mouseDClick(pane, LEFT, pos=QPoint(50, 50))
    assert not page.scan_column.isHidden()
    assert not page.edit_column.panes[Plane.AXIAL].isHidden()


def test_the_key_for_one_plane_ends_a_pane_that_fills_the_window(qtbot: QtBot, opened: Window) -> None:
    page = opened.explore
    pane = page.scan_column.panes[Plane.CORONAL]
    qtbot.mouseDClick(pane, LEFT, pos=QPoint(50, 50))
    qtbot.keyClick(pane, Qt.Key.Key_Backslash)
    assert not page.edit_column.isHidden()
    assert not any(pane.isHidden() for column in page.columns for pane in column.panes.values())


def test_sides_are_cut_away_by_switch_and_by_key(qtbot: QtBot, opened: Window) -> None:
    opened.resize(1600, 1000)
    view, link = opened.explore.scan_column.view_3d, opened.session.link
    qtbot.mouseClick(view, LEFT, pos=view.switches()["C"][0].center())
    assert not link.state.clip.corner
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_X)
    qtbot.keyClick(view, Qt.Key.Key_Y)
    qtbot.keyClick(view, Qt.Key.Key_Y)
    assert link.state.clip.sides == (-1, 0, 1)
    assert link.state.crosshair_shown, "X is the view's own key here"
    qtbot.keyClick(view, Qt.Key.Key_V)
    assert link.state.solid == "volume"
    assert "volume, side LS clipped" in view.accessibleName()


def test_a_key_is_changed_and_a_taken_one_refused_by_name(qtbot: QtBot, opened: Window) -> None:
    opened.doors.edit_keys()
    dialog = opened.findChild(EditKeysDialog)
    dialog.choose("fit")
    dialog.field.setFocus()
    qtbot.keyClick(dialog.field, Qt.Key.Key_X)
    assert dialog.sentence.text() == ("X is taken by “Crosshair on and off”: choose another, or change that one first.")
    assert opened.settings.keys == ()
    for key, held, taken in (
        (Qt.Key.Key_Space, NONE, "Space is taken by “Show the scan”: choose another."),
        (Qt.Key.Key_H, NONE, "H is taken by “A slider: hold it still”: choose another."),
        (Qt.Key.Key_Up, ALT, "Alt+↑ is taken by “Layers: order, remove”: choose another."),
    ):
        qtbot.keyClick(dialog.field, key, held)
        assert (dialog.sentence.text(), opened.settings.keys) == (taken, ())
    qtbot.keyClick(dialog.field, Qt.Key.Key_F8)
    assert opened.settings.keys == (("window: fit", "F8"),)
    dialog.accept()
    link = opened.session.link
    link.set(link.state.zoomed(2.0))
    qtbot.keyClick(opened, Qt.Key.Key_R)
    assert link.state.zoom == 2.0
    qtbot.keyClick(opened, Qt.Key.Key_F8)
    assert link.state.zoom == 1.0
    assert dict(bindings.sheet(bindings.current()))["Fit the pictures"] == "F8"
    bindings.use("Default")


def test_names_of_labels_are_found_beside_the_map_or_at_the_top_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "sub-1" / "anat"
    folder.mkdir(parents=True)
    path = folder / "sub-1_dseg.nii.gz"
    assert label_names(path) == {}
    (tmp_path / "labels.tsv").write_text("index\tname\tgroup\n47\tRight Hippocampus\tx\n")
    assert label_names(path) == {47: "Right Hippocampus"}
    (folder / "sub-1_dseg.txt").write_text("# no head\n17 Left-Hippocampus 220 216 20 0\n")
    assert label_names(path) == {17: "Left-Hippocampus"}

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.stage.pane_marks import PictureState
from app.stage.slice_pane import SlicePane
from app.stage.slicing import Plane
from app.stage.view_link import ViewLink
from app.stage.view_state import ViewState
from app.theme import style
from app.theme.kinds import Kind
from engine.volume import Volume

MINT = "#5cd6be"


@pytest.fixture
def link() -> ViewLink:
    return ViewLink(ViewState(crosshair=(6.0, -8.0, 4.0)))


@pytest.fixture
def axial(qtbot, link, blob) -> SlicePane:
    return shown(qtbot, SlicePane(Plane.AXIAL, link), blob)


def shown(qtbot, pane: SlicePane, volume: Volume, kind: Kind = Kind.SCAN) -> SlicePane:
    qtbot.addWidget(pane)
    pane.resize(310, 370)
    pane.show_volume(volume, kind, "model 2.0 mm")
    pane.show()
    qtbot.waitExposed(pane)
    return pane


def pixel_of(pane: SlicePane, point) -> QPoint:
    x, y = pane.pane_map().pixel(point)
    return QPoint(round(x), round(y))


def grey_at(pane: SlicePane, point) -> int:
    return pane.grab().toImage().pixelColor(pixel_of(pane, point)).red()


def wheel(pane: SlicePane, turned: int, keys=Qt.KeyboardModifier.NoModifier) -> None:
    middle = QPointF(pane.rect().center())
    event = QWheelEvent(
        middle,
        pane.mapToGlobal(middle),
        QPoint(),
        QPoint(0, turned),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("convention", ["radiological", "neurological"])
def test_a_bright_voxel_is_painted_where_the_world_says(qtbot, link, blob, plane, convention):
    data = blob.data * 0.2
    data[8, 29, 20] = 1.0  # world (-14, 22, 14): left, front, above
    pane = shown(qtbot, SlicePane(plane, link), Volume(data, blob.affine))
    link.change(crosshair=(-14.0, 22.0, 14.0), convention=convention, crosshair_shown=False, smooth=False)
    picture = pane.grab().toImage()
    at = pixel_of(pane, (-14.0, 22.0, 14.0))
    assert picture.pixelColor(at).red() == 255
    bright = [
        (x, y)
        for x in range(30, picture.width() - 30)
        for y in range(40, picture.height() - 40)
        if picture.pixelColor(x, y).red() > 250
    ]
    middle = np.mean(bright, axis=0)
    assert middle == pytest.approx((at.x(), at.y()), abs=1.5)
    mirrored = convention == "radiological" and plane is not Plane.SAGITTAL
    assert (at.x() > pane.width() / 2) == mirrored
    assert at.y() < pane.height() / 2


def test_click_sets_the_crosshair_to_the_voxel_under_the_mouse(qtbot, axial, link):
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=pixel_of(axial, (-10.3, 12.4, 4.0)))
    assert link.state.crosshair == pytest.approx((-10.0, 12.0, 4.0))


def test_panes_of_one_link_move_together(qtbot, axial, link, blob):
    sagittal = shown(qtbot, SlicePane(Plane.SAGITTAL, link), blob)
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=pixel_of(axial, (14.0, 0.0, 4.0)))
    assert "R 14.0" in sagittal.accessibleName()


def test_crosshair_is_drawn_at_its_point_with_a_gap_and_clear_of_the_letters(axial, link):
    picture = axial.grab().toImage()
    at = pixel_of(axial, link.state.crosshair)
    assert picture.pixelColor(at.x(), at.y() - 40).name() == MINT
    assert picture.pixelColor(at.x() + 40, at.y()).name() == MINT
    assert picture.pixelColor(at).name() != MINT
    assert all(picture.pixelColor(at.x(), y).name() != MINT for y in range(24))


def test_wheel_steps_through_the_slices_and_collects_small_turns(axial, link):
    wheel(axial, 120)
    assert link.state.crosshair[2] == pytest.approx(6.0)
    wheel(axial, -40)
    assert link.state.crosshair[2] == pytest.approx(6.0)
    wheel(axial, -80)
    assert link.state.crosshair[2] == pytest.approx(4.0)


def test_slices_stop_at_the_end_of_the_volume(axial, link):
    axial.step_slice(1000)
    assert link.state.crosshair[2] == pytest.approx(26.0)


def test_ctrl_wheel_and_right_drag_zoom(qtbot, axial, link):
    wheel(axial, 120, Qt.KeyboardModifier.ControlModifier)
    assert link.state.zoom == pytest.approx(1.1)
    qtbot.mousePress(axial, Qt.MouseButton.RightButton, pos=QPoint(100, 200))
    qtbot.mouseMove(axial, QPoint(100, 80))
    qtbot.mouseRelease(axial, Qt.MouseButton.RightButton, pos=QPoint(100, 80))
    assert link.state.zoom == pytest.approx(2.2)


@pytest.mark.parametrize(
    ("button", "keys"),
    [
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier),
    ],
)
def test_panning_takes_the_picture_along_with_the_mouse(qtbot, axial, button, keys):
    before = pixel_of(axial, (0.0, 0.0, 4.0))
    qtbot.mousePress(axial, button, keys, QPoint(100, 100))
    qtbot.mouseMove(axial, QPoint(120, 90))
    qtbot.mouseRelease(axial, button, keys, QPoint(120, 90))
    after = pixel_of(axial, (0.0, 0.0, 4.0))
    assert (after - before) == QPoint(20, -10)


def test_window_drag_changes_contrast_and_tells_its_end_once(qtbot, axial, link):
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    with qtbot.waitSignal(link.window_dragged):
        qtbot.mousePress(axial, Qt.MouseButton.LeftButton, keys, QPoint(100, 200))
        qtbot.mouseMove(axial, QPoint(100, 110))
        qtbot.mouseRelease(axial, Qt.MouseButton.LeftButton, keys, QPoint(100, 110))
    low, high = link.state.window
    assert high - low < 1.0
    assert (low + high) / 2 == pytest.approx(0.5)


def test_keys_move_along_the_screen_whatever_the_convention(qtbot, axial, link):
    x, y, _ = link.state.crosshair
    qtbot.keyClick(axial, Qt.Key.Key_Right)
    assert link.state.crosshair[0] == pytest.approx(x - 2)  # radiological: the screen's right is the person's left
    link.change(convention="neurological")
    qtbot.keyClick(axial, Qt.Key.Key_Right)
    assert link.state.crosshair[0] == pytest.approx(x)
    qtbot.keyClick(axial, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert link.state.crosshair[1] == pytest.approx(y + 10)
    qtbot.keyClick(axial, Qt.Key.Key_PageDown)
    assert link.state.crosshair[2] == pytest.approx(2.0)


def test_c_brings_the_crosshair_to_the_middle(qtbot, axial, link):
    qtbot.keyClick(axial, Qt.Key.Key_C)
    assert (pixel_of(axial, link.state.crosshair) - axial.rect().center()).manhattanLength() <= 2


def test_voxels_changed_in_place_are_drawn_as_a_new_volume(axial, blob):
    before = grey_at(axial, (-10.0, 10.0, 4.0))
    blob.data[:] = 0.1
    axial.show_volume(Volume(blob.data, blob.affine), Kind.SYNTHETIC)
    assert before == pytest.approx(178, abs=2)
    assert grey_at(axial, (-10.0, 10.0, 4.0)) == pytest.approx(26, abs=2)


def test_out_of_date_picture_is_dimmed_and_says_so(axial):
    axial.set_state(PictureState("out of date"))
    assert grey_at(axial, (-10.0, 10.0, 4.0)) == pytest.approx(178 * 0.42, abs=3)
    assert PictureState("preview", 6).words == "preview, 6 steps"


def test_preview_fades_into_the_final_picture_unless_motion_is_reduced(qapp, axial, blob):
    def arrive() -> int:
        axial.show_volume(blob, Kind.SYNTHETIC)
        axial.grab()
        axial.set_state(PictureState("preview", 6))
        axial.show_volume(Volume(blob.data * 0, blob.affine), Kind.SYNTHETIC)
        axial.set_state(PictureState("final", 20))
        return grey_at(axial, (-10.0, 10.0, 4.0))

    assert arrive() > 60
    axial.set_state(PictureState("preview", 6))
    style.apply(qapp, "dark", reduced_motion=True)
    assert arrive() == 0


def test_refining_bar_is_as_long_as_the_work_done(axial):
    axial.set_state(PictureState("refining", 6, 0.5))
    picture = axial.grab().toImage()
    foot = [picture.pixelColor(x, picture.height() - 1).name() == MINT for x in range(picture.width())]
    assert sum(foot) == pytest.approx(picture.width() / 2, abs=1)


def test_overlay_colours_change_over_a_dimmed_picture_and_leaves_the_rest_grey(axial, link, blob):
    change = np.zeros_like(blob.data)
    change[:15] = -60 / 255  # the person's left half becomes darker
    axial.set_overlay(Volume(change, blob.affine))
    link.change(overlay=replace(link.state.overlay, shown=True, strength=1.0), crosshair_shown=False)
    picture = axial.grab().toImage()
    darker = picture.pixelColor(pixel_of(axial, (-14.0, 8.0, 4.0)))
    assert (darker.red(), darker.green(), darker.blue()) == pytest.approx((0xC4, 0xE9, 0xFF), abs=2)
    plain = picture.pixelColor(pixel_of(axial, (14.0, 8.0, 4.0)))
    assert plain.red() == plain.blue() == pytest.approx(178 * 0.62, abs=2)


def test_wipe_shows_the_first_volume_left_and_the_second_right_of_the_divider(axial, link, blob):
    link.change(crosshair_shown=False)
    axial.set_second(Volume(blob.data * 0.5, blob.affine), Kind.SYNTHETIC)
    axial.set_wipe(0.5)
    assert grey_at(axial, (14.0, 8.0, 4.0)) == pytest.approx(178, abs=2)
    assert grey_at(axial, (-14.0, 8.0, 4.0)) == pytest.approx(89, abs=2)


def test_name_for_screen_readers_says_plane_kind_place_and_convention(axial, blob):
    axial.show_volume(blob, Kind.SYNTHETIC, spoken="71.5 years")
    assert axial.accessibleName() == "Axial, synthetic, 71.5 years, S 4.0, radiological"


def test_double_click_asks_to_fill_the_window(qtbot, axial):
    with qtbot.waitSignal(axial.double_clicked):
        qtbot.mouseDClick(axial, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))


def test_empty_pane_ignores_the_mouse(qtbot, link):
    pane = SlicePane(Plane.AXIAL, link)
    qtbot.addWidget(pane)
    pane.show()
    before = link.state
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    qtbot.keyClick(pane, Qt.Key.Key_Right)
    assert link.state == before


def test_the_crosshair_moves_within_its_slice_without_pictures_made_anew(axial, link):
    axial.grab()
    before = axial._composed
    link.change(crosshair=(10.0, 0.0, 4.0))
    picture = axial.grab().toImage()
    assert axial._composed is before
    assert picture.pixelColor(pixel_of(axial, (10.0, 0.0, 4.0)) + QPoint(0, 30)).name() == MINT
    link.change(crosshair=(10.0, 0.0, 6.0))
    axial.grab()
    assert axial._composed is not before


def test_a_fault_while_painting_is_told_and_the_next_painting_goes_on(qtbot, blob, monkeypatch):
    pane = SlicePane(Plane.AXIAL, ViewLink())
    qtbot.addWidget(pane)
    pane.resize(200, 200)
    pane.show_volume(blob, Kind.SCAN)
    with qtbot.waitExposed(pane):
        pane.show()
    whole = pane.grab().toImage()
    with monkeypatch.context() as broken:
        broken.setattr(pane, "_paint_composed", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError) as told:
            pane.grab()
    assert told.traceback, "which holds the frame with the painter still"
    assert pane.grab().toImage() == whole

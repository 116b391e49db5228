"""The presets of mouse and keys on one pane and in the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app import bindings
from app.bindings import PRESETS, TABLE, Preset, Where, bindings_of, sheet, spoken
from app.stage.camera import CameraLink
from app.stage.slice_pane import _KEYS, DRAGS, SlicePane
from app.stage.slicing import Plane
from app.stage.view_link import ViewLink
from app.stage.view_state import ViewState
from app.stage.volume_view import VolumeView
from app.theme.kinds import Kind

NONE = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton


@pytest.fixture(autouse=True)
def _default_again() -> Iterator[None]:
    yield
    bindings.use("Default")


@pytest.fixture
def link() -> ViewLink:
    return ViewLink(ViewState(crosshair=(6.0, -8.0, 4.0)))


@pytest.fixture
def pane(qtbot, link, blob) -> SlicePane:
    made = SlicePane(Plane.AXIAL, link)
    qtbot.addWidget(made)
    made.resize(310, 370)
    made.show_volume(blob, Kind.SCAN)
    made.show()
    return made


UPWARDS = QPoint(0, -60)


def drag(qtbot, pane, button, keys=NONE, by=UPWARDS) -> None:
    start = QPoint(100, 200)
    qtbot.mousePress(pane, button, keys, start)
    qtbot.mouseMove(pane, start + by)
    qtbot.mouseRelease(pane, button, keys, start + by)


def wheel(pane, keys=NONE, turned=120) -> None:
    middle = QPointF(pane.rect().center())
    nothing = Qt.MouseButton.NoButton
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(middle, pane.mapToGlobal(middle), QPoint(), QPoint(0, turned), nothing, keys, phase, False)
    QApplication.sendEvent(pane, event)


def hover(pane, where: QPointF, keys=NONE) -> None:
    nothing = Qt.MouseButton.NoButton
    event = QMouseEvent(QMouseEvent.Type.MouseMove, where, pane.mapToGlobal(where), nothing, nothing, keys)
    QApplication.sendEvent(pane, event)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_gesture_means_two_things(preset: Preset) -> None:
    seen = [
        (row.where == "3D", gesture)
        for row in TABLE
        for gesture, action in bindings_of(preset).places[row.where].items()
        if action == row.action and gesture in (row.cell(preset) or row.default).split()
    ]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_action_on_a_pane_is_known_to_it(preset: Preset) -> None:
    known = DRAGS | set(_KEYS) | {"wheel through", "wheel zoom", "wheel points", "pinch zoom", "fill", "reset window"}
    assert set(bindings_of(preset).places["slice"].values()) <= known


def test_the_sheet_names_the_habits_in_use() -> None:
    assert dict(sheet(bindings_of("Default")))["Zoom"] == "Ctrl+wheel · right-drag"
    assert dict(sheet(bindings_of("ITK-SNAP")))["Open"] == "Ctrl+G"
    slicer = dict(sheet(bindings_of("Slicer")))
    assert slicer["Set the crosshair"] == "Shift+move"
    assert slicer["Window by drag"] == "left-drag in window mode"
    assert "Crosshair in its plane" not in slicer, "the arrows step through the slices there"
    assert spoken("+") == "+" and spoken("Ctrl++") == "Ctrl++"
    assert get_args(Preset) == PRESETS


@pytest.mark.parametrize("where", ["slice", "3D"])
def test_the_middle_button_pans_whatever_else_does(where: Where) -> None:
    assert bindings_of("Default", {f"{where}: pan": "Alt+RightDrag"}).action(where, "MiddleDrag") == "pan"
    assert bindings_of("Default", {f"{where}: pan": ""}).action(where, "MiddleDrag") == "pan"
    assert bindings_of("Default", {f"{where}: zoom": "MiddleDrag"}).action(where, "MiddleDrag") == "zoom"
    pan, zoom = (next(row for row in TABLE if row.name == f"{where}: {action}") for action in ("pan", "zoom"))
    assert bindings_of("Default").owner(zoom, "MiddleDrag") == pan.words
    changed = bindings_of("Default", {pan.name: "Alt+RightDrag"})
    assert changed.owner(zoom, "MiddleDrag") is None, "it can be given away"


def test_the_sheet_names_the_fixed_keys_too() -> None:
    lines = dict(sheet(bindings_of("Default")))
    assert lines["3D: look from a side"] == "L · R · A · P · S · I"
    assert lines["Layers: order, remove"] == "Alt+↑ · Alt+↓ · Del"


def test_fsleyes_scrolls_slices_with_shift_only_and_draws_a_zoom_box(qtbot, pane, link) -> None:
    bindings.use("FSLeyes")
    wheel(pane)
    assert link.state.crosshair[2] == 4.0
    wheel(pane, SHIFT)
    assert link.state.crosshair[2] == 6.0
    qtbot.keyClick(pane, Qt.Key.Key_Plus, SHIFT)
    qtbot.keyClick(pane, Qt.Key.Key_Equal)
    qtbot.keyClick(pane, Qt.Key.Key_Minus)
    assert link.state.crosshair[2] == 8.0
    corner = pane.pane_map().world(100.0, 200.0, 0.0)
    drag(qtbot, pane, RIGHT, by=QPoint(62, 74))
    assert link.state.zoom == pytest.approx(5.0)
    at = pane.pane_map().pixel(corner)
    assert at == pytest.approx((0.0, 0.0), abs=3), "the box's corner is the pane's now"
    qtbot.keyClick(pane, Qt.Key.Key_P, ALT)
    assert link.state.crosshair == pytest.approx((0.0, 0.0, 0.0), abs=1.0)


def test_alt_and_arrows_look_further_in_fsleyes_alone(qtbot, pane, link) -> None:
    qtbot.keyClick(pane, Qt.Key.Key_Up, ALT)
    assert link.state.pan == (0.0, 0.0, 0.0)
    bindings.use("FSLeyes")
    qtbot.keyClick(pane, Qt.Key.Key_Up, ALT)
    qtbot.keyClick(pane, Qt.Key.Key_Right, ALT)
    x, y, _ = link.state.pan
    assert y > 0 and x < 0, "up is towards the front, right on the screen is the person's left"


def test_itk_snap_zooms_with_ctrl_drag_and_ctrl_arrows_and_scrolls_time_with_shift(qtbot, pane, link) -> None:
    bindings.use("ITK-SNAP")
    drag(qtbot, pane, LEFT, CTRL)
    assert link.state.zoom > 1.2
    before = link.state.zoom
    qtbot.keyClick(pane, Qt.Key.Key_Up, CTRL)
    assert link.state.zoom == pytest.approx(before * 1.1)
    with qtbot.waitSignal(link.points_asked) as asked:
        wheel(pane, SHIFT, turned=-120)
    assert asked.args == [-1]
    assert link.state.crosshair[2] == 4.0


def test_slicer_sets_the_crosshair_with_shift_alone_and_pans_with_shift_and_drag(qtbot, pane, link) -> None:
    bindings.use("Slicer")
    before = link.state.crosshair
    drag(qtbot, pane, LEFT)
    hover(pane, QPointF(150, 150))
    assert link.state.crosshair == before
    hover(pane, QPointF(150, 150), SHIFT)
    assert link.state.crosshair != before
    drag(qtbot, pane, LEFT, SHIFT)
    assert link.state.pan[1] < 0
    z = link.state.crosshair[2]
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_F, Qt.Key.Key_B):
        qtbot.keyClick(pane, key)
    assert link.state.crosshair[2] == z + 4.0
    with qtbot.waitSignal(link.window_reset_asked):
        qtbot.mouseDClick(pane, LEFT, CTRL, QPoint(50, 50))


def test_window_mode_drags_the_window_until_escape_takes_the_drag_back(qtbot, pane, link) -> None:
    crosshair, window = link.state.crosshair, link.state.window
    link.set_mode("window")
    drag(qtbot, pane, LEFT)
    assert link.state.window != window
    assert link.state.crosshair == crosshair
    kept = link.state.window
    qtbot.mousePress(pane, LEFT, NONE, QPoint(100, 200))
    qtbot.mouseMove(pane, QPoint(160, 120))
    assert link.state.window != kept
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    assert link.state.window == kept
    assert link.mode == ""
    qtbot.mouseRelease(pane, LEFT, NONE, QPoint(160, 120))
    drag(qtbot, pane, LEFT)
    assert link.state.crosshair != crosshair


def test_the_3d_view_follows_the_habits_too(qtbot, link, blob) -> None:
    view = VolumeView(link, CameraLink())
    qtbot.addWidget(view)
    view.resize(200, 200)
    view.show_volume(blob, Kind.SCAN)
    camera = view.camera
    drag(qtbot, view, LEFT, SHIFT, QPoint(20, 10))
    assert camera.camera.shift == (0.0, 0.0)
    bindings.use("ITK-SNAP")
    drag(qtbot, view, LEFT, SHIFT, QPoint(20, 10))
    assert camera.camera.shift[0] == pytest.approx(0.1)
    bindings.use("FSLeyes")
    wheel(view)
    assert camera.camera.zoom == 1.0
    wheel(view, CTRL)
    assert camera.camera.zoom > 1.0
    drag(qtbot, view, MIDDLE)
    assert camera.camera.shift[1] != 0.0

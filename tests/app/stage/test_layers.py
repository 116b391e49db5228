"""Layers over and under a pane's own volume land where the world says, in their order, windows and colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.stage.gestures import Ages
from app.stage.overlay_volume import OverlayVolume, label_values, overlay_of, straightened
from app.stage.slice_pane import SlicePane
from app.stage.slicing import Plane
from app.stage.view_link import ViewLink
from app.stage.view_state import SCAN, SYNTHETIC, Layer, ViewState
from app.theme.kinds import Kind
from engine.volume import Volume, voxel_from_world

PLACE = (-14.0, 22.0, 14.0)
OFFSET = (6.0, 4.0, -6.0)


def turned(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


GRIDS = {
    "finer": (np.eye(3), (1.0, 1.0, 1.0)),
    "coarse and flipped": (np.diag([-1.0, 1.0, -1.0]), (3.0, 2.5, 4.0)),
    "other axis order": (np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), (1.5, 1.5, 1.5)),
    "oblique": (turned(25.0), (1.0, 1.0, 1.0)),
}


def marked(name: str, value: float = 1.0) -> Volume:
    """A box around the origin on another grid, a 5 mm ball of ``value`` at PLACE."""
    directions, edges = GRIDS[name]
    shape = tuple(round(100 / edge) + n for n, edge in enumerate(edges))
    affine = np.eye(4)
    affine[:3, :3] = directions * edges
    affine[:3, 3] = np.array(OFFSET) - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), -1)
    world = index @ affine[:3, :3].T + affine[:3, 3]
    ball = np.linalg.norm(world - PLACE, axis=-1) < 5.0
    return Volume((ball * value).astype(np.float32), affine)


@pytest.fixture
def link() -> ViewLink:
    view = ViewState(crosshair=PLACE, crosshair_shown=False)
    return ViewLink(replace(view, layers=(Layer("extra", window=(0.0, 1.0)), *view.layers)))


def pane(qtbot, link, volume, plane=Plane.AXIAL, kind=Kind.SCAN) -> SlicePane:
    made = SlicePane(plane, link)
    qtbot.addWidget(made)
    made.resize(310, 370)
    made.show_volume(volume, kind)
    made.show()
    return made


def colour_at(shown: SlicePane, point) -> tuple[int, int, int]:
    x, y = shown.pane_map().pixel(point)
    ink = shown.grab().toImage().pixelColor(QPoint(round(x), round(y)))
    return ink.red(), ink.green(), ink.blue()


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("grid", GRIDS)
def test_an_overlay_on_another_grid_is_painted_where_the_world_says(qtbot, link, blob, grid, plane):
    link.overlays["extra"] = overlay_of(marked(grid))
    assert link.overlays["extra"].labels is not None
    shown = pane(qtbot, link, Volume(blob.data * 0.0, blob.affine), plane)
    picture = shown.grab().toImage()
    lit = [
        (x, y)
        for x in range(30, picture.width() - 30)
        for y in range(40, picture.height() - 40)
        if picture.pixelColor(x, y).red() > 200 and picture.pixelColor(x, y).blue() < 60
    ]
    place = shown.pane_map()
    assert np.mean(lit, axis=0) == pytest.approx(place.pixel(PLACE), abs=1.2 * place.scale)
    ball = np.pi * 25 * place.scale**2
    assert len(lit) == pytest.approx(ball, rel=0.25)


def test_a_label_map_is_drawn_in_hard_edged_colours_and_read_by_name(qtbot, link, blob):
    data = np.zeros_like(blob.data)
    data[6:12, 26:32, 17:23] = 23
    data[12:18, 26:32, 17:23] = 47
    link.overlays["extra"] = overlay_of(Volume(data, blob.affine), {47: "Right hippocampus"})
    shown = pane(qtbot, link, blob)
    assert colour_at(shown, PLACE) == (0xE6, 0x9F, 0x00)
    assert colour_at(shown, (-2.0, 22.0, 14.0)) == (0x56, 0xB4, 0xE9)
    overlay = link.overlays["extra"]
    assert overlay.words_at((-2.0, 22.0, 14.0)) == "47 Right hippocampus"
    assert overlay.words_at(PLACE) == "23"
    assert overlay.words_at((20.0, 0.0, 0.0)) == "no label"
    assert overlay.words_at((500.0, 0.0, 0.0)) is None


def test_opacity_eye_and_order_of_an_overlay(qtbot, link, blob):
    full = Volume(np.full_like(blob.data, 1.0), blob.affine)
    link.overlays["extra"] = OverlayVolume(full)
    shown = pane(qtbot, link, Volume(full.data * 0.0, blob.affine))
    assert colour_at(shown, PLACE)[0] == 255
    link.set(link.state.with_layer(replace(link.state.layer("extra"), opacity=0.5)))
    assert colour_at(shown, PLACE)[0] == pytest.approx(128, abs=2)
    link.set(link.state.with_layer(replace(link.state.layer("extra"), shown=False)))
    assert colour_at(shown, PLACE)[0] == 0
    layers = link.state.layers
    link.change(layers=(*layers[1:], replace(layers[0], shown=True, opacity=1.0)))
    assert colour_at(shown, PLACE)[0] == 0, "below the opaque scan"


def test_a_synthetic_volume_made_fainter_lets_the_scan_below_through(qtbot, link, blob):
    shown = pane(qtbot, link, Volume(blob.data * 0 + 0.2, blob.affine), kind=Kind.SYNTHETIC)
    shown.set_others({SCAN: Volume(blob.data * 0 + 0.6, blob.affine)})
    assert colour_at(shown, PLACE)[0] == pytest.approx(51, abs=1)
    link.set(link.state.with_layer(replace(link.state.layer(SYNTHETIC), opacity=0.25)))
    assert colour_at(shown, PLACE)[0] == pytest.approx(0.25 * 51 + 0.75 * 153, abs=2)


def test_a_layer_with_its_own_window_ignores_the_shared_one_and_says_so(qtbot, link, blob):
    shown = pane(qtbot, link, Volume(blob.data * 0 + 0.5, blob.affine))
    assert shown._words(link.state).own == ""
    link.set(link.state.with_layer(replace(link.state.layer(SCAN), window=(0.0, 2.0))))
    assert colour_at(shown, PLACE)[0] == pytest.approx(64, abs=1)
    link.change(window=(0.0, 0.5))
    assert colour_at(shown, PLACE)[0] == pytest.approx(64, abs=1)
    assert shown._words(link.state).own == "own window"
    link.set(link.state.windowed(0.0, 0.5, SCAN))
    assert colour_at(shown, PLACE)[0] == 255
    assert link.state.layer(SCAN).window == (0.0, 0.5)


def test_nearest_is_a_switch_of_the_layer(qtbot, link, blob):
    rng = np.random.default_rng(3)
    shown = pane(qtbot, link, Volume(rng.random(blob.data.shape, np.float32), blob.affine))
    smooth = shown.grab().toImage()
    link.set(link.state.with_layer(replace(link.state.layer(SCAN), nearest=True)))
    squares = shown.grab().toImage()
    place = shown.pane_map()
    x, y = (round(value) for value in place.pixel(PLACE))
    step = round(place.scale * 2 / 3) - 1
    assert squares.pixel(x, y) == squares.pixel(x + step, y) == squares.pixel(x, y - step)
    assert len({smooth.pixel(x + s, y) for s in (-step, 0, step)}) > 1


def test_a_volume_is_told_from_a_label_map():
    rng = np.random.default_rng(5)
    assert label_values(rng.random((20, 20, 20)).astype(np.float32)) is None
    assert label_values(np.rint(rng.random((30, 30, 30)) * 200).astype(np.float32)) is None, "whole, but no patches"
    mask = np.zeros((20, 20, 20), np.float32)
    mask[5:12] = 1
    assert list(label_values(mask)) == [1.0]


def test_an_oblique_grid_is_straightened_without_losing_its_place():
    volume = marked("oblique")
    straight = straightened(volume)
    assert straight.grid.affine[0, 1] == 0.0
    ball = np.argwhere(straight.data > 0.5)
    assert ball.mean(axis=0) == pytest.approx(voxel_from_world(straight.affine, np.array(PLACE)), abs=0.2)
    assert straight.data.sum() == pytest.approx(volume.data.sum(), rel=0.02)
    assert straightened(straight) is straight


def test_a_line_is_measured_in_millimetres_by_mouse_and_by_key(qtbot, link, blob):
    shown = pane(qtbot, link, blob)
    link.set_mode("ruler")
    place = shown.pane_map()
    start, end = (QPoint(*(round(value) for value in place.pixel(point))) for point in ((-14, 0, 14), (16, 0, 14)))
    qtbot.mousePress(shown, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(shown, end)
    with qtbot.waitSignal(link.ruler_drawn):
        qtbot.mouseRelease(shown, Qt.MouseButton.LeftButton, pos=end)
    assert link.state.crosshair == PLACE, "the crosshair stays while measuring"
    assert link.state.rulers[0].length == pytest.approx(30.0, abs=0.5)
    link.set_mode("")
    shown.measure()
    link.change(crosshair=(PLACE[0], PLACE[1] - 16.0, PLACE[2]))
    shown.measure()
    assert link.state.rulers[1].length == pytest.approx(16.0)


def test_events_that_waited_long_are_old_whatever_their_clock_counts_from():
    ages = Ages()
    assert ages.age(5_000, 905_000) == 0.0
    assert ages.age(5_100, 905_120) == pytest.approx(20.0)
    assert ages.age(5_200, 905_450) == pytest.approx(250.0)
    assert ages.age(0, 906_000) == 0.0, "no time stamp"
    assert ages.age(10, 9_906_500) == 0.0, "the other clock began again"

import sys
from time import monotonic

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage

from app.stage.camera import STANDARD, Camera, CameraLink
from app.stage.view_link import ViewLink
from app.stage.view_state import Clip, ViewState
from app.stage.volume_view import SLICES_FIRST_MS, VolumeView
from app.theme.kinds import Kind
from engine.volume import Volume


def test_turning_keeps_the_camera_upright_and_rigid():
    camera = Camera()
    for step in range(50):
        camera = camera.turned(0.13, 0.07 * (-1) ** step)
    direction, up = np.array(camera.direction), np.array(camera.up)
    assert np.linalg.norm(direction) == pytest.approx(1.0)
    assert np.linalg.norm(up) == pytest.approx(1.0)
    assert direction @ up == pytest.approx(0.0, abs=1e-9)


def test_dragging_to_the_right_brings_the_left_side_of_the_volume_into_view():
    # From the front the person's right is on the left of the picture; it comes to the fore.
    turned = STANDARD["A"].turned(0.5, 0.0)
    assert turned.direction == pytest.approx((1.0, 0.0, 0.0), abs=1e-9)


@pytest.fixture
def view(qtbot, blob) -> VolumeView:
    made = VolumeView(ViewLink(ViewState(crosshair=(100.0, 100.0, 100.0))), CameraLink())
    qtbot.addWidget(made)
    made.resize(240, 200)
    made.show_volume(blob, Kind.SYNTHETIC, "model 2.0 mm")
    return made


def picture(view: VolumeView) -> np.ndarray:
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def drawn(qtbot, view: VolumeView) -> np.ndarray:
    """The picture once the fine drawing has been made."""
    qtbot.waitUntil(lambda: view.is_drawn, timeout=20000)
    return picture(view)


def test_nothing_is_drawn_before_it_is_seen(view):
    assert not view.is_drawn


def test_the_volume_stands_in_the_middle_of_the_view(qtbot, view):
    view.show()
    shown = drawn(qtbot, view)[20:180, 20:180]
    ys, xs = np.nonzero(shown > 40)
    assert xs.size > 2000
    assert (xs.mean() + 20, ys.mean() + 20) == pytest.approx((120, 100), abs=12)


def test_seen_from_the_left_the_front_is_on_the_left(qtbot, blob, view):
    data = blob.data.copy()
    data[:, :18] = 0.0  # only the front half remains
    view.show_volume(Volume(data, blob.affine), Kind.SCAN)
    view.look_from("L")
    view.show()
    shown = drawn(qtbot, view)[30:170, 20:180]
    _, xs = np.nonzero(shown > 40)
    assert xs.mean() + 20 < 118


def test_views_that_share_a_camera_turn_together(qtbot, blob):
    camera = CameraLink()
    views = [VolumeView(ViewLink(), camera) for _ in range(2)]
    for made in views:
        qtbot.addWidget(made)
        made.resize(160, 120)
        made.show_volume(blob, Kind.SCAN)
        made.show()
        drawn(qtbot, made)
    before = [picture(made) for made in views]
    qtbot.mousePress(views[0], Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    qtbot.mouseMove(views[0], QPoint(100, 80))
    qtbot.mouseRelease(views[0], Qt.MouseButton.LeftButton, pos=QPoint(100, 80))
    for made, old in zip(views, before, strict=True):
        now = drawn(qtbot, made)
        assert np.abs(now.astype(int) - old).max() > 30


def test_crosshair_cuts_the_corner_away_and_shows_the_slices(qtbot, view):
    view.show()
    whole = drawn(qtbot, view)
    view.link.change(crosshair=(0.0, 0.0, 0.0))
    cut = drawn(qtbot, view)
    # The faces of the cut show the voxels' grey (0.7 of white), unlit.
    middle = cut[90:110, 110:130]
    assert np.median(middle) == pytest.approx(178, abs=4)
    assert np.abs(whole.astype(int) - cut).max() > 30


def test_cloud_is_drawn_too(qtbot, view):
    view.link.change(solid="volume")
    view.show()
    assert (drawn(qtbot, view)[40:160, 60:180] > 25).sum() > 1000


@pytest.mark.parametrize("solid", ["surface", "volume"])
def test_a_cut_shows_the_voxels_that_lie_on_it_holes_too(qtbot, solid):
    data = np.zeros((40, 40, 40), np.float32)
    data[4:36, 4:36, 4:36] = 0.6
    data[4:36, 12:28, 14:18] = 0.0
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -39.0
    half = Clip(sides=(-1, 0, 0), corner=False)
    made = VolumeView(ViewLink(ViewState(crosshair=(0.0, 0.0, 0.0), solid=solid, clip=half)), CameraLink())
    made.camera.set(STANDARD["L"])
    qtbot.addWidget(made)
    made.resize(240, 240)
    made.show_volume(Volume(data, affine), Kind.SCAN)
    made.show()
    shown = drawn(qtbot, made)
    assert shown[90, 120] == pytest.approx(255 * 0.6, abs=4), "the slice itself, not a lit cloud"
    assert shown[132:146, 90:150].max() < 20, "the hole is as dark as its voxels, not open to what lies behind it"


def test_many_changes_in_one_turn_are_one_drawing(qtbot, view):
    view.show()
    drawn(qtbot, view)
    before = view.drawings
    for step in range(20):
        view.link.change(crosshair=(float(step), 0.0, 0.0))
    drawn(qtbot, view)
    assert view.drawings - before <= 2  # a coarse and a fine one


def test_a_moving_crosshair_is_followed_after_the_slices_and_in_turns(qtbot, view):
    view.show()
    drawn(qtbot, view)
    before = view.drawings
    view.link.change(crosshair=(2.0, 0.0, 0.0))
    assert view._draw_soon.interval() >= SLICES_FIRST_MS
    VolumeView._next_turn = monotonic() + 60  # another view has drawn since
    view._draw_in_turn()
    assert view.drawings == before and view._draw_soon.isActive()
    VolumeView._next_turn = 0.0
    view._draw_in_turn()
    assert view.drawings == before + 1
    assert VolumeView._next_turn > 0.0


def test_the_same_volume_again_is_not_drawn_again(qtbot, view, blob):
    view.show()
    drawn(qtbot, view)
    before = view.drawings
    view.show_volume(blob, Kind.SYNTHETIC, "model 2.0 mm")
    drawn(qtbot, view)
    assert view.drawings == before


def test_hidden_view_is_not_drawn(qtbot, view):
    view.show()
    drawn(qtbot, view)
    view.hide()
    before = view.drawings
    view.link.change(crosshair=(4.0, 0.0, 0.0))
    qtbot.wait(0)
    assert view.drawings == before


def test_every_button_tells_what_it_does_and_software_drawing_that_it_is_slow(qtbot, view):
    view.resize(400, 300)
    view.show()
    qtbot.waitUntil(lambda: view.is_drawn, timeout=30000)
    assert view.is_slow == view._scene.is_software
    places = {key: place.center() for key, place in view.buttons().items()}
    places |= {key: place.center() for key, (place, _) in view.switches().items()}
    tips = {key: view.tip(at) for key, at in places.items()}
    assert all(tip.endswith(f"  {key}") for key, tip in tips.items())
    assert tips["V"] == "Show the volume  V"
    assert view.tip(view.rect().topLeft()) == ""
    slow, view.is_slow = view.grab().toImage(), not view.is_slow
    assert slow != view.grab().toImage(), "the words come and go"


def test_standard_view_buttons_turn_the_camera(qtbot, view):
    view.show()
    place = view.buttons()["S"]
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place.center())
    assert view.camera.camera == STANDARD["S"]


def test_vtk_is_imported_with_the_first_drawing_only():
    import subprocess

    code = (
        "import sys, app.stage.column; "
        "assert not any(name.startswith(('vtk', 'pyvista', 'torch')) for name in sys.modules), 'too early'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_click_with_shift_takes_the_crosshair_to_what_is_seen_there(qtbot, view):
    view.link.change(clip=Clip())
    view.look_from("A")
    view.show()
    drawn(qtbot, view)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, QPoint(120, 100))
    x, y, z = view.link.state.crosshair
    assert (x, z) == pytest.approx((0.0, 0.0), abs=6.0)
    assert y == pytest.approx(0.8 * 36.0, abs=3.0)  # the front of the ellipsoid
    before = view.link.state.crosshair
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, QPoint(12, 60))
    assert view.link.state.crosshair == before

import itertools

import numpy as np
import pytest

from app.stage.slicing import (
    Plane,
    axes_of,
    edge_letters,
    extract,
    is_oblique,
    pane_map,
    position_text,
    smooth,
    to_grey,
    to_signed,
)
from engine.volume import Volume, world_from_voxel

SHAPE = (7, 11, 5)


def grid_affine(order: tuple[int, int, int], flips: tuple[int, int, int]) -> np.ndarray:
    """Anisotropic affine whose array axis ``order[w]`` runs along world axis w."""
    affine = np.eye(4)
    affine[:3, :3] = 0
    for world, (voxel, flip) in enumerate(zip(order, flips, strict=True)):
        affine[world, voxel] = flip * (1.5, 2.0, 0.7)[voxel]
    affine[:3, 3] = (-12.5, 8.25, 3.0)
    return affine


def marked(affine: np.ndarray) -> Volume:
    """One bright voxel: the one farthest to the left, front and top."""
    data = np.zeros(SHAPE, np.float32)
    corners = np.array(list(itertools.product(*((0, n - 1) for n in SHAPE))))
    world = world_from_voxel(affine, corners)
    i, j, k = corners[np.argmax(world @ (-1.0, 1.0, 1.0))]
    data[i, j, k] = 1.0
    return Volume(data, affine)


AFFINES = [
    grid_affine(order, flips)
    for order in ((0, 1, 2), (1, 0, 2), (2, 0, 1))
    for flips in ((1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, 1))
]


@pytest.mark.parametrize("affine", AFFINES)
@pytest.mark.parametrize("convention", ["radiological", "neurological"])
@pytest.mark.parametrize("nose", ["left", "right"])
def test_marker_at_left_front_top_is_drawn_where_it_belongs(affine, convention, nose):
    volume = marked(affine)
    axes = axes_of(volume.grid)
    for plane in Plane:
        end = -1 if plane is Plane.SAGITTAL else 1  # the left end of x, the front of y, the top of z
        position = axes.middle[plane.through] + end * axes.extent(plane.through) / 2
        picture = extract(volume, plane, axes.index(plane.through, position), convention, nose)
        assert picture.shape == (axes.count[plane.up], axes.count[plane.across])
        row, column = np.unravel_index(np.argmax(picture), picture.shape)
        assert picture[row, column] == 1.0
        assert row == 0  # front (axial) and top (others) lie above
        shows_marker_right = nose == "right" if plane is Plane.SAGITTAL else convention == "radiological"
        assert column == (picture.shape[1] - 1 if shows_marker_right else 0)
        # The pane shows it at the same place, and the letters say so.
        shown = pane_map(volume.grid, plane, (311.0, 207.0), 1.7, (3.0, -2.0, 1.0), convention, nose)
        (index,) = np.argwhere(volume.data == 1.0)
        point = tuple(float(v) for v in world_from_voxel(affine, index))
        x, y = shown.pixel(point)
        left, top, width, height = shown.rectangle()
        assert int((x - left) / width * picture.shape[1]) == column
        assert int((y - top) / height * picture.shape[0]) == row
        letter = edge_letters(plane, convention, nose)[1 if shows_marker_right else 0]
        assert letter == ("A" if plane is Plane.SAGITTAL else "L")


def test_radiological_puts_the_right_hand_on_the_left():
    assert edge_letters(Plane.AXIAL, "radiological", "left") == ("R", "L", "A", "P")
    assert edge_letters(Plane.CORONAL, "neurological", "left") == ("L", "R", "S", "I")
    assert edge_letters(Plane.SAGITTAL, "radiological", "left") == ("A", "P", "S", "I")


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("convention", ["radiological", "neurological"])
def test_pixel_to_world_and_back_is_the_identity(plane, convention):
    volume = marked(AFFINES[5])
    shown = pane_map(volume.grid, plane, (400.0, 300.0), 2.3, (1.0, 2.0, 3.0), convention, "right")
    point = shown.world(123.0, 45.0, 6.5)
    assert shown.pixel(point) == pytest.approx((123.0, 45.0))
    assert point[plane.through] == 6.5


def test_zoom_one_fits_the_whole_grid_into_the_pane():
    volume = marked(AFFINES[0])
    x, y, width, height = pane_map(volume.grid, Plane.AXIAL, (300.0, 200.0)).rectangle()
    assert (x + width / 2, y + height / 2) == pytest.approx((150, 100))
    assert max(width / 300, height / 200) == pytest.approx(1.0)


def test_oblique_grid_keeps_its_middle_and_is_called_oblique():
    angle = np.radians(12)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine = turn @ AFFINES[1]
    middle = world_from_voxel(affine, (np.array(SHAPE) - 1) / 2)
    assert axes_of(Volume(np.zeros(SHAPE, np.float32), affine).grid).middle == pytest.approx(tuple(middle))
    assert is_oblique(affine)
    assert not is_oblique(AFFINES[1])


def test_crosshair_outside_is_brought_to_the_nearest_voxel():
    axes = axes_of(marked(AFFINES[2]).grid)
    assert axes.index(0, 1e6) in (0, axes.count[0] - 1)
    inside = axes.inside((1e6, -1e6, 0.0))
    assert all(0 <= axes.index(w, inside[w]) < axes.count[w] for w in range(3))


def test_smoothing_repeats_a_straight_ramp_exactly_and_keeps_the_pixel_centres():
    ramp = np.add.outer(2.0 * np.arange(9), 0.5 * np.arange(6)).astype(np.float32)
    large = smooth(ramp)
    assert large.shape == (27, 18)
    assert large[1::3, 1::3] == pytest.approx(ramp)
    places = (np.arange(27) + 0.5) / 3 - 0.5
    inner = slice(6, 21)  # two source pixels from the repeated edge
    assert large[inner, 7] == pytest.approx(2.0 * places[inner] + large[1, 7], abs=1e-4)


def test_window_ends_become_black_and_white():
    levels = to_grey(np.array([[-5.0, 12.0, 127.5, 243.0, 900.0]], np.float32), 12.0, 243.0)
    assert levels.tolist() == [[0, 0, 128, 255, 255]]


def test_signed_levels_are_symmetric_about_no_change():
    levels = to_signed(np.array([[-99.0, -60.0, 0.0, 60.0, 99.0]], np.float32), 60.0)
    assert levels.tolist() == [[1, 1, 128, 255, 255]]


def test_position_is_written_with_the_letter_of_its_side():
    assert position_text(Plane.AXIAL, 20.0) == "S 20.0"
    assert position_text(Plane.CORONAL, -20.04) == "P 20.0"
    assert position_text(Plane.SAGITTAL, -0.01) == "R 0.0"

"""A marker in the person's left, front, upper corner is drawn where it belongs, however the file stores the volume."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.stage import slicing
from app.stage.camera import CameraLink
from app.stage.slice_pane import SlicePane
from app.stage.slicing import Plane
from app.stage.view_link import ViewLink
from app.stage.view_state import Point, ViewState
from app.stage.volume_view import VolumeView
from app.theme.kinds import Kind
from engine.volume import Volume

RAS = np.diag([1.0, 1.0, 1.0])
PIR = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""The first array axis runs backwards, the second downwards, the third to the right, as sagittal series are stored."""
LAS = np.diag([-1.0, 1.0, 1.0])
LPI = np.diag([-1.0, -1.0, -1.0])


def turned(degrees: float, axes: tuple[int, int]) -> NDArray[np.float64]:
    angle = np.radians(degrees)
    matrix = np.eye(3)
    matrix[np.ix_(axes, axes)] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return matrix


OBLIQUE = turned(17.0, (0, 1)) @ turned(-12.0, (1, 2))
STORED = {
    "as RAS": (RAS, (2.0, 2.0, 2.0)),
    "flipped left to right": (LAS, (2.0, 2.0, 2.0)),
    "flipped in all axes": (LPI, (2.0, 2.0, 2.0)),
    "sagittal slices": (PIR, (2.0, 2.0, 2.0)),
    "thick slices": (RAS, (1.0, 1.5, 5.0)),
    "thick sagittal slices, flipped": (PIR @ LAS, (1.0, 1.5, 4.0)),
    "oblique": (OBLIQUE, (2.0, 2.0, 2.0)),
    "oblique, flipped and anisotropic": (OBLIQUE @ LAS, (1.0, 1.5, 3.0)),
    "oblique sagittal slices": (OBLIQUE @ PIR, (2.0, 2.0, 2.0)),
}


def marked(directions: NDArray[np.float64], edges: tuple[float, float, float]) -> tuple[Volume, Point]:
    """A grey box and one bright cube near its left, front, upper corner; where the crosshair meets its middle."""
    shape = tuple(round(48 / edge) + n for n, edge in enumerate(edges))
    data = np.full(shape, 0.15, np.float32)
    affine = np.eye(4)
    affine[:3, :3] = directions * edges
    middle = (np.array(shape) - 1) / 2
    affine[:3, 3] = (4.0, -7.0, 11.0) - affine[:3, :3] @ middle
    left_front_top = np.array([-1.0, 1.0, 1.0])
    # Along each array axis towards that corner: the sign of its direction's largest part decides.
    towards = [
        np.sign(column[np.argmax(np.abs(column))]) * left_front_top[np.argmax(np.abs(column))]
        for column in directions.T
    ]
    at = np.rint(middle + np.array(towards) * middle * 0.6).astype(int)
    half = [max(round(4 / edge), 1) for edge in edges]
    data[tuple(slice(i - h, i + h + 1) for i, h in zip(at, half, strict=True))] = 1.0
    volume = Volume(data, affine)
    axes = slicing.axes_of(volume.grid)
    return volume, tuple(axes.position(world, at[axes.array_axis[world]]) for world in range(3))


def grey(image: QImage) -> NDArray[np.uint8]:
    image = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def where_bright(picture: NDArray[np.uint8], level: int) -> tuple[str, str]:
    """ "left" or "right", "upper" or "lower": of the picture's middle, away from what is written at its edges."""
    inside = picture[30:-30, 30:-30]
    rows, columns = np.nonzero(inside > level)
    assert rows.size > 30, "the marker is not to be seen"
    across, down = columns.mean() - inside.shape[1] / 2, rows.mean() - inside.shape[0] / 2
    assert min(abs(across), abs(down)) > 15
    return "left" if across < 0 else "right", "upper" if down < 0 else "lower"


EXPECTED = {
    ("radiological", "left", Plane.AXIAL): ("right", "upper"),
    ("radiological", "left", Plane.CORONAL): ("right", "upper"),
    ("radiological", "left", Plane.SAGITTAL): ("left", "upper"),
    ("radiological", "right", Plane.SAGITTAL): ("right", "upper"),
    ("neurological", "left", Plane.AXIAL): ("left", "upper"),
    ("neurological", "left", Plane.CORONAL): ("left", "upper"),
    ("neurological", "left", Plane.SAGITTAL): ("left", "upper"),
    ("neurological", "right", Plane.SAGITTAL): ("right", "upper"),
}


@pytest.mark.parametrize("stored", STORED)
def test_the_slice_through_the_marker_shows_it_on_its_side(qtbot, stored) -> None:
    volume, place = marked(*STORED[stored])
    link = ViewLink(ViewState(place, crosshair_shown=False))
    panes = {}
    for plane in Plane:
        panes[plane] = SlicePane(plane, link)
        qtbot.addWidget(panes[plane])
        panes[plane].resize(300, 300)
        panes[plane].show_volume(volume, Kind.SCAN)
    drawn = {}
    for convention, nose, plane in EXPECTED:
        link.change(convention=convention, nose=nose)
        drawn[convention, nose, plane] = where_bright(grey(panes[plane].grab().toImage()), 150)
    assert drawn == EXPECTED


@pytest.mark.parametrize("stored", STORED)
def test_in_3d_the_marker_is_on_its_side_seen_from_all_six(qtbot, stored) -> None:
    """From outside no convention applies: seen from the front the person's left is on the right."""
    volume, _ = marked(*STORED[stored])
    alone = Volume(np.where(volume.data == 1.0, volume.data, 0.0).astype(np.float32), volume.affine)
    pictures = {}
    for convention in ("radiological", "neurological"):
        view = VolumeView(ViewLink(ViewState((500.0, 500.0, 500.0), convention=convention)), CameraLink())
        qtbot.addWidget(view)
        view.resize(240, 240)
        view.show_volume(alone, Kind.SCAN)
        view.show()
        for letter in "LRAPSI":
            view.look_from(letter)
            qtbot.waitUntil(lambda view=view: view.is_drawn, timeout=30000)
            pictures[convention, letter] = grey(view._picture)
        view.close()
    assert {letter: where_bright(pictures["radiological", letter], 60) for letter in "LRAPSI"} == {
        "L": ("left", "upper"),
        "R": ("right", "upper"),
        "A": ("right", "upper"),
        "P": ("left", "upper"),
        "S": ("left", "upper"),
        "I": ("right", "upper"),
    }
    for letter in "LRAPSI":
        np.testing.assert_array_equal(pictures["radiological", letter], pictures["neurological", letter])

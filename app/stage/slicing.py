"""Slices of a volume as pictures, and the way between picture and world: pure functions over arrays.

A picture's row 0 is its upper edge, column 0 its left edge, as on the screen. Across and up name the world axes that
lie along the picture; through is the one that the slices are stacked along.

    plane      across  up  through
    axial      x       y   z
    coronal    x       z   y
    sagittal   y       z   x

Radiological: the person's right lies on the left of the picture (axial and coronal). Nose left: the front lies on the
left of the sagittal picture.

Slices are taken along the array axes. An oblique grid is drawn as if its axes were turned to the nearest world axes
about the middle of the grid; resample it first (``is_oblique``) where millimetres have to be true.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.stage.view_state import Convention, Nose, Point
from engine.volume import Affine, FloatArray, Grid, Volume, spacing

X, Y, Z = 0, 1, 2
POSITIVE_LETTERS, NEGATIVE_LETTERS = "RAS", "LPI"
SMOOTHING = 3
# Above this size a slice has a voxel or less per screen pixel: finer steps would cost time and show nothing.
SMOOTHED_AT_MOST = 200


class Plane(Enum):
    """(word, across, up, through) with world axes x, y, z = 0, 1, 2."""

    AXIAL = ("Axial", X, Y, Z)
    CORONAL = ("Coronal", X, Z, Y)
    SAGITTAL = ("Sagittal", Y, Z, X)

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def across(self) -> int:
        return self.value[1]

    @property
    def up(self) -> int:
        return self.value[2]

    @property
    def through(self) -> int:
        return self.value[3]


@dataclass(frozen=True)
class Axes:
    """A grid's axes turned to the world's: for each world axis the array axis along it, its step in millimetres
    (negative where the array runs against the world), the world position of its index 0, and its length."""

    array_axis: tuple[int, int, int]
    step: tuple[float, float, float]
    start: tuple[float, float, float]
    count: tuple[int, int, int]

    @property
    def middle(self) -> Point:
        """World millimetres of the middle of the grid."""
        x, y, z = (s + d * (n - 1) / 2 for s, d, n in zip(self.start, self.step, self.count, strict=True))
        return x, y, z

    def extent(self, world_axis: int) -> float:
        """Millimetres from the outer edge of the first voxel to that of the last."""
        return abs(self.step[world_axis]) * self.count[world_axis]

    def index(self, world_axis: int, position: float) -> int:
        """The voxel that holds ``position``, kept inside the grid."""
        index = round((position - self.start[world_axis]) / self.step[world_axis])
        return min(max(index, 0), self.count[world_axis] - 1)

    def position(self, world_axis: int, index: int) -> float:
        return self.start[world_axis] + self.step[world_axis] * index

    def inside(self, point: Point) -> Point:
        """``point`` moved to the nearest voxel centre of the grid."""
        x, y, z = (self.position(axis, self.index(axis, point[axis])) for axis in (X, Y, Z))
        return x, y, z


def axes_of(grid: Grid) -> Axes:
    """The world-aligned reading of ``grid``; exact unless it is oblique."""
    return _axes_of(grid.shape, np.asarray(grid.affine, np.float64).tobytes())


@lru_cache(maxsize=256)
def _axes_of(shape: tuple[int, int, int], affine_bytes: bytes) -> Axes:
    affine = np.frombuffer(affine_bytes, np.float64).reshape(4, 4)
    edges = spacing(affine)
    directions = affine[:3, :3] / np.asarray(edges)
    array_axis, step = [0, 0, 0], [1.0, 1.0, 1.0]
    free = np.abs(directions)
    for _ in range(3):
        # The best matching pair first: with a tie at 45 degrees each array axis is still used once.
        world, voxel = np.unravel_index(int(np.argmax(free)), (3, 3))
        array_axis[world] = int(voxel)
        step[world] = float(np.copysign(edges[voxel], directions[world, voxel]))
        free[world, :] = -1.0
        free[:, voxel] = -1.0
    count = tuple(shape[voxel] for voxel in array_axis)
    middle = affine[:3, :3] @ ((np.asarray(shape) - 1) / 2) + affine[:3, 3]
    start = tuple(float(m - d * (n - 1) / 2) for m, d, n in zip(middle, step, count, strict=True))
    return Axes(
        (array_axis[0], array_axis[1], array_axis[2]),
        (step[0], step[1], step[2]),
        (start[0], start[1], start[2]),
        (count[0], count[1], count[2]),
    )


def is_oblique(affine: Affine, tolerance_degrees: float = 0.5) -> bool:
    """Whether an axis of the grid stands off every world axis by more than the tolerance."""
    nearest = np.abs(affine[:3, :3] / np.asarray(spacing(affine))).max(axis=0)
    return bool(np.degrees(np.arccos(np.clip(nearest, -1.0, 1.0))).max() > tolerance_degrees)


def screen_right(plane: Plane, convention: Convention, nose: Nose) -> int:
    """+1 where the picture's right is the positive end of the world axis across it, else -1."""
    if plane is Plane.SAGITTAL:
        return -1 if nose == "left" else 1
    return -1 if convention == "radiological" else 1


def edge_letters(plane: Plane, convention: Convention, nose: Nose) -> tuple[str, str, str, str]:
    """What lies at the left, right, upper and lower edge of the picture."""
    ends = NEGATIVE_LETTERS[plane.across], POSITIVE_LETTERS[plane.across]
    left, right = ends if screen_right(plane, convention, nose) > 0 else ends[::-1]
    return left, right, POSITIVE_LETTERS[plane.up], NEGATIVE_LETTERS[plane.up]


def position_text(plane: Plane, position: float) -> str:
    """The slice's place as a letter and millimetres, e.g. "S 20.0"; "L", "P", "I" below zero."""
    text = f"{abs(position):.1f}"
    letters = NEGATIVE_LETTERS if position < 0 and text != "0.0" else POSITIVE_LETTERS
    return f"{letters[plane.through]} {text}"


def extract(volume: Volume, plane: Plane, index: int, convention: Convention, nose: Nose) -> FloatArray:
    """The slice ``index`` as a picture (rows from top to bottom, columns from left to right); a view, not a copy."""
    axes = axes_of(volume.grid)
    through, across, up = (axes.array_axis[axis] for axis in (plane.through, plane.across, plane.up))
    picture: FloatArray = np.moveaxis(volume.data, (through, up, across), (0, 1, 2))[index]
    if axes.step[plane.up] > 0:
        picture = picture[::-1]
    if (axes.step[plane.across] > 0) != (screen_right(plane, convention, nose) > 0):
        picture = picture[:, ::-1]
    return picture


def smooth(picture: FloatArray) -> FloatArray:
    """``picture`` (h, w) at three times the size, (3h, 3w): Catmull-Rom cubic (Keys 1981, a = -1/2), edges repeated.

    Two matrix products. The centre of each source pixel stays the centre of its 3 x 3 block.
    """
    rows, columns = picture.shape
    return np.asarray(_upsampling(rows) @ picture @ _upsampling(columns).T, np.float32)


@lru_cache(maxsize=32)
def _upsampling(count: int) -> FloatArray:
    """(3 count, count) matrix of Catmull-Rom weights."""
    matrix = np.zeros((SMOOTHING * count, count), np.float32)
    for row in range(SMOOTHING * count):
        place = (row + 0.5) / SMOOTHING - 0.5
        first = int(np.floor(place))
        t = place - first
        weights = (
            -0.5 * t + t**2 - 0.5 * t**3,
            1 - 2.5 * t**2 + 1.5 * t**3,
            0.5 * t + 2 * t**2 - 1.5 * t**3,
            -0.5 * t**2 + 0.5 * t**3,
        )
        for offset, weight in enumerate(weights):
            matrix[row, min(max(first - 1 + offset, 0), count - 1)] += weight
    return matrix


def to_grey(picture: FloatArray, low: float, high: float) -> NDArray[np.uint8]:
    """``low`` and below become 0, ``high`` and above 255; C-ordered."""
    scale = 255.0 / (high - low)
    levels = picture * np.float32(scale)
    levels += np.float32(0.5 - low * scale)
    np.clip(levels, 0.0, 255.0, out=levels)
    return np.ascontiguousarray(levels.astype(np.uint8))


def to_signed(picture: FloatArray, limit: float) -> NDArray[np.uint8]:
    """-limit becomes 1, zero 128, +limit 255: the index into ``colour.change_table``; C-ordered."""
    levels = picture * np.float32(127.0 / limit)
    levels += np.float32(128.5)
    np.clip(levels, 1.0, 255.0, out=levels)
    return np.ascontiguousarray(levels.astype(np.uint8))


def starting_window(data: FloatArray) -> tuple[float, float]:
    """Percentiles 0.5 and 99.5 of the voxels that are not zero; (0, 1) where there are none."""
    present = data[data != 0]
    if present.size == 0:
        return 0.0, 1.0
    # A quarter of a million voxels tell a percentile well; a native head has ten million.
    low, high = np.percentile(present[:: max(present.size // 250_000, 1)], (0.5, 99.5))
    return float(low), float(max(high, low + 1e-6))


@dataclass(frozen=True)
class PaneMap:
    """Where a picture lies in a pane of ``width`` x ``height`` pixels, and the way between pixel and millimetre."""

    plane: Plane
    axes: Axes
    right: int
    scale: float
    """pixels per millimetre"""
    centre_across: float
    centre_up: float
    """world millimetres that lie in the middle of the pane"""
    width: float
    height: float

    def pixel(self, point: Point) -> tuple[float, float]:
        """Pane pixel (x to the right, y downwards) of a world point."""
        x = self.width / 2 + (point[self.plane.across] - self.centre_across) * self.right * self.scale
        y = self.height / 2 - (point[self.plane.up] - self.centre_up) * self.scale
        return x, y

    def world(self, x: float, y: float, through: float) -> Point:
        """World point under pane pixel (x, y) on the plane at ``through`` millimetres."""
        point = [0.0, 0.0, 0.0]
        point[self.plane.across] = self.centre_across + (x - self.width / 2) * self.right / self.scale
        point[self.plane.up] = self.centre_up - (y - self.height / 2) / self.scale
        point[self.plane.through] = through
        return point[0], point[1], point[2]

    def rectangle(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the picture in the pane."""
        width = self.axes.extent(self.plane.across) * self.scale
        height = self.axes.extent(self.plane.up) * self.scale
        x, y = self.pixel(self.axes.middle)
        return x - width / 2, y - height / 2, width, height


def pane_map(
    grid: Grid,
    plane: Plane,
    size: tuple[float, float],
    zoom: float = 1.0,
    pan: Point = (0.0, 0.0, 0.0),
    convention: Convention = "radiological",
    nose: Nose = "left",
) -> PaneMap:
    """The map of a pane of ``size`` (width, height) pixels; zoom 1 fits the whole grid."""
    axes = axes_of(grid)
    width, height = size
    fit = min(width / axes.extent(plane.across), height / axes.extent(plane.up))
    middle = axes.middle
    return PaneMap(
        plane,
        axes,
        screen_right(plane, convention, nose),
        max(fit * zoom, 1e-6),
        middle[plane.across] + pan[plane.across],
        middle[plane.up] + pan[plane.up],
        width,
        height,
    )

"""The line around what a picture marks, traced between its pixels: pure functions over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.volume import FloatArray

Line = NDArray[np.float64]
"""(n, 2): row and column of each point, in pixels, whole numbers at pixel centres."""

_SMOOTHINGS = 2
# Marching squares: corners upper left 1, upper right 2, lower right 4, lower left 8; edges upper 0, right 1, lower 2,
# left 3. Which edges a line joins; the two saddles are cut so that marked corners stay apart.
_JOINED = {
    1: ((3, 0),),
    2: ((0, 1),),
    3: ((3, 1),),
    4: ((1, 2),),
    5: ((3, 0), (1, 2)),
    6: ((0, 2),),
    7: ((3, 2),),
    8: ((2, 3),),
    9: ((2, 0),),
    10: ((0, 1), (2, 3)),
    11: ((2, 1),),
    12: ((1, 3),),
    13: ((1, 0),),
    14: ((0, 3),),
}


def outlines(marked: FloatArray) -> list[Line]:
    """The closed lines around where ``marked`` (h, w), 0 to 1, is above one half, its stairs of single pixels smoothed
    away. The last point of each is its first."""
    field = np.pad(np.asarray(marked, np.float64), _SMOOTHINGS + 1)
    for _ in range(_SMOOTHINGS):
        for axis in (0, 1):
            field = (np.roll(field, 1, axis) + 2 * field + np.roll(field, -1, axis)) / 4
    return [line - (_SMOOTHINGS + 1) for line in _linked(_segments(field - 0.5))]


Edge = tuple[int, int, bool]
"""Row, column and direction (true: downwards) of the edge of a cell."""


def _segments(field: NDArray[np.float64]) -> tuple[dict[Edge, list[Edge]], dict[Edge, tuple[float, float]]]:
    """Which edges of cells are joined by the line where ``field`` is zero, and where it crosses them."""
    above = field > 0
    corners = above[:-1, :-1] + 2 * above[:-1, 1:] + 4 * above[1:, 1:] + 8 * above[1:, :-1]
    neighbours: dict[Edge, list[Edge]] = {}
    points: dict[Edge, tuple[float, float]] = {}
    for row, column in np.argwhere((corners > 0) & (corners < 15)).tolist():
        edges: tuple[Edge, ...] = (
            (row, column, False),
            (row, column + 1, True),
            (row + 1, column, False),
            (row, column, True),
        )
        for one, other in _JOINED[int(corners[row, column])]:
            for here, there in ((edges[one], edges[other]), (edges[other], edges[one])):
                neighbours.setdefault(here, []).append(there)
                if here not in points:
                    points[here] = _crossing(field, here)
    return neighbours, points


def _crossing(field: NDArray[np.float64], edge: Edge) -> tuple[float, float]:
    row, column, down = edge
    first = float(field[row, column])
    second = float(field[row + 1, column] if down else field[row, column + 1])
    part = first / (first - second)
    return (row + part, float(column)) if down else (float(row), column + part)


def _linked(found: tuple[dict[Edge, list[Edge]], dict[Edge, tuple[float, float]]]) -> list[Line]:
    neighbours, points = found
    lines = []
    while neighbours:
        start = here = next(iter(neighbours))
        line = [points[start]]
        while neighbours.get(here):
            there = neighbours[here].pop()
            neighbours[there].remove(here)
            line.append(points[there])
            if not neighbours[here]:
                del neighbours[here]
            here = there
        neighbours.pop(here, None)
        neighbours.pop(start, None)
        lines.append(np.array(line))
    return lines

from __future__ import annotations

import numpy as np
import pytest

from app.stage.contour import outlines


def test_the_line_around_a_disc_is_closed_and_runs_along_its_edge() -> None:
    rows, columns = np.mgrid[:61, :47]
    disc = ((rows - 30) ** 2 + (columns - 20) ** 2 <= 15**2).astype(np.float32)
    (line,) = outlines(disc)
    assert np.array_equal(line[0], line[-1])
    radius = np.hypot(line[:, 0] - 30, line[:, 1] - 20)
    # A disc of pixels within 15.0 of the middle reaches half a pixel further; smoothing moves it by less than that.
    assert radius.min() > 14.5 and radius.max() < 15.8


def test_a_hole_and_a_second_piece_have_lines_of_their_own() -> None:
    marked = np.zeros((40, 30), np.float32)
    marked[4:20, 4:20] = 1
    marked[9:15, 9:15] = 0
    marked[28:36, 10:20] = 1
    lines = outlines(marked)
    assert len(lines) == 3
    assert all(np.array_equal(line[0], line[-1]) for line in lines)


def test_what_touches_the_border_is_closed_there() -> None:
    (line,) = outlines(np.ones((10, 12), np.float32))
    assert line.min(axis=0) == pytest.approx([-0.5, -0.5], abs=0.3)
    assert line.max(axis=0) == pytest.approx([9.5, 11.5], abs=0.3)


def test_nothing_marked_gives_no_line() -> None:
    assert outlines(np.zeros((10, 12), np.float32)) == []

from __future__ import annotations

import threading

import pytest

from engine.evaluation.side_by_side import each
from engine.evaluation.time_left import TimeLeft


def test_results_come_in_the_order_of_the_items_whoever_ends_first() -> None:
    last_done = threading.Event()
    told: list[tuple[int, int]] = []

    def work(item: int) -> int:
        if item == 1:
            last_done.set()
        else:
            assert last_done.wait(30)
        return 10 * item

    assert each([0, 1], work, 2, lambda done, of: told.append((done, of))) == [0, 10]
    assert told == [(0, 2), (1, 2), (2, 2)]


def test_what_one_raises_passes_through() -> None:
    def work(item: int) -> int:
        if item == 1:
            raise ValueError("no such scan")
        return item

    with pytest.raises(ValueError, match="no such scan"):
        each([0, 1, 2], work, 2, lambda done, of: None)


def test_the_time_left_is_told_by_what_each_kind_of_work_takes() -> None:
    now = [0.0]
    told: list[str] = []
    left = TimeLeft(lambda step, of, what: told.append(what), {"short": 100.0, "long": 300.0}, lambda: now[0])
    left(0, 4, "short")
    now[0] = 200.0
    left(0, 4, "long")
    now[0] = 799.0
    left(4, 4, "long")
    assert told == ["short", "long, about 10 min left", "long, less than a minute left"]

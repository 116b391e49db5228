"""Several people at once: a small network gains more from a person for each core than from all cores for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

import torch

from engine.model.memory import feature_map_bytes, free_bytes
from engine.model.model import Model

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 8


@contextmanager
def cores_shared_out(model: Model) -> Iterator[int]:
    """How many people to work on at once, each with its share of PyTorch's threads meanwhile.

    On a GPU one after the other, and no more than main memory has room for.
    """
    threads = torch.get_num_threads()
    at_once = 1
    if model.device.type == "cpu":
        maps = feature_map_bytes(model.manifest.networks, model.manifest.preparation.shape, model.precision)
        free = free_bytes(model.device)
        at_once = max(1, min(threads, MOST, threads if free is None else free // (2 * maps)))
    torch.set_num_threads(max(1, threads // at_once))
    try:
        yield at_once
    finally:
        torch.set_num_threads(threads)


def each(
    items: Sequence[Item], work: Callable[[Item], Result], at_once: int, done: Callable[[int, int], None]
) -> list[Result]:
    """``work`` of every item, in their order. ``done(count, of)`` is called from the caller's thread.

    What ``work`` raises passes through, and what has not begun by then is left.
    """
    pool = ThreadPoolExecutor(at_once)
    waiting = [pool.submit(work, item) for item in items]
    try:
        done(0, len(items))
        for count, finished in enumerate(as_completed(waiting), 1):
            finished.result()
            done(count, len(items))
        return [one.result() for one in waiting]
    finally:
        pool.shutdown(cancel_futures=True)

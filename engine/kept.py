"""What was made once and is asked for again, in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from engine.model.model import Codes

Value = TypeVar("Value")


class Kept:
    """Values by key, up to ``most_bytes``, those let go first that nobody asked for longest. Threads may share it."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of ``key``, from ``make`` where it is not there. Two threads may both make one."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                found: Value = self._values[key]
                return found
        made = make()
        with self._lock:
            if key not in self._values:
                self._values[key] = made
                self._bytes += _bytes(made)
            while self._bytes > self._most:
                self._bytes -= _bytes(self._values.popitem(last=False)[1])
        return made


def _bytes(value: object) -> int:
    match value:
        case np.ndarray():
            return int(value.nbytes)
        case Codes():
            return sum(t.numel() * t.element_size() for t in (value.semantic, value.noise, value.latent))
        case _:
            return 0

from __future__ import annotations

import numpy as np

from engine.kept import Kept


def test_what_was_made_is_made_once_and_the_oldest_goes_when_room_is_short() -> None:
    store, made = Kept(100), []

    def ask(name: str) -> np.ndarray:
        def make() -> np.ndarray:
            made.append(name)
            return np.zeros(40, np.uint8)

        return store.get(name, make)

    for name in ("a", "b", "a", "c", "a", "b"):
        ask(name)
    assert made == ["a", "b", "c", "b"]

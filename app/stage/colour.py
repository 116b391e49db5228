"""Colour tables of 256 entries; each is 0xAARRGGBB with the colour already multiplied by its opacity.

A table turns 8-bit levels into a 32-bit picture by one look-up: with it a slice costs half of what Qt takes to draw
an Indexed8 picture smoothly.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.theme.tokens import CHANGE_RAMP

Table = NDArray[np.uint32]

OVER_CHANGE = 0.62
"""Brightness of the picture that a change map is laid over."""


@lru_cache(maxsize=8)
def grey_table(brightness: float = 1.0) -> Table:
    """Black to ``brightness`` of white, opaque."""
    levels = np.rint(np.arange(256) * brightness).astype(np.uint32)
    return np.asarray(np.uint32(0xFF000000) | (levels * np.uint32(0x010101)), np.uint32)


@lru_cache(maxsize=4096)  # a colour bar over a picture is painted whenever the picture is
def change_colour(fraction: float) -> tuple[int, int, int]:
    """Red, green, blue of a signed change, ``fraction`` of the limit from -1 to +1 (beyond: the end's colour)."""
    stops = [tuple(int(text[i : i + 2], 16) for i in (1, 3, 5)) for text in CHANGE_RAMP]
    places = np.linspace(-1.0, 1.0, len(stops))
    red, green, blue = (round(float(np.interp(fraction, places, [stop[i] for stop in stops]))) for i in range(3))
    return red, green, blue


@lru_cache(maxsize=64)
def change_table(threshold: float, limit: float, ramp: float, strength: float = 1.0) -> Table:
    """Colours of a signed change by the index that ``slicing.to_signed`` gives (128 = no change).

    All lengths in one intensity unit. Transparent up to ``threshold``, fully in at ``threshold + ramp``; ``strength``
    is the opacity there.
    """
    table = []
    for index in range(256):
        change = (index - 128) / 127.0 * limit
        opacity = strength * float(np.clip((abs(change) - threshold) / max(ramp, 1e-9), 0.0, 1.0))
        red, green, blue = (round(opacity * part) for part in change_colour(change / limit))
        table.append(round(opacity * 255) << 24 | red << 16 | green << 8 | blue)
    return np.array(table, np.uint32)

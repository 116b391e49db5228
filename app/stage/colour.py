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


COLOUR_MAPS: dict[str, tuple[str, ...]] = {
    "grey": ("#000000", "#FFFFFF"),
    "viridis": ("#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30", "#FDE725"),
    "inferno": ("#000004", "#1B0C41", "#4A0C6B", "#781C6D", "#A52C60", "#CF4446", "#ED6925", "#FB9B06", "#FCFFA4"),
    "cividis": ("#00224E", "#123570", "#3B496C", "#575D6D", "#707173", "#8A8678", "#A59C74", "#C3B369", "#FEE838"),
    "orange": ("#000000", "#A85A00", "#E69F00", "#FFE3A8"),
    "blue": ("#000000", "#0072B2", "#56B4E9", "#D6EEFC"),
}
"""From black to white of the window. Lightness rises all the way, so none needs colour vision to be read."""

# Okabe and Ito's colours, told apart by all kinds of colour vision; then the same paler and darker.
_LABELS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")


@lru_cache(maxsize=64)
def map_table(name: str, brightness: float = 1.0, ground: bool = True) -> Table:
    """The colour map ``name`` at ``brightness``. ``ground`` false: what is at or below black is transparent."""
    if name not in COLOUR_MAPS or (name == "grey" and ground):
        return grey_table(brightness)
    stops = np.array([_channels(text) for text in COLOUR_MAPS[name]], np.float64)
    places = np.linspace(0, len(stops) - 1, 256)
    parts = [np.interp(places, np.arange(len(stops)), stops[:, i]) * brightness for i in range(3)]
    red, green, blue = (np.rint(part).astype(np.uint32) for part in parts)
    table = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    if not ground:
        table[0] = 0
    return np.asarray(table, np.uint32)


@lru_cache(maxsize=8)
def label_table(count: int) -> Table:
    """Colours of ``count`` labels; entry 0, no label, is transparent."""
    table = np.zeros(count + 1, np.uint32)
    for number in range(count):
        ink = np.array(_channels(_LABELS[number % len(_LABELS)]), np.float64)
        round_ = number // len(_LABELS) % 3
        ink = ink if round_ == 0 else ink * 0.6 if round_ == 1 else ink * 0.5 + 127
        red, green, blue = (int(part) for part in np.rint(ink))
        table[number + 1] = 0xFF << 24 | red << 16 | green << 8 | blue
    return table


def _channels(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


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

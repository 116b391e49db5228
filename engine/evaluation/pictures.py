"""Pictures of a report: slices side by side in grey, a change on top in colour, as PNG inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.volume import FloatArray

Rgb = NDArray[np.uint8]
ENLARGED = 2
GAP = 4
LESS, MORE = (33, 102, 172), (178, 24, 43)
"""Blue where a volume became darker, red where brighter: told apart by colour-blind people too."""

REGION_COLOURS = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
"""Okabe and Ito's, for regions in turn."""


@dataclass(frozen=True)
class Picture:
    """``caption`` says what is seen; ``titles`` stand above the columns; ``pixels`` (H, W, 3)."""

    caption: str
    titles: tuple[str, ...]
    pixels: Rgb

    @property
    def source(self) -> str:
        """The picture as a data URI."""
        buffer = io.BytesIO()
        Image.fromarray(self.pixels).save(buffer, "PNG", optimize=True)
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def columns(caption: str, shown: Sequence[tuple[str, Sequence[Rgb]]]) -> Picture:
    """A column for each (title, pictures from top to bottom), all of one size a row."""
    stacks = [np.concatenate([_framed(picture) for picture in pictures], axis=0) for _, pictures in shown]
    pixels = np.concatenate(stacks, axis=1)
    return Picture(caption, tuple(title for title, _ in shown), pixels)


def grey(volume: FloatArray) -> list[Rgb]:
    """An axial and a coronal slice of a volume (X, Y, Z) in [0, 1], the person's left on the right."""
    return [_enlarged(np.repeat(np.rint(255 * np.clip(s, 0, 1))[..., None], 3, -1)) for s in _slices(volume)]


def change(difference: FloatArray, under: FloatArray, limit: float) -> list[Rgb]:
    """A map of changes over a paler ``under``; full colour at ``limit``."""
    made = []
    for moved, anatomy in zip(_slices(difference), _slices(under), strict=True):
        base = 140.0 + 115.0 * np.clip(anatomy, 0, 1)[..., None]
        share = np.clip(np.abs(moved) / limit, 0, 1)[..., None]
        colour = np.where(moved[..., None] > 0, MORE, LESS)
        made.append(_enlarged(base * (1 - share) + colour * share))
    return made


def regions(numbers: NDArray[np.integer], under: FloatArray) -> list[Rgb]:
    """Regions (X, Y, Z) by number from 1, each in a colour over the scan."""
    palette = np.array([(0, 0, 0), *REGION_COLOURS], np.float64)
    made = []
    for drawn, anatomy in zip(_slices(numbers), _slices(under), strict=True):
        chosen = np.where(drawn > 0, (drawn - 1) % len(REGION_COLOURS) + 1, 0).astype(int)
        base = 255 * np.repeat(np.clip(anatomy, 0, 1)[..., None], 3, -1)
        made.append(_enlarged(np.where((drawn > 0)[..., None], 0.45 * base + 0.55 * palette[chosen], base)))
    return made


def _slices(volume: NDArray[np.floating] | NDArray[np.integer]) -> list[NDArray[np.float64]]:
    """Axial and coronal, seen from below and from the front, up being front and top."""
    _, y, z = volume.shape
    axial, coronal = volume[:, :, round(0.48 * z)], volume[:, round(0.56 * y), :]
    return [np.asarray(np.rot90(s)[:, ::-1], np.float64) for s in (axial, coronal)]


def _enlarged(pixels: NDArray[np.floating]) -> Rgb:
    whole = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return np.asarray(whole.repeat(ENLARGED, 0).repeat(ENLARGED, 1))


def _framed(pixels: Rgb) -> Rgb:
    return np.pad(pixels, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)

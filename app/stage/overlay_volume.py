"""A second volume laid over the picture: any file on any grid, as it is drawn and read at a point. Free of Qt.

Slices are cut from the overlay's own grid, so its voxels land where its affine says. Only a grid that stands askew to
the world's axes is resampled, once, before it comes here (``straightened``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.stage import slicing
from engine.volume import FloatArray, Grid, Volume, resample, spacing, voxel_from_world, world_from_voxel

MOST_LABELS = 4096
EVEN = 0.5
"""Label maps: most neighbours inside are equal (0.70 to 0.86 measured); heads in 8 bit: 0.24 at most."""


@dataclass(frozen=True, eq=False)
class OverlayVolume:
    """``labels``: the values of a label map but 0, rising; None for any other volume. ``names`` of some of them."""

    volume: Volume
    labels: NDArray[np.float32] | None = None
    names: Mapping[int, str] | None = None
    kind: str = "scan"
    """What the file says it is: a scan, a model's copy, or synthetic."""

    def value_at(self, point: tuple[float, float, float]) -> float | None:
        """The voxel that holds ``point`` (world millimetres); None outside."""
        index = np.rint(voxel_from_world(self.volume.affine, np.array(point))).astype(int)
        if np.any(index < 0) or np.any(index >= self.volume.data.shape):
            return None
        return float(self.volume.data[tuple(index)])

    def words_at(self, point: tuple[float, float, float]) -> str | None:
        """What stands in the read-out for a label: "23 Hippocampus R", "no label"; None outside or for no label map."""
        value = self.value_at(point)
        if value is None or self.labels is None:
            return None
        if value == 0:
            return "no label"
        name = (self.names or {}).get(round(value), "")
        return f"{value:g} {name}".strip()


def overlay_of(volume: Volume, names: Mapping[int, str] | None = None, kind: str = "scan") -> OverlayVolume:
    """``volume`` ready to be drawn, its labels found where it is a label map."""
    labels = label_values(volume.data)
    return OverlayVolume(straightened(volume, 1 if labels is None else 0), labels, names, kind)


def label_values(data: FloatArray) -> NDArray[np.float32] | None:
    """The values of a label map but 0, rising: few, whole, in even patches; None for anything else."""
    sample = data[::3, ::3, ::3]
    if np.any(sample != np.rint(sample)) or np.unique(sample).size > MOST_LABELS or np.any(data != np.rint(data)):
        return None
    values = np.unique(data)
    if values.size > MOST_LABELS or values.size < 2:
        return None
    if values.size > 2:
        first, second = data[:-1], data[1:]
        inside = (first != 0) | (second != 0)
        if not np.mean((first == second)[inside]) > EVEN:
            return None
    return np.asarray(values[values != 0], np.float32)


def straightened(volume: Volume, order: int = 1) -> Volume:
    """``volume`` itself, or, where its grid stands askew to the world's axes, resampled to one that does not: the
    same voxel edges, large enough to hold all of it. ``order``: 0 nearest, 1 linear."""
    if not slicing.is_oblique(volume.affine):
        return volume
    edges = np.asarray(spacing(volume.affine))
    axes = slicing.axes_of(volume.grid)
    edges = edges[list(axes.array_axis)]
    shape = np.array(volume.data.shape)
    corners = np.array(np.meshgrid(*((-0.5, n - 0.5) for n in shape))).reshape(3, -1).T
    world = world_from_voxel(volume.affine, corners)
    low, high = world.min(axis=0), world.max(axis=0)
    count = np.ceil((high - low) / edges - 1e-6).astype(int)
    affine = np.diag([*edges, 1.0])
    affine[:3, 3] = (low + high) / 2 - edges * (count - 1) / 2
    return resample(volume, Grid((int(count[0]), int(count[1]), int(count[2])), affine), order=order)

"""Where a scan lies in the model's world: an affine, and behind it, for models that want it, a warp.

A point of the scan goes through ``model_from_native`` and is then moved by the warp; the way back is the warp's other
field first, then the inverse of the affine. All points are world millimetres, RAS+.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.volume import Affine, FloatArray, Grid, Volume, resample, voxel_from_world, world_from_voxel

Points = NDArray[np.float64]
"""(…, 3), world millimetres."""


@dataclass(frozen=True)
class Warp:
    """A smooth deformation of the model's world, and its inverse.

    ``into_model`` and ``out_of_model`` (X, Y, Z, 3): by how many millimetres a point moves, sampled at the voxels of
    ``affine``; float16, which is good to 0.01 mm for what moves 20 mm. Points beyond move as the nearest voxel does.
    """

    into_model: NDArray[np.float16]
    out_of_model: NDArray[np.float16]
    affine: Affine


@dataclass(frozen=True)
class Place:
    """``model_from_native`` (4, 4), and what is left for ``warp`` to do."""

    model_from_native: Affine
    warp: Warp | None = None

    def to_model(self, points_native: Points) -> Points:
        """Points (…, 3) of the scan's world in the model's."""
        points = world_from_voxel(self.model_from_native, points_native)
        return points if self.warp is None else points + _move(self.warp.into_model, self.warp.affine, points)

    def to_native(self, points_model: Points) -> Points:
        """Points (…, 3) of the model's world in the scan's."""
        points = points_model
        if self.warp is not None:
            points = points + _move(self.warp.out_of_model, self.warp.affine, points)
        return world_from_voxel(np.asarray(np.linalg.inv(self.model_from_native), np.float64), points)

    def onto_model(self, volume: Volume, grid: Grid, order: int) -> FloatArray:
        """``volume``, which lies in the scan's world, at the voxels of the model's ``grid``; 0 beyond it."""
        if self.warp is None:
            return resample(volume, grid, np.asarray(np.linalg.inv(self.model_from_native), np.float64), order).data
        return _sampled(volume, grid, np.ones(grid.shape, bool), self.to_native, order)

    def onto_native(self, volume: Volume, grid: Grid, where: NDArray[np.bool_], order: int) -> FloatArray:
        """``volume``, which lies in the model's world, at those voxels of the scan's ``grid`` that ``where`` marks;
        0 elsewhere."""
        return _sampled(volume, grid, where, self.to_model, order)


def _sampled(
    volume: Volume, grid: Grid, where: NDArray[np.bool_], source_of: Callable[[Points], Points], order: int
) -> FloatArray:
    # A slab at a time: coordinates take six times the room of a voxel.
    coefficients = ndimage.spline_filter(volume.data, order, output=np.float32) if order > 1 else volume.data
    found = np.zeros(grid.shape, np.float32)
    for plane in range(grid.shape[0]):
        inside = np.argwhere(where[plane])
        if len(inside):
            index = np.column_stack([np.full(len(inside), plane), inside])
            source = voxel_from_world(volume.affine, source_of(world_from_voxel(grid.affine, index)))
            found[plane][where[plane]] = ndimage.map_coordinates(
                coefficients, source.T, output=np.float32, order=order, prefilter=False
            )
    return found


def _move(field: NDArray[np.float16], affine: Affine, points: Points) -> Points:
    index = voxel_from_world(affine, points.reshape(-1, 3)).T
    moves = [
        ndimage.map_coordinates(field[..., axis].astype(np.float32), index, np.float64, order=1, mode="nearest")
        for axis in range(3)
    ]
    return np.stack(moves, axis=-1).reshape(points.shape)

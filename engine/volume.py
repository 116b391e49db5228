"""A volume is an array of voxels bound to the affine that places it in the world.

Spaces, by name:
  voxel   array indices (i, j, k); an integer index is the centre of its voxel
  world   millimetres, RAS+: x grows to the person's right, y to the front, z upwards
An affine named ``world_from_voxel`` maps homogeneous voxel indices to world millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Affine = NDArray[np.float64]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Grid:
    """Where voxels lie: ``shape`` (X, Y, Z) and ``affine`` (4, 4) world_from_voxel in millimetres."""

    shape: tuple[int, int, int]
    affine: Affine

    def matches(self, other: Grid, tolerance: float = 1e-3) -> bool:
        """Same shape, and affines equal within ``tolerance`` in every entry."""
        return self.shape == other.shape and bool(np.allclose(self.affine, other.affine, rtol=0.0, atol=tolerance))


@dataclass(frozen=True)
class Volume:
    """``data`` (X, Y, Z) and its ``affine`` (4, 4), world_from_voxel in millimetres, RAS+."""

    data: FloatArray
    affine: Affine

    @property
    def grid(self) -> Grid:
        shape = self.data.shape
        return Grid((shape[0], shape[1], shape[2]), self.affine)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel edge lengths in millimetres along the three array axes."""
        return spacing(self.affine)


def spacing(affine: Affine) -> tuple[float, float, float]:
    """Voxel edge lengths in millimetres: the norms of the affine's first three columns."""
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    return float(edges[0]), float(edges[1]), float(edges[2])


def world_from_voxel(affine: Affine, index_voxel: NDArray[np.floating]) -> NDArray[np.float64]:
    """World millimetres (…, 3) of voxel indices (…, 3)."""
    return np.asarray(index_voxel, np.float64) @ affine[:3, :3].T + affine[:3, 3]


def voxel_from_world(affine: Affine, point_world: NDArray[np.floating]) -> NDArray[np.float64]:
    """Voxel indices (…, 3), not rounded, of world millimetres (…, 3)."""
    return (np.asarray(point_world, np.float64) - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T


def resample(
    volume: Volume,
    grid: Grid,
    source_from_target_world: Affine | None = None,
    order: int = 1,
) -> Volume:
    """``volume`` sampled at the voxel centres of ``grid``; outside it is 0.

    ``source_from_target_world`` (4, 4) maps world points of the target to world points of the source (default:
    they share one world). ``order``: 0 nearest, 1 linear, 3 cubic spline.
    """
    between = np.eye(4) if source_from_target_world is None else source_from_target_world
    source_voxel_from_target_voxel = np.linalg.inv(volume.affine) @ between @ grid.affine
    data = ndimage.affine_transform(
        volume.data,
        source_voxel_from_target_voxel[:3, :3],
        source_voxel_from_target_voxel[:3, 3],
        output_shape=grid.shape,
        output=np.float32,
        order=order,
        mode="constant",
    )
    return Volume(data, grid.affine)

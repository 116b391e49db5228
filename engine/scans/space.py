"""Where voxels lie: which of a NIfTI's two transforms counts, and turning stored axes to RAS+ and back.

The rule, that of FSL, SPM and nibabel: the sform where its code is above 0 and it can be inverted; else the qform
where its code is above 0; else nothing is known of the sides. Where both are given and differ, a note says so.
Turning is a reordering and flipping of axes, never a resampling; an oblique or sheared affine stays so.
"""

from __future__ import annotations

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from engine.scans.header import ScanHeader
from engine.volume import Affine, Grid, Volume


def usable(affine: Affine) -> bool:
    """Whether ``affine`` (4, 4) is finite, can be inverted, and has voxels between a micrometre and a metre."""
    if not np.all(np.isfinite(affine)):
        return False
    if np.any(np.abs(affine) > 1e6):  # before squares of it overflow
        return False
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    if np.any(edges < 1e-3) or np.any(edges > 1e3):
        return False
    return bool(abs(np.linalg.det(affine[:3, :3] / edges)) > 1e-3)


def orientation_of(affine: Affine) -> str:
    """Where the array axes point, nearest of R/L, A/P, S/I each."""
    return "".join(nib.orientations.aff2axcodes(affine))


def to_ras(data: NDArray[np.generic], affine: Affine) -> tuple[NDArray[np.generic], Affine]:
    """``data`` (3D) with axes reordered and flipped to the closest RAS+, and the affine that places it the same."""
    turn = nib.orientations.io_orientation(affine)
    turned: NDArray[np.generic] = nib.orientations.apply_orientation(data, turn)
    return turned, affine @ nib.orientations.inv_ornt_aff(turn, data.shape)


def upright(grid: Grid) -> Grid:
    """The same voxels with axes as ``to_ras`` turns them."""
    turn = nib.orientations.io_orientation(grid.affine)
    shape = np.empty(3, int)
    shape[turn[:, 0].astype(int)] = grid.shape
    affine = grid.affine @ nib.orientations.inv_ornt_aff(turn, grid.shape)
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def as_stored(volume: Volume, header: ScanHeader) -> Volume:
    """The inverse of ``to_ras``: ``volume`` on the RAS+ grid of ``header``'s file, axes as the file stores them."""
    stored_from_ras = nib.orientations.ornt_transform(
        nib.orientations.axcodes2ornt("RAS"), nib.orientations.io_orientation(header.affine)
    )
    data = nib.orientations.apply_orientation(volume.data, stored_from_ras)
    return Volume(np.ascontiguousarray(data), header.affine)

"""From the model's grid back into the scan's own space."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.preparation.prepared import Prepared
from engine.scans import Scan
from engine.volume import Affine, FloatArray, Volume, voxel_from_world, world_from_voxel

Form = Literal["change", "plain"]

_SOFT_EDGE_MM = 3.0
_STILL_MM = 0.05


def carry_back(volume: Volume, prepared: Prepared, native: Scan, form: Form) -> Volume:
    """``volume`` (model's grid) in the space of the ``native`` scan, from which ``prepared`` was made.

    "change": ``volume`` is synthetic minus copy; it is added to the scan inside the brain, fading to nothing over the
    outer 3 mm of the mask. Elsewhere, and wherever the change is 0, the voxels are the scan's, bit for bit.
    "plain": ``volume`` is the synthetic brain itself, in the scan's units; outside the brain 0.

    The intensity goes back through the scale of the whole brain and the coil's shading, so that a change of a tenth is
    a tenth wherever in the scan it lies; the place through the inverse of warp and affine.
    """
    scan = native.volume
    data = volume.data / np.float32(prepared.intensity_scale)
    if prepared.bias_field is not None:
        data *= prepared.bias_field
    carried = prepared.place.onto_native(Volume(data, volume.affine), prepared.native, prepared.mask, order=3)
    if form == "plain":
        # Between bright and dark the splines swing below what a scan without negative values can hold.
        brain = np.maximum(carried + np.float32(prepared.intensity_offset), min(scan.data.min(), np.float32(0)))
        values = np.where(prepared.mask, brain, np.float32(0))
        return Volume(values, scan.affine)
    carried *= _soft(prepared, scan.spacing)
    return Volume(np.where(carried == 0, scan.data, scan.data + carried), scan.affine)


def move_back(movement: NDArray[np.floating], affine: Affine, prepared: Prepared, native: Scan) -> Volume:
    """The ``native`` scan, its own tissue moved as ``movement`` (3, X, Y, Z) says, voxels of the model's grid.

    ``affine`` is that grid's. Inside the brain each voxel takes the grey value of where it looks, the less far over the
    outer 3 mm of the mask. Elsewhere, and wherever nothing moves, the voxels are the scan's, bit for bit.
    """
    scan, place = native.volume, prepared.place
    soft = _soft(prepared, scan.spacing)
    splines = ndimage.spline_filter(scan.data, 3, output=np.float32, mode="nearest")
    out = np.array(scan.data, np.float32)
    darkest, brightest = out.min(), out.max()
    for plane in range(out.shape[0]):  # a slab at a time: coordinates take six times the room of a voxel
        inside = np.argwhere(soft[plane] > 0)
        here = np.column_stack([np.full(len(inside), plane), inside])
        points = place.to_model(world_from_voxel(scan.affine, here))
        at = voxel_from_world(affine, points).T
        step = np.stack([ndimage.map_coordinates(part, at, order=1, mode="constant") for part in movement], -1)
        step = soft[tuple(here.T)][:, None] * step @ affine[:3, :3].T
        far = np.square(step).sum(-1) > _STILL_MM**2
        source = voxel_from_world(scan.affine, place.to_native(points[far] + step[far])).T
        grey = ndimage.map_coordinates(splines, source, order=3, mode="nearest", prefilter=False)
        out[tuple(here[far].T)] = np.clip(grey, darkest, brightest)
    return Volume(out, scan.affine)


def _soft(prepared: Prepared, spacing: tuple[float, float, float]) -> FloatArray:
    """1 deep inside the mask, 0 outside, between them a ramp over _SOFT_EDGE_MM."""
    depth = ndimage.distance_transform_edt(np.pad(prepared.mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    return np.asarray(np.clip(depth / _SOFT_EDGE_MM, 0, 1), np.float32)

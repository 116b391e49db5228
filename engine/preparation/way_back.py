"""From the model's grid back into the scan's own space."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import ndimage

from engine.preparation.prepared import Prepared
from engine.scans import Scan
from engine.volume import FloatArray, Volume

Form = Literal["change", "plain"]

_SOFT_EDGE_MM = 3.0


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
        values = np.where(prepared.mask, carried + np.float32(prepared.intensity_offset), np.float32(0))
        return Volume(values, scan.affine)
    carried *= _soft(prepared, scan.spacing)
    return Volume(np.where(carried == 0, scan.data, scan.data + carried), scan.affine)


def _soft(prepared: Prepared, spacing: tuple[float, float, float]) -> FloatArray:
    """1 deep inside the mask, 0 outside, between them a ramp over _SOFT_EDGE_MM."""
    depth = ndimage.distance_transform_edt(np.pad(prepared.mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    return np.asarray(np.clip(depth / _SOFT_EDGE_MM, 0, 1), np.float32)

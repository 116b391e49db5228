"""From the model's grid back into the scan's own space."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import ndimage

from engine.preparation.prepared import Prepared
from engine.scans import Scan
from engine.volume import FloatArray, Volume, resample

Form = Literal["change", "plain"]

_SOFT_EDGE_MM = 3.0


def carry_back(volume: Volume, prepared: Prepared, native: Scan, form: Form) -> Volume:
    """``volume`` (model's grid) in the space of the ``native`` scan, from which ``prepared`` was made.

    "change": ``volume`` is synthetic minus copy; it is added to the scan inside the brain, fading to nothing over the
    outer 3 mm of the mask. Elsewhere, and wherever the change is 0, the voxels are the scan's, bit for bit.
    "plain": ``volume`` is the synthetic brain itself, in the scan's units; outside the brain 0.

    The intensity goes back through the one scale of the whole brain. The bias field, which differs from 1 by some
    tenths at most in usual coils, is not put back: changes are told in the units of the evened-out scan.
    """
    carried = resample(volume, prepared.native, prepared.model_from_native, order=3).data
    carried /= np.float32(prepared.intensity_scale)
    scan = native.volume
    if form == "plain":
        values = np.where(prepared.mask, carried + np.float32(prepared.intensity_offset), np.float32(0))
        return Volume(values, scan.affine)
    carried *= _soft(prepared, scan.spacing)
    return Volume(np.where(carried == 0, scan.data, scan.data + carried), scan.affine)


def _soft(prepared: Prepared, spacing: tuple[float, float, float]) -> FloatArray:
    """1 deep inside the mask, 0 outside, between them a ramp over _SOFT_EDGE_MM."""
    depth = ndimage.distance_transform_edt(np.pad(prepared.mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    return np.asarray(np.clip(depth / _SOFT_EDGE_MM, 0, 1), np.float32)

"""What a picture's voxels betray before anything is computed: nothing in it, a mask, a label map, CT, no head.

Only an empty picture is refused: these tests may be wrong of somebody's own scan, so that all else is a warning.
"""

from __future__ import annotations

import numpy as np

from engine.scans.header import Scan
from engine.volume import FloatArray

_LABEL_VALUES = 1024
_HEAD_MM = 60.0


def emptiness(scan: Scan) -> str | None:
    """The sentence that refuses a picture in which there is nothing, or None."""
    low, high = float(scan.volume.data.min()), float(scan.volume.data.max())
    if low == high:
        return f"{scan.header.name} is an empty picture (every voxel is {low:g}): choose another file."
    return None


def doubt(scan: Scan) -> str | None:
    """Why ``scan`` can hardly be a T1 head, in a sentence, or None. Needs no model and takes a second."""
    data = scan.volume.data
    name = scan.header.name
    if scan.header.modality not in ("", "MR"):
        return f"{name} is a series of modality {scan.header.modality}, not MR: choose a T1-weighted MRI."
    field_of_view = np.array(data.shape) * np.array(scan.volume.spacing)
    if field_of_view.min() < _HEAD_MM:
        size = " x ".join(f"{edge:.0f}" for edge in field_of_view)
        return f"{name} covers only {size} mm, less than a human head: choose a scan of a whole head."
    values = _few_values(data)
    if values is not None and values.size <= 2:
        return f"{name} has only two values, so it is a mask: choose the T1 scan it belongs to."
    if values is not None and _in_patches(data):
        return f"{name} holds {values.size} labels in even patches, not a scan: choose the T1 scan it belongs to."
    if _hounsfield(data):
        return f"{name} holds Hounsfield units, so it is a CT: choose a T1-weighted MRI."
    return None


def _few_values(data: FloatArray) -> FloatArray | None:
    """The distinct values where they are few and whole, else None."""
    sample = np.unique(data[::3, ::3, ::3])
    if sample.size > _LABEL_VALUES or np.any(sample != np.round(sample)):
        return None
    values = np.unique(data)
    return values if values.size <= _LABEL_VALUES and np.all(values == np.round(values)) else None


def _in_patches(data: FloatArray) -> bool:
    """Whether most neighbours outside the background are equal. Label maps: 0.70 to 0.86; heads in 8 bit: 0.24 at most.

    Air counts as background too: rounded to few grey levels it is as even as a label. So does the commonest value, the
    air of a scan whose brightness is turned round.
    """
    air = data.min() + 0.05 * (np.percentile(data[::2, ::2, ::2], 99.5) - data.min())
    first, second = data[:-1], data[1:]
    values, counts = np.unique(data, return_counts=True)
    commonest = values[counts.argmax()]
    inside = (np.maximum(first, second) > air) & ~((first == commonest) & (second == commonest))
    return bool(np.mean((first == second)[inside]) > 0.5) if inside.any() else False


def _hounsfield(data: FloatArray) -> bool:
    """Air near -1000 around soft tissue near 0 and bone above 500."""
    low, high = float(data.min()), float(data.max())
    if low > -500 or high < 500:
        return False
    air = np.mean((data > -1100) & (data < -850) | (data <= low))
    soft = np.mean((data > -200) & (data < 200))
    return bool(air > 0.1 and soft > 0.05)

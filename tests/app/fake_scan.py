"""A scan on disk that the fake engine knows."""

from __future__ import annotations

import zlib
from pathlib import Path

import fake_engine
import nibabel as nib
import numpy as np


def write_scan(path: Path) -> Path:
    """One voxel tells files of different names apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = fake_engine.brain(fake_engine.AGE)
    data[0, 0, 0] = zlib.crc32(path.name.encode()) % 1000 / 1e5
    image = nib.Nifti1Image(data, np.array(fake_engine.AFFINE))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path

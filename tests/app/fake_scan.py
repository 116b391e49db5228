"""A scan on disk that the fake engine knows."""

from __future__ import annotations

from pathlib import Path

import fake_engine
import nibabel as nib
import numpy as np


def write_scan(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(fake_engine.brain(fake_engine.AGE), np.array(fake_engine.AFFINE))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path

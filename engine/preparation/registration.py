"""Where a brain lies in MNI space: twelve degrees of freedom, and a warp for models that want one.

The warp is SyN (Avants et al. 2008); the template here is the ICBM 2009a symmetric one.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from engine.preparation.itk import data_from, image_from, load_ants, ras_from_lps, world_affine_from
from engine.preparation.place import Warp
from engine.volume import Affine, Volume, resample

# Iterations at 8, 4 and 2 mm, as ANTs has them: the last level, half of the work of the others, is left out.
_SYN_ITERATIONS = (40, 20, 0)


@cache
def template() -> Volume:
    """The template's brain at 2 mm, 0 to 1, as it ships inside nilearn."""
    from nilearn.datasets import load_mni152_template

    return _volume(load_mni152_template(resolution=2))


@cache
def tissue_maps() -> tuple[Volume, Volume]:
    """Probabilities (0 to 1, 2 mm) of white and of grey matter in the template's space, as they ship inside nilearn."""
    from nilearn.datasets import load_mni152_gm_template, load_mni152_wm_template

    white, grey = load_mni152_wm_template(resolution=2), load_mni152_gm_template(resolution=2)
    return _volume(white), _volume(grey)


def native_from_mni(brain: Volume, fixed: Volume) -> Affine:
    """(4, 4), RAS millimetres: where in ``brain``'s world (brain only, background 0) a point of ``fixed`` lies."""
    ants = load_ants()
    with tempfile.TemporaryDirectory() as folder:
        found = ants.registration(
            fixed=image_from(fixed),
            moving=image_from(brain),
            type_of_transform="Affine",
            outprefix=str(Path(folder) / "affine"),
        )
        return world_affine_from(ants.read_transform(found["fwdtransforms"][0]))


def warp_to(brain: Volume, affine: Affine, fixed: Volume) -> Warp:
    """What is left for a warp when ``affine`` (native_from_mni) has brought ``brain`` to ``fixed``."""
    ants = load_ants()
    moving = resample(brain, fixed.grid, affine, order=1)
    with tempfile.TemporaryDirectory() as folder:
        ants.registration(
            fixed=image_from(fixed),
            moving=image_from(moving),
            type_of_transform="SyNOnly",
            reg_iterations=_SYN_ITERATIONS,
            outprefix=str(Path(folder) / "syn"),
        )
        # Warped pictures take their points from the template: ITK's forward field leads out of it.
        (outward,) = Path(folder).glob("*[0-9]Warp.nii.gz")
        (inward,) = Path(folder).glob("*[0-9]InverseWarp.nii.gz")
        fields = [ras_from_lps(data_from(ants.image_read(str(path)))) for path in (inward, outward)]
    return Warp(fields[0].astype(np.float16), fields[1].astype(np.float16), fixed.affine)


def _volume(image: Any) -> Volume:
    return Volume(np.asarray(image.dataobj, np.float32), np.asarray(image.affine, np.float64))

"""Where a brain lies in MNI space: twelve degrees of freedom to the ICBM 2009a symmetric template."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from engine.preparation.itk import image_from, load_ants, world_affine_from
from engine.volume import Affine, Volume


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


def native_from_mni(brain: Volume) -> Affine:
    """(4, 4), RAS millimetres: where in ``brain``'s world (brain only, background 0) a point of MNI space lies."""
    ants = load_ants()
    with tempfile.TemporaryDirectory() as folder:
        found = ants.registration(
            fixed=image_from(template()),
            moving=image_from(brain),
            type_of_transform="Affine",
            outprefix=str(Path(folder) / "affine"),
        )
        return world_affine_from(ants.read_transform(found["fwdtransforms"][0]))


def _volume(image: Any) -> Volume:
    return Volume(np.asarray(image.dataobj, np.float32), np.asarray(image.affine, np.float64))

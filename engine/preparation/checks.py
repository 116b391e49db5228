"""What to look at before a prepared scan is trusted: each check passes or warns, with one sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.preparation.registration import template, tissue_maps
from engine.scans import Scan, doubt
from engine.volume import Affine, Volume, resample

# Adult brains with ventricles and sulci: 1.0 to 1.9 litres in the 177 training and test heads.
_BRAIN_ML = (900.0, 2100.0)
_FINE_MM = 2.2
# The spinal cord may leave the picture below: it covers less than 4 cm2.
_OPEN_MM2 = 400.0
# Dice with the template's brain: 0.96 to 0.97 in all heads that were tried.
_LEAST_OVERLAP = 0.9
# Median of white over grey matter: 1.16 to 1.68 in twenty T1 heads, a child of three among them; PD 0.95, FLAIR 0.97,
# T2 0.78.
_LEAST_CONTRAST = 1.06


T1_CHECKS = ("fit to the template", "contrast")
"""Names of the checks that a T1 brain passes and other things do not."""


@dataclass(frozen=True)
class Check:
    """One thing looked at: ``warning`` false means it passed."""

    name: str
    warning: bool
    sentence: str


def check_scan(scan: Scan) -> tuple[Check, ...]:
    """What the voxels betray, orientation and voxel size, known before anything is computed."""
    sentence = doubt(scan)
    sides = "Left and right are known from the file." if scan.header.sides_known else "Left and right are a guess."
    coarsest = max(scan.volume.spacing)
    size = " x ".join(f"{edge:.2g}" for edge in scan.volume.spacing)
    fine = coarsest <= _FINE_MM
    return (
        Check("content", sentence is not None, sentence or "The voxels are like those of a head in MRI."),
        Check("orientation", not scan.header.sides_known, sides),
        Check(
            "voxel size",
            not fine,
            f"Voxels of {size} mm are fine enough."
            if fine
            else f"Voxels of {size} mm are coarser than the model's 2 mm: measures will be blurred.",
        ),
    )


def cut_off(mask: NDArray[np.bool_], affine: Affine) -> bool:
    """Whether ``mask`` leaves the picture, on a grid with ``affine``, through more than the spinal cord's width."""
    faces = (mask.take(at, axis) for axis in range(3) for at in (0, -1))
    millimetres2 = abs(np.linalg.det(affine[:3, :3])) ** (2 / 3)
    return bool(max(float(face.sum()) for face in faces) * millimetres2 > _OPEN_MM2)


def check_field_of_view(mask: NDArray[np.bool_], affine: Affine) -> Check:
    """Whether all of the brain that ``mask`` marks on a grid with ``affine`` is in the picture."""
    cut = cut_off(mask, affine)
    return Check(
        "field of view",
        cut,
        "The brain touches the edge of the picture: part of it is missing." if cut else "The whole brain is shown.",
    )


def check_volume(mask: NDArray[np.bool_], affine: Affine) -> Check:
    """Whether the brain that ``mask`` marks on a grid with ``affine`` is as large as brains are."""
    millilitres = float(mask.sum()) * abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    usual = _BRAIN_ML[0] <= millilitres <= _BRAIN_ML[1]
    return Check(
        "brain volume",
        not usual,
        f"The brain with its fluid has {millilitres:.0f} ml"
        + (", as adult brains have." if usual else ", unlike an adult brain: look at the mask."),
    )


def check_fit(volume: Volume) -> tuple[Check, ...]:
    """Whether a volume on the model's grid lies where the template does, and has a T1's contrast there."""
    brain = volume.data > 0
    reference = resample(template(), volume.grid).data > 0.05
    overlap = 2 * float((brain & reference).sum()) / max(float(brain.sum() + reference.sum()), 1.0)
    in_place = overlap >= _LEAST_OVERLAP
    white, grey = (volume.data[brain & (resample(map_, volume.grid).data > 0.75)] for map_ in tissue_maps())
    ratio = float(np.median(white) / np.median(grey)) if white.size and grey.size else 0.0
    like_t1 = ratio >= _LEAST_CONTRAST
    return (
        Check(
            "fit to the template",
            not in_place,
            f"The brain lies on the template (overlap {overlap:.2f})."
            if in_place
            else f"The brain does not lie on the template (overlap {overlap:.2f}): look at mask and position.",
        ),
        Check(
            "contrast",
            not like_t1,
            f"White matter is brighter than grey (ratio {ratio:.2f}), as in T1."
            if like_t1
            else f"White matter is not brighter than grey (ratio {ratio:.2f}): this does not look like a T1 brain.",
        ),
    )

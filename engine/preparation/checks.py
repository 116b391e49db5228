"""What to look at before a prepared scan is trusted: each check passes or warns, with one sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.preparation.registration import template
from engine.scans import Scan
from engine.volume import Affine, Volume, resample

# Adult brains with ventricles and sulci: 1.0 to 1.9 litres in the 177 training and test heads.
_BRAIN_ML = (900.0, 2100.0)
_FINE_MM = 2.2


@dataclass(frozen=True)
class Check:
    """One thing looked at: ``warning`` false means it passed."""

    name: str
    warning: bool
    sentence: str


def check_scan(scan: Scan) -> tuple[Check, ...]:
    """Orientation and voxel size, known before anything is computed."""
    sides = "Left and right are known from the file." if scan.header.sides_known else "Left and right are a guess."
    coarsest = max(scan.volume.spacing)
    size = " x ".join(f"{edge:.2g}" for edge in scan.volume.spacing)
    fine = coarsest <= _FINE_MM
    return (
        Check("orientation", not scan.header.sides_known, sides),
        Check(
            "voxel size",
            not fine,
            f"Voxels of {size} mm are fine enough."
            if fine
            else f"Voxels of {size} mm are coarser than the model's 2 mm: measures will be blurred.",
        ),
    )


def check_brain(mask: NDArray[np.bool_], affine: Affine) -> tuple[Check, ...]:
    """Field of view and volume of the brain that ``mask`` marks on a grid with ``affine``."""
    faces = [mask[0], mask[-1], mask[:, 0], mask[:, -1], mask[:, :, 0], mask[:, :, -1]]
    millimetres2 = abs(np.linalg.det(affine[:3, :3])) ** (2 / 3)
    # The spinal cord may leave the picture below: it covers less than 4 cm2.
    cut = max(float(face.sum()) for face in faces) * millimetres2 > 400
    millilitres = float(mask.sum()) * abs(np.linalg.det(affine[:3, :3])) / 1000
    usual = _BRAIN_ML[0] <= millilitres <= _BRAIN_ML[1]
    return (
        Check(
            "field of view",
            cut,
            "The brain touches the edge of the picture: part of it is missing." if cut else "The whole brain is shown.",
        ),
        Check(
            "brain volume",
            not usual,
            f"The brain with its fluid has {millilitres:.0f} ml"
            + (", as adult brains have." if usual else ", unlike an adult brain: look at the mask."),
        ),
    )


def check_fit(volume: Volume) -> Check:
    """How well a volume on the model's grid fits the template: a wrong contrast, organ or position fits badly."""
    fit = template_fit(volume)
    good = fit >= LEAST_FIT
    return Check(
        "fit to the template",
        not good,
        f"The brain fits the template (correlation {fit:.2f})."
        if good
        else f"This does not look like a T1 brain in place (correlation with the template {fit:.2f}): look before use.",
    )


LEAST_FIT = 0.5


def template_fit(volume: Volume) -> float:
    """Pearson correlation with the template over the voxels where either has brain."""
    reference = resample(template(), volume.grid).data
    both = (reference > 0.05) | (volume.data > 0)
    if np.ptp(volume.data[both]) == 0:
        return 0.0
    return float(np.corrcoef(reference[both], volume.data[both])[0, 1])

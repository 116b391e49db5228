"""People of whom only a label map is known: a T1 brain painted from FreeSurfer's codes, as preparation would leave it.

Codes: FreeSurferColorLUT.txt of FreeSurfer. What lies outside the brain (codes from 100 on) is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.preparation import Recipe, prepare
from engine.scans import Scan
from engine.volume import FloatArray, Volume, resample

FLUID, FLUID_LEVEL = 24, 70.0
REACH_MM = 4.0
"""Brain extraction keeps the fluid this near to tissue; label maps name all of it up to the skull."""

BETWEEN_PEOPLE, TEXTURE, TEXTURE_MM = 3.0, 5.0, 1.5
"""Grey levels of 255: a tissue's standard deviation between people and within one, measured on 18 real brains."""


@dataclass(frozen=True)
class Tissue:
    """``codes`` of the left and the right side. ``level`` of 255: the median inside, over 18 real people."""

    name: str
    group: str
    codes: tuple[int, ...]
    level: float


TISSUES = (
    Tissue("CerebralWhiteMatter", "white-matter", (2, 41), 217.0),
    Tissue("CerebralCortex", "cortical-grey", (3, 42), 168.0),
    Tissue("LateralVentricle", "ventricles", (4, 43), FLUID_LEVEL),
    Tissue("InfLatVentricle", "ventricles", (5, 44), FLUID_LEVEL),
    Tissue("CerebellumWhiteMatter", "cerebellum", (7, 46), 219.0),
    Tissue("CerebellumCortex", "cerebellum", (8, 47), 178.0),
    Tissue("Thalamus", "deep-grey", (10, 49), 204.0),
    Tissue("Caudate", "deep-grey", (11, 50), 185.0),
    Tissue("Putamen", "deep-grey", (12, 51), 195.0),
    Tissue("Pallidum", "deep-grey", (13, 52), 213.0),
    Tissue("3rdVentricle", "ventricles", (14,), FLUID_LEVEL),
    Tissue("4thVentricle", "ventricles", (15,), FLUID_LEVEL),
    Tissue("BrainStem", "brainstem", (16,), 214.0),
    Tissue("Hippocampus", "hippocampus", (17, 53), 178.0),
    Tissue("Amygdala", "amygdala", (18, 54), 183.0),
    Tissue("CSF", "csf/other", (FLUID,), FLUID_LEVEL),
    Tissue("Lesion", "white-matter", (25, 57), 185.0),
    Tissue("AccumbensArea", "deep-grey", (26, 58), 188.0),
    Tissue("VentralDC", "white-matter", (28, 60), 214.0),
    Tissue("Vessel", "csf/other", (30, 62), FLUID_LEVEL),
    Tissue("5thVentricle", "ventricles", (72,), FLUID_LEVEL),
    Tissue("OpticChiasm", "csf/other", (85,), 150.0),
)


def labels_table() -> str:
    """``labels.tsv`` of FreeSurfer's codes."""
    rows = [
        (code, tissue.name + side, tissue.group)
        for tissue in TISSUES
        for code, side in zip(tissue.codes, ("_L", "_R") if len(tissue.codes) == 2 else ("",), strict=True)
    ]
    return "\n".join(["index\tname\tgroup", *("\t".join(map(str, row)) for row in sorted(rows))]) + "\n"


def painted(labels: Scan, recipe: Recipe, random: np.random.Generator) -> tuple[Volume, FloatArray]:
    """A T1 brain, 0 to 1, on the grid of ``recipe``, and ``labels`` (X, Y, Z) brought there.

    Painted at the label map's own resolution and then prepared as a scan is: voxels where tissues meet get a share of
    each. Raises PreparationError where the map shows no brain.
    """
    codes = np.rint(labels.volume.data).astype(np.intp)
    known = [code for tissue in TISSUES for code in tissue.codes]
    codes[~np.isin(codes, known)] = 0
    solid = (codes > 0) & (codes != FLUID)
    near = (codes > 0) & (ndimage.distance_transform_edt(~solid, sampling=labels.volume.spacing) <= REACH_MM)
    inside = ndimage.binary_fill_holes(ndimage.binary_closing(near, iterations=2))
    # Choroid plexus and other gaps become what lies around them.
    nearest = ndimage.distance_transform_edt(~near, return_distances=False, return_indices=True)
    codes = np.where(inside, codes[tuple(nearest)], 0)

    levels = np.zeros(max(known) + 1)
    for tissue in TISSUES:
        levels[list(tissue.codes)] = tissue.level + BETWEEN_PEOPLE * random.standard_normal()
    sigma = [TEXTURE_MM / edge for edge in labels.volume.spacing]
    texture = ndimage.gaussian_filter(random.standard_normal(codes.shape), sigma)
    drawn = np.maximum(levels[codes] + texture * (TEXTURE / texture.std()), 1.0) * inside
    scan = Scan(Volume(drawn.astype(np.float32), labels.volume.affine), labels.header, ())
    prepared = prepare(scan, recipe, stripped=True, registered=False, cached=False)

    native_from_model = np.asarray(np.linalg.inv(prepared.model_from_native), np.float64)
    there = prepared.volume.data > 0
    most, winner = np.zeros(recipe.shape, np.float32), np.full(recipe.shape, FLUID, np.float32)
    for code in known:
        share = Volume((codes == code).astype(np.float32), labels.volume.affine)
        found = resample(share, recipe.grid, native_from_model).data
        winner[found > most] = code
        most = np.maximum(most, found)
    return prepared.volume, np.where(there, winner, np.float32(0))

"""The demonstration subject: a person who never was, seen twice, ten years apart.

Made from the ICBM 2009a average brain that nilearn carries, so nobody's data: given a shape of its own, the sharpness,
contrast and noise of a single scan, and ten years by published rates. The same seed makes the same files.

    python -m engine.cohort.demonstration -o resources/demo
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.cohort.deformation import Field, Scalar, Spacing, compose, exponential, fade, follow_up, random_velocity
from engine.volume import Affine, Grid, voxel_from_world, world_from_voxel

GRID = Grid((80, 96, 80), np.array([[2.0, 0, 0, -79], [0, 2.0, 0, -112], [0, 0, 2.0, -72], [0, 0, 0, 1.0]]))
SPACING: Spacing = (2.0, 2.0, 2.0)
AGE, YEARS = 62.0, 10.0
SEED = 7

PERCENT_PER_YEAR = {
    "ventricles": 3.5,  # healthy ageing +1.5 to +4, lateral ventricles +4.4 (Fjell 2009)
    "hippocampus": -1.0,  # -0.98 at 55 to 70 years (Fraser 2015)
    "cortical-grey": -0.5,  # temporal and prefrontal, 60 to 91 years (Fjell 2009)
    "white-matter": -0.6,  # 59 to 85 years (Resnick 2003)
    "deep-grey": -0.5,  # as the whole brain at 60 (Hedman 2012)
    "cerebellum": 0.0,
    "brainstem": 0.0,
}
"""Yearly volume changes of healthy people of this age. Fluid around the brain takes up the balance."""

SINCE_YOUTH = {
    "ventricles": 0.8,
    "hippocampus": -0.05,
    "cortical-grey": -0.09,
    "white-matter": -0.03,
    "deep-grey": -0.03,
    "cerebellum": -0.03,
    "brainstem": 0.0,
}
"""What makes the average of young adults a brain of 62. Real people of 55 to 70: 34 ml of ventricles on this grid."""

# Percentiles of brain voxels, of 255, in 2 mm T1 scans (3 T) of people of 55 to 70 after the same intensity rule.
PERCENTILES = (0.5, 1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5)
LEVELS = (40, 50, 59, 72, 90, 107, 124, 139, 150, 168, 182, 193, 204, 212, 220, 225, 230, 234, 237)

TEXTURE, NOISE, SHADING = 3.0, 4.5, 0.012
"""Standard deviations: of the tissue's own unevenness, of the noise (levels of 255), of what bias correction leaves."""


@dataclass(frozen=True)
class Visit:
    """``data`` (80, 96, 80) uint8 on GRID, background 0; ``volumes_ml`` of each region, as made, on the grid."""

    session: str
    age: float
    data: NDArray[np.uint8]
    volumes_ml: Mapping[str, float]


@dataclass(frozen=True)
class Anatomy:
    """The average brain, made sharp: ``picture`` (any unit), ``inside`` and ``regions`` as shares of each voxel."""

    affine: Affine
    picture: Scalar
    inside: Scalar
    regions: Mapping[str, Scalar]

    def regions_seen(self, displacement: Field) -> dict[str, Scalar]:
        """Every region's share of each voxel of GRID."""
        return {name: self.seen(share, displacement) for name, share in self.regions.items()}

    def seen(self, image: Scalar, displacement: Field) -> Scalar:
        """``image`` read on GRID at points moved by ``displacement`` (3, 80, 96, 80), millimetres."""
        point_world = world_from_voxel(GRID.affine, np.moveaxis(np.indices(GRID.shape, dtype=np.float64), 0, -1))
        index = voxel_from_world(self.affine, point_world + np.moveaxis(displacement, 0, -1))
        return np.asarray(ndimage.map_coordinates(image, np.moveaxis(index, -1, 0), order=1, mode="constant"))


def make(seed: int = SEED) -> tuple[Visit, Visit]:
    """Both visits: one anatomy, ten years, a noise of its own for each."""
    shape_seed, texture_seed, first_seed, second_seed = np.random.SeedSequence(seed).spawn(4)
    anatomy = average_brain(np.random.default_rng(texture_seed))

    still = np.zeros((3, *GRID.shape))
    person = own_shape(anatomy.seen(anatomy.inside, still) > 0.5, np.random.default_rng(shape_seed))
    inside = anatomy.seen(anatomy.inside, person) > 0.5
    ageing = follow_up(anatomy.regions_seen(person), SINCE_YOUTH, inside, SPACING)
    first = compose(ageing.backward, person, SPACING)
    ten_years = {name: (1.0 + percent / 100.0) ** YEARS - 1.0 for name, percent in PERCENT_PER_YEAR.items()}
    decade = follow_up(anatomy.regions_seen(first), ten_years, inside, SPACING)
    second = compose(decade.backward, first, SPACING)

    earlier, later = anatomy.seen(anatomy.picture, first), anatomy.seen(anatomy.picture, second)
    measured = np.asarray(np.percentile(earlier[inside], PERCENTILES), np.float64)
    visits = []
    for session, age, picture, displacement, noise_seed in (
        ("ses-M000", AGE, earlier, first, first_seed),
        ("ses-M120", AGE + YEARS, later, second, second_seed),
    ):
        levels = _beyond(picture, measured, np.asarray(LEVELS, np.float64))
        data = _scanned(levels, inside, np.random.default_rng(noise_seed))
        regions = anatomy.regions_seen(displacement)
        volumes = {name: float(share.sum() * np.prod(SPACING) / 1000.0) for name, share in regions.items()}
        volumes["csf/other"] = float(inside.sum() * np.prod(SPACING) / 1000.0) - sum(volumes.values())
        visits.append(Visit(session, age, data, volumes))
    return visits[0], visits[1]


def own_shape(inside: NDArray[np.bool_], random: np.random.Generator) -> Field:
    """A displacement that makes the symmetric average one person's: the head's form, lobes, the course of folds."""
    velocity = random_velocity(GRID.shape, SPACING, 40.0, 2.5, random)
    within = fade(inside, SPACING, 12.0)
    velocity += random_velocity(GRID.shape, SPACING, 12.0, 3.0, random) * within
    velocity += random_velocity(GRID.shape, SPACING, 5.0, 1.8, random) * within
    return exponential(velocity, SPACING)


def average_brain(random: np.random.Generator) -> Anatomy:
    """The template at 1 mm with the blur of averaging taken back, fluid around it as a scan shows, and its regions."""
    from nilearn import datasets

    image = datasets.load_mni152_template(resolution=1)
    average = np.asarray(image.get_fdata(), np.float64)
    grey = np.asarray(datasets.load_mni152_gm_template(resolution=1).get_fdata(), np.float64)
    white = np.asarray(datasets.load_mni152_wm_template(resolution=1).get_fdata(), np.float64)
    affine = np.asarray(image.affine, np.float64)

    brain = average > 0.0
    # Brain extraction keeps the fluid in the fissures and a rim of it outside; the template has neither.
    far = ndimage.distance_transform_edt(~brain)
    head = ndimage.distance_transform_edt(far <= 9.0) > 9.0
    head = ndimage.binary_dilation(head | brain)

    fluid = 0.22
    filled = np.where(brain, average, fluid)
    picture = filled + 2.5 * (average - _blurred_within(brain, average, 2.0)) * brain
    # Sharpening darkens the rim of a ventricle only; its middle is fluid too.
    picture += (fluid - picture) * np.clip((1.0 - grey - white - 0.5) / 0.4, 0.0, 1.0)
    texture = ndimage.gaussian_filter(random.standard_normal(brain.shape), 1.6)
    picture += texture * (TEXTURE / 255.0 / texture.std())
    picture = ndimage.gaussian_filter(np.clip(picture, fluid, 1.05), 0.7)
    return Anatomy(affine, picture, head.astype(np.float64), _parcels(affine, brain, grey, white))


def _parcels(affine: Affine, brain: NDArray[np.bool_], grey: Scalar, white: Scalar) -> dict[str, Scalar]:
    """Regions of the template from its tissue maps and where they lie; rough borders, enough to age them apart."""
    index = np.moveaxis(np.indices(brain.shape, dtype=np.float64), 0, -1)
    x, y, z = np.moveaxis(world_from_voxel(affine, index), -1, 0)
    side = np.abs(x)
    depth = ndimage.distance_transform_edt(brain)

    fluid = np.where(brain, np.clip(1.0 - grey - white, 0.0, 1.0), 0.0)
    # Deep fluid, less the sulci of the midline and the cistern behind the midbrain.
    midline = (side < 6.0) & ((y < -28.0) | (y > 24.0) | (z > 20.0))
    cistern = (side < 17.0) & (y < -24.0) & (z < 12.0)
    deep_fluid = (fluid > 0.4) & (depth > 16.0) & (z > -12.0) & (z < 30.0) & (side < 42.0) & ~midline & ~cistern
    hollow, _ = ndimage.label(deep_fluid)
    ventricles = np.isin(hollow, np.flatnonzero(np.bincount(hollow.ravel()) > 500)[1:])

    brainstem = (side < 17.0) & (y > -42.0) & (y < -4.0) & (z < -12.0 - 0.35 * (y + 20.0))
    cerebellum = (y < -36.0) & (z < -6.0 - 0.45 * side + 0.25 * (y + 60.0)) & ~brainstem
    upper = ~(brainstem | cerebellum)
    # The hippocampus bends from its head behind the amygdala up to the tail beside the splenium.
    bend = np.array([(22, -9, -22), (25, -15, -20), (28, -22, -16), (30, -29, -10), (28, -35, -4), (22, -39, 2)])
    course = np.concatenate([np.linspace(here, there, 12) for here, there in pairwise(bend)])
    elsewhere = np.ones(brain.shape, bool)
    for sign in (-1.0, 1.0):
        elsewhere[tuple(np.rint(voxel_from_world(affine, course * (sign, 1.0, 1.0))).astype(int).T)] = False
    hippocampus = (ndimage.distance_transform_edt(elsewhere) < 6.0) & upper & ~ventricles
    deep = ((side - 17.0) / 18.0) ** 2 + ((y + 4.0) / 28.0) ** 2 + ((z - 4.0) / 17.0) ** 2 < 1.0
    deep &= upper & ~hippocampus & ~ventricles
    cortex = upper & ~hippocampus & ~deep & ~ventricles
    tissue = grey + white
    shares = {
        "ventricles": ventricles.astype(np.float64),
        "hippocampus": grey * hippocampus,
        "cortical-grey": grey * cortex,
        "white-matter": white * (cortex | deep | hippocampus),
        "deep-grey": grey * deep,
        "cerebellum": tissue * cerebellum,
        "brainstem": tissue * brainstem,
    }
    # As smooth as a 2 mm grid can hold, or their volumes on it depend on where its points fall.
    return {name: ndimage.gaussian_filter(share, 0.8) for name, share in shares.items()}


def _blurred_within(mask: NDArray[np.bool_], image: Scalar, sigma: float) -> Scalar:
    """Gaussian mean of the voxels of ``mask`` alone."""
    weight = ndimage.gaussian_filter(mask.astype(np.float64), sigma)
    return np.where(mask, ndimage.gaussian_filter(image * mask, sigma) / np.maximum(weight, 1e-6), 0.0)


def _beyond(values: Scalar, known: Scalar, levels: Scalar) -> Scalar:
    """Straight lines from ``known`` to ``levels``, the last ones carried on."""
    slope_low = (levels[1] - levels[0]) / max(known[1] - known[0], 1e-6)
    below = np.minimum(values - known[0], 0.0) * min(slope_low, 1.0)
    return np.asarray(np.interp(values, known, levels) + below)


def _scanned(levels: Scalar, inside: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.uint8]:
    """A picture of 0 to 255 as a scanner and its bias correction would leave it; background exactly 0, P98 at 230."""
    noise = ndimage.gaussian_filter(random.standard_normal(levels.shape), 0.6)
    shading = ndimage.gaussian_filter(random.standard_normal(levels.shape), 14.0)
    shading *= SHADING / shading[inside].std()
    noisy = levels * (1.0 + shading) + noise * (NOISE / noise.std())
    scaled = noisy * (230.0 / np.percentile(noisy[inside], 98.0))
    return np.where(inside, np.clip(np.rint(scaled), 1, 255), 0).astype(np.uint8)


def write(folder: Path, visits: tuple[Visit, Visit]) -> None:
    """The visits as a BIDS folder: pictures, ages, and the volumes put in. The same visits, the same bytes."""
    subject = folder / "sub-demo"
    _text(folder / "README", README)
    _json(folder / "dataset_description.json", DESCRIPTION)
    _table(folder / "participants.tsv", [("participant_id", "age", "sex"), ("sub-demo", f"{visits[0].age:.1f}", "n/a")])
    sessions = [("session_id", "age"), *((visit.session, f"{visit.age:.1f}") for visit in visits)]
    _table(subject / "sub-demo_sessions.tsv", sessions)
    volumes = [("participant_id", "session_id", "region", "ml")]
    for visit in visits:
        volumes += [("sub-demo", visit.session, region, f"{ml:.2f}") for region, ml in visit.volumes_ml.items()]
        stem = subject / visit.session / "anat" / f"sub-demo_{visit.session}_space-MNI152_T1w"
        image = nibabel.Nifti1Image(visit.data, GRID.affine)
        image.header["descrip"] = b"Synthetic: made, never scanned"
        image.header.set_xyzt_units("mm")
        for code in (image.set_qform, image.set_sform):
            code(GRID.affine, code="mni")
        stem.parent.mkdir(parents=True, exist_ok=True)
        # No time of writing in the archive, so that the same visit is the same file.
        stem.with_name(f"{stem.name}.nii.gz").write_bytes(gzip.compress(image.to_bytes(), 9, mtime=0))
        _json(stem.with_name(f"{stem.name}.json"), {**SIDECAR, "AgeInYears": visit.age})
    _table(folder / "truth_volumes.tsv", volumes)


README = """The demonstration subject of Neurolapse: a person who never was, at 62 and at 72 years.

Nobody was scanned. Both pictures were made by engine/cohort/demonstration.py from the ICBM 2009a nonlinear symmetric
average brain (see NOTICE): deformed at random into one shape, sharpened, given the contrast, noise and shading of a
2 mm T1 scan, and aged ten years by published rates for healthy people. truth_volumes.tsv holds the volumes put in, in
millilitres on this grid; their borders are rough and do not compare with those of any atlas.
"""

DESCRIPTION = {
    "Name": "Neurolapse demonstration subject (synthetic)",
    "BIDSVersion": "1.9.0",
    "DatasetType": "derivative",
    "License": "MIT; the average brain it was made from: see NOTICE",
    "GeneratedBy": [{"Name": "Neurolapse", "Description": "engine/cohort/demonstration.py"}],
}

SIDECAR = {
    "Description": "Synthetic: made from an average brain, never scanned. Brain only, background 0, P98 at 230 of 255.",
    "Synthetic": True,
    "SkullStripped": True,
    "SpatialReference": "MNI152 (ICBM 2009a nonlinear symmetric), 2 mm",
    "Sources": ["ICBM 2009a nonlinear symmetric T1, grey and white matter averages"],
}


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _json(path: Path, content: Mapping[str, object]) -> None:
    _text(path, json.dumps(content, indent=2) + "\n")


def _table(path: Path, rows: Sequence[Sequence[str]]) -> None:
    _text(path, "".join("\t".join(row) + "\n" for row in rows))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the demonstration subject.")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the BIDS folder to write")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    write(asked.output, make(asked.seed))


if __name__ == "__main__":
    main()

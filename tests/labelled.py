"""A made-up cohort with label maps: a head of fluid around tissue, in it a ventricle and two hippocampi."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

SHAPE = (26, 32, 28)
AFFINE = np.array([[5.0, 0, 0, -62], [0, 5, 0, -80], [0, 0, 5, -70], [0, 0, 0, 1]])
LABELS = ((1, "Fluid", "csf/other"), (2, "Tissue_R", "white-matter"), (3, "Tissue_L", "white-matter"))
LABELS += ((4, "Ventricle", "ventricles"), (47, "Hippocampus_R", "hippocampus"), (48, "Hippocampus_L", "hippocampus"))
PEOPLE = {"sub-A1": (58.0, "F", "train"), "sub-A2": (71.0, "M", "train"), "sub-B1": (66.0, "F", "test")}

CONFIG = """data = "none"
split = "train"
months = [0, 6, 24]

[variety]
noise = 2.0
shading = 0.01

[rates.normal]
ventricles = [3.0, 1.0]
hippocampus = [-1.4, 0.5]
white-matter = [-0.5, 0.2]

[rates.alzheimer]
ventricles = [10.0, 3.0]
hippocampus = [-4.7, 1.2]
white-matter = [-1.0, 0.3]
"""


def write_labelled_cohort(folder: Path) -> Path:
    random = np.random.default_rng(4)
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["participant_id\tage\tsex\tsplit"]
    for name, (age, sex, split) in PEOPLE.items():
        labels, image = _person(random)
        place = folder / name / "anat"
        place.mkdir(parents=True)
        nib.save(nib.Nifti1Image(image, AFFINE), place / f"{name}_T1w.nii.gz")
        nib.save(nib.Nifti1Image(labels, AFFINE), place / f"{name}_dseg.nii.gz")
        rows.append(f"{name}\t{age}\t{sex}\t{split}")
    (folder / "participants.tsv").write_text("\n".join(rows) + "\n")
    table = ["index\tname\tgroup", *("\t".join(map(str, row)) for row in LABELS)]
    (folder / "labels.tsv").write_text("\n".join(table) + "\n")
    return folder


def _person(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x, y, z = (5.0 * (axis - (n - 1) / 2) for axis, n in zip(np.indices(SHAPE), SHAPE, strict=True))
    size = random.uniform(0.95, 1.05)

    def blob(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> np.ndarray:
        offsets = zip((x, y, z), centre, radii, strict=True)
        return sum(((a - c) / (size * r)) ** 2 for a, c, r in offsets) < 1.0

    labels = np.zeros(SHAPE, np.uint8)
    labels[blob((0, 0, 0), (58, 73, 63))] = 1
    labels[blob((0, 0, 0), (46, 60, 50)) & (x > 0)] = 2
    labels[blob((0, 0, 0), (46, 60, 50)) & (x <= 0)] = 3
    labels[blob((0, 0, 8), (13, 25, 14))] = 4
    labels[blob((26, -6, -16), (9, 20, 10))] = 47
    labels[blob((-26, -6, -16), (9, 20, 10))] = 48
    levels = np.zeros(64)
    levels[[1, 2, 3, 4, 47, 48]] = (50, 220, 220, 45, 150, 150)
    image = np.clip(levels[labels] + 6 * random.standard_normal(SHAPE), 1, 255)
    return labels, np.where(labels > 0, image, 0).astype(np.uint8)

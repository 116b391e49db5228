"""The people a simulation starts from: a cohort folder's scans with their label maps."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cohort.deformation import Spacing
from engine.cohort.groups import read_groups
from engine.errors import ScanError
from engine.scans import Scan, fingerprint, read
from engine.volume import Affine, spacing

NO_REGION = "csf/other"
"""The group that takes up what the regions lose: fluid around the brain."""


@dataclass(frozen=True)
class Source:
    """A row of ``participants.tsv`` with its files; what the table does not tell is "n/a". ``age`` in years."""

    name: str
    age: float
    sex: str
    split: str
    image: Path
    labels: Path


@dataclass(frozen=True)
class Anatomy:
    """``image`` (X, Y, Z), background 0; ``labels`` likewise; ``groups``: name → labels; ``sha256`` of the scan."""

    image: NDArray[np.uint8]
    labels: NDArray[np.integer]
    groups: Mapping[str, Sequence[int]]
    affine: Affine
    sha256: str

    @property
    def spacing(self) -> Spacing:
        return spacing(self.affine)

    @property
    def inside(self) -> NDArray[np.bool_]:
        return self.image > 0

    @property
    def regions(self) -> dict[str, NDArray[np.bool_]]:
        """What has a volume of its own to change: the groups but for the fluid around the brain."""
        return {name: np.isin(self.labels, found) for name, found in self.groups.items() if name != NO_REGION}

    def volumes_ml(self) -> dict[str, float]:
        voxel_ml = float(np.prod(self.spacing)) / 1000.0
        return {name: float(np.isin(self.labels, found).sum()) * voxel_ml for name, found in self.groups.items()}


def read_sources(folder: Path, split: str | None, ages: tuple[float, float]) -> list[Source]:
    """The people of ``split`` (None: all) whose age lies within ``ages``, in the order of the table.

    Raises ScanError where the table names nobody, or someone whose scan or labels are missing.
    """
    table = folder / "participants.tsv"
    if not table.is_file():
        raise ScanError(f"{folder}: holds no participants.tsv: name a cohort folder.")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    sources = []
    for row in rows:
        age = _years(row.get("age"))
        if (split is not None and row.get("split") != split) or age is None or not ages[0] <= age <= ages[1]:
            continue
        name = row["participant_id"]
        image = _only(folder, name, "T1w", "prepare the cohort first")
        labels = _only(folder, name, "dseg", "the simulator needs a label map of each scan")
        sources.append(Source(name, age, row.get("sex") or "n/a", row.get("split") or "n/a", image, labels))
    if not sources:
        who = "" if split is None else f" of split {split}"
        raise ScanError(
            f"{table}: names nobody{who} of {ages[0]:g} to {ages[1]:g} years: complete it, or ask otherwise."
        )
    return sources


def read_source_groups(folder: Path) -> dict[str, list[int]]:
    """``labels.tsv`` of a cohort. Raises ScanError where there is none."""
    groups = read_groups(folder)
    if not groups:
        raise ScanError(f"{folder}: holds no labels.tsv: add one (index, name, group) for its label maps.")
    return groups


def load_anatomy(source: Source, groups: Mapping[str, Sequence[int]]) -> Anatomy:
    """Raises ScanError where scan and labels cannot be read, do not lie on one grid, or lack a region."""
    scan, labels = read(source.image), read(source.labels)
    if not scan.volume.grid.matches(labels.volume.grid):
        raise ScanError(f"{source.labels.name}: lies on another grid than {source.image.name}: resample it onto that.")
    numbers: NDArray[np.integer] = labels.volume.data.astype(np.uint8 if labels.volume.data.max() < 256 else np.uint16)
    anatomy = Anatomy(_levels(scan), numbers, groups, scan.volume.affine, fingerprint(scan))
    missing = [name for name, region in anatomy.regions.items() if not np.any(region & anatomy.inside)]
    if missing:
        raise ScanError(f"{source.labels.name}: has no voxel of {', '.join(missing)}: correct it, or leave it out.")
    return anatomy


def _levels(scan: Scan) -> NDArray[np.uint8]:
    """0 to 255 of a prepared scan: 8 bit as it is, other whole numbers by their type's range, floats from 0 to 1."""
    data, dtype = scan.volume.data, np.dtype(scan.header.dtype)
    top = float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0
    if data.min() < 0.0 or data.max() > top:
        raise ScanError(f"{scan.header.name}: is no prepared brain (values beyond 0 to {top:g}): prepare it first.")
    levels = np.rint(data * (255.0 / top))
    return np.where(data > 0, np.clip(levels, 1, 255), 0).astype(np.uint8)


def _only(folder: Path, name: str, suffix: str, do: str) -> Path:
    found = sorted((folder / name).rglob(f"*_{suffix}.nii.gz"))
    if not found:
        raise ScanError(f"{folder / name}: holds no *_{suffix}.nii.gz: {do}.")
    return found[0]


def _years(text: str | None) -> float | None:
    try:
        return float((text or "").strip().rstrip("+"))
    except ValueError:
        return None

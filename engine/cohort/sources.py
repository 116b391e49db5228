"""The people a simulation starts from: a cohort folder's scans with their label maps, or label maps alone."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cohort.deformation import Spacing
from engine.cohort.painting import labels_table, painted
from engine.errors import ScanError
from engine.preparation import COMPACT_RECIPE
from engine.scans import Scan, fingerprint, read
from engine.volume import Affine, FloatArray, spacing

NO_REGION = "csf/other"
"""The group that takes up what the regions lose: fluid around the brain."""


@dataclass(frozen=True)
class Source:
    """Someone with a label map. What no table tells is None or "n/a"; ``age`` in years; no ``image``: to be painted."""

    name: str
    age: float | None
    sex: str
    split: str
    image: Path | None
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

    A folder of FreeSurfer-coded label maps has no table, so all are taken, as people of ``split``.
    Raises ScanError where the table names nobody, or someone whose scan or labels are missing.
    """
    maps = _maps_alone(folder)
    if maps:
        return [Source(f"sub-{_plain(path)}", None, "n/a", split or "n/a", None, path) for path in maps]
    table = folder / "participants.tsv"
    if not table.is_file():
        raise ScanError(f"{folder}: holds no participants.tsv and no label maps: name a cohort folder.")
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


def read_labels_table(folder: Path) -> str:
    """The text of a cohort's ``labels.tsv``; of label maps alone, FreeSurfer's. Raises ScanError without one."""
    if _maps_alone(folder):
        return labels_table()
    table = folder / "labels.tsv"
    if not table.is_file():
        raise ScanError(f"{folder}: holds no labels.tsv: add one (index, name, group) for its label maps.")
    return table.read_text(encoding="utf-8")


def load_anatomy(source: Source, groups: Mapping[str, Sequence[int]], seed: int) -> Anatomy:
    """Raises ScanError where scan and labels cannot be read, do not lie on one grid, or lack a region.

    Without a scan one is painted on the compact model's grid, its draws those of ``seed`` and the person.
    """
    labels = read(source.labels)
    if source.image is None:
        random = np.random.default_rng([seed, *f"{source.name}/paint".encode()])
        volume, numbers = painted(labels, COMPACT_RECIPE, random)
        anatomy = Anatomy(_levels(volume.data), _whole(numbers), groups, volume.affine, fingerprint(labels))
    else:
        scan = read(source.image)
        if not scan.volume.grid.matches(labels.volume.grid):
            name = source.labels.name
            raise ScanError(f"{name}: lies on another grid than {source.image.name}: resample it onto that.")
        anatomy = Anatomy(_prepared(scan), _whole(labels.volume.data), groups, scan.volume.affine, fingerprint(scan))
    missing = [name for name, region in anatomy.regions.items() if not np.any(region & anatomy.inside)]
    if missing:
        raise ScanError(f"{source.labels.name}: has no voxel of {', '.join(missing)}: correct it, or leave it out.")
    return anatomy


def _prepared(scan: Scan) -> NDArray[np.uint8]:
    """Whole numbers count by their type's range, floats from 0 to 1."""
    data, dtype = scan.volume.data, np.dtype(scan.header.dtype)
    top = float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0
    if data.min() < 0.0 or data.max() > top:
        raise ScanError(f"{scan.header.name}: is no prepared brain (values beyond 0 to {top:g}): prepare it first.")
    return _levels(data / np.float32(top))


def _levels(data: FloatArray) -> NDArray[np.uint8]:
    """0 to 1 as 0 to 255, 0 for the background alone."""
    return np.where(data > 0, np.clip(np.rint(data * np.float32(255)), 1, 255), 0).astype(np.uint8)


def _whole(labels: FloatArray) -> NDArray[np.integer]:
    return labels.astype(np.uint8 if labels.max() < 256 else np.uint16)


def _maps_alone(folder: Path) -> list[Path]:
    """The label maps of a folder that is no cohort."""
    return [] if (folder / "participants.tsv").is_file() else sorted(folder.glob("*.nii.gz"))


def _plain(path: Path) -> str:
    """A file's name as a BIDS label has it: letters and digits."""
    return "".join(letter for letter in path.name.removesuffix(".nii.gz") if letter.isalnum())


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

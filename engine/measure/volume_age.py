"""The plain age regression that a code's reader is held against: a ridge on the volumes of all labelled structures.

    reader = load_volume_age(find_bundle(bundle))                # None: the bundle carries none
    ages = reader.read(volumes_of(cohort, names, reader.labels))  # or volumes counted in label maps: counted

Volumes are taken as shares of all that is labelled, the intracranial volume where label maps name the fluid too. So ml,
voxels, and volumes on the template's grid all serve alike.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from engine.edit.probes import fit_probe, scores
from engine.errors import ModelError, ScanError

Array = NDArray[np.float64]
FILE = "volume_age.safetensors"
TABLE = "roi_volumes_ml.tsv"


@dataclass(frozen=True)
class VolumeAge:
    """``weight`` (L,) for the share of each of ``labels``; ``error``: mean absolute error in years, leave-one-out."""

    labels: tuple[int, ...]
    weight: Array
    bias: float
    error: float

    def read(self, volumes: Array) -> Array:
        """Ages in years (N,) of people with ``volumes`` (N, L), in any unit, in the order of ``labels``."""
        return np.asarray(_shares(volumes) @ self.weight + self.bias)


def fit_volume_age(labels: Sequence[int], volumes: Array, ages: Array) -> VolumeAge:
    """A ridge on the shares of ``volumes`` (N, L) against ``ages`` (N,) in years; its penalty by leave-one-out."""
    probe = fit_probe(_shares(volumes), ages)
    return VolumeAge(tuple(labels), probe.weight, probe.bias, scores(ages, probe.left_out)["mae"])


def fit_to_cohort(folder: Path, names: Sequence[str], ages: Array) -> VolumeAge | None:
    """``fit_volume_age`` on the cohort's table of volumes; None where it has none. Raises ScanError like volumes_of."""
    table = folder / TABLE
    if not table.is_file():
        return None
    with table.open(encoding="utf-8-sig", newline="") as file:
        labels = [int(column) for column in next(csv.reader(file, delimiter="\t"))[1:]]
    volumes = volumes_of(folder, names, labels)
    assert volumes is not None
    return fit_volume_age(labels, volumes, ages)


def volumes_of(folder: Path, names: Sequence[str], labels: Sequence[int]) -> Array | None:
    """Volumes (N, L) from ``roi_volumes_ml.tsv`` of a cohort folder; None where it has none.

    Raises ScanError where the table lacks a person or a label.
    """
    table = folder / TABLE
    if not table.is_file():
        return None
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["participant_id"]: row for row in csv.DictReader(file, delimiter="\t")}
    try:
        return np.array([[float(rows[name][str(label)]) for label in labels] for name in names])
    except (KeyError, ValueError) as error:
        raise ScanError(f"{table}: has no number for {error}: complete it.") from None


def counted(label_map: NDArray[np.integer], labels: Sequence[int]) -> Array:
    """Voxels (L,) of each of ``labels`` in a label map."""
    counts = np.bincount(label_map.ravel(), minlength=max(labels) + 1)
    return counts[list(labels)].astype(np.float64)


def save_volume_age(reader: VolumeAge, folder: Path) -> Path:
    """Writes ``volume_age.safetensors`` into a bundle's ``folder``; its path."""
    path = folder / FILE
    numbers = {"weight": reader.weight, "bias": np.array([reader.bias]), "error": np.array([reader.error])}
    save_file({**numbers, "labels": np.array(reader.labels)}, path)
    return path


def load_volume_age(folder: Path) -> VolumeAge | None:
    """The reader that a bundle carries; None where it carries none. Raises ModelError where its file is damaged."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        stored = load_file(path)
        labels = tuple(int(label) for label in stored["labels"])
        return VolumeAge(labels, stored["weight"], float(stored["bias"][0]), float(stored["error"][0]))
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise ModelError(f"{path}: cannot be read ({error}): reinstall the model.") from None


def _shares(volumes: Array) -> Array:
    return np.asarray(volumes / volumes.sum(-1, keepdims=True))

"""What is known of a scan: its header, and the scan itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from engine.errors import ScanError
from engine.volume import Affine, Volume

Kind = Literal["scan", "copy", "synthetic", "unknown"]
"""``copy`` and ``synthetic`` come from the mark in the file; ``unknown`` is a mark that cannot be understood."""


@dataclass(frozen=True)
class Series:
    """One series of a DICOM folder. ``number`` is what ``series=`` and ``--series`` take."""

    number: int
    description: str
    modality: str
    shape: tuple[int, int, int]


@dataclass(frozen=True)
class ScanHeader:
    """A file as its header tells it, before any voxel is read.

    ``shape``, ``spacing_mm``, ``orientation`` (where the stored axes point, e.g. "PIR") and ``affine`` (4, 4,
    world_from_voxel in RAS+ millimetres) are those of one volume as stored. ``sides_known`` is false where the file
    holds no orientation: left and right are then a guess and ``orientation`` is "unknown". A voxel's value is what is
    stored times ``slope`` plus ``inter``. ``modality`` is DICOM's ("MR", "CT"), else empty.
    """

    path: Path
    format: str
    kind: Kind
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    orientation: str
    dtype: str
    affine: Affine
    volumes: int
    series: tuple[Series, ...]
    header_notes: tuple[str, ...]
    sides_known: bool
    slope: float = 1.0
    inter: float = 0.0
    modality: str = ""

    @property
    def name(self) -> str:
        """The file's name, as sentences to the user begin with."""
        return name_of(self.path)

    @property
    def memory_mb(self) -> float:
        """Megabytes that opening one volume takes at its height: as stored, in float64, in float32, and a mask."""
        return self.memory_mb_of(self.shape)

    def memory_mb_of(self, shape: tuple[int, int, int]) -> float:
        """The same for a volume of ``shape``, another series of the folder."""
        return float(np.prod(shape, dtype=np.float64)) * (np.dtype(self.dtype).itemsize + 8 + 4 + 1) / 1e6


@dataclass(frozen=True)
class Scan:
    """``volume``: finite float32, axes turned to the closest RAS+. ``notes``: sentences on what was done to it."""

    volume: Volume
    header: ScanHeader
    notes: tuple[str, ...]


def fingerprint(scan: Scan) -> str:
    """SHA-256 over the voxels in RAS+ order and where they lie: the same for one scan in any container."""
    placed = json.dumps([scan.volume.data.shape, scan.volume.affine.round(4).tolist()])
    digest = hashlib.sha256(placed.encode())
    digest.update(np.ascontiguousarray(scan.volume.data).data)
    return digest.hexdigest()


def name_of(path: Path) -> str:
    return path.name or str(path)


def refused(path: Path, sentence: str) -> ScanError:
    """The error for ``path``: its name, then ``sentence`` (what is wrong: what to do)."""
    return ScanError(f"{name_of(path)} {sentence}")

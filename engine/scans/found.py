"""What the header of any format tells, and how its voxels are had."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.scans.header import Kind, Series
from engine.volume import Affine

# One float32 volume of 1 GB: above any head (0.35 mm isotropic is 640 x 640 x 500), below what a header can make up.
MAX_VOXELS = 640**3


@dataclass(frozen=True, kw_only=True)
class Found(ABC):
    """``volumes`` arrays of ``shape`` with stored values of ``dtype``; a voxel is ``stored * slope + inter``."""

    format: str
    shape: tuple[int, int, int]
    volumes: int
    dtype: np.dtype[np.generic]
    affine: Affine
    kind: Kind = "scan"
    slope: float = 1.0
    inter: float = 0.0
    sides_known: bool = True
    notes: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()
    modality: str = ""

    @abstractmethod
    def check(self) -> None:
        """Raises ScanError when the file cannot hold what its header speaks of. Reads no voxel."""

    @abstractmethod
    def stored(self, volume: int) -> NDArray[np.generic]:
        """Stored values (X, Y, Z) of one volume, counted from 0. Raises ScanError."""

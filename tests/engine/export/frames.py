"""Timelines made by hand: a scan, synthetic points, a scan."""

from __future__ import annotations

import numpy as np

from engine.export.provenance import Provenance
from engine.export.timeline import Frame
from engine.volume import Volume

SHAPE = (15, 21, 13)
AFFINE = np.array([[6.0, 0, 0, -42], [0, 6, 0, -60], [0, 0, 6, -36], [0, 0, 0, 1]])


def frame(age: float | None, kind: str = "synthetic", name: str = "", extrapolated: bool = False) -> Frame:
    """A ball that grows darker with age."""
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in axes))
    data = np.where(radius < 0.9, 0.4 + 0.5 * radius - (age or 0) / 1000, 0).astype(np.float32)
    about = {"steps": 4, "model_name": "tiny", "seed": 3} if kind != "scan" else {}
    provenance = Provenance(kind=kind, description="x", age_shown=age, scan_sha256="ab" * 32, **about)  # type: ignore[arg-type]
    return Frame(Volume(data, AFFINE), provenance, name, "sub-01", name, extrapolated)


def timeline() -> list[Frame]:
    """Five frames a year and a half apart, 61 to 67 years."""
    between = [frame(61 + 1.5 * step) for step in (1, 2, 3)]
    return [frame(61.0, "scan", "ses-M00"), *between, frame(67.0, "scan", "ses-M72")]

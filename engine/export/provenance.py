"""Where a written volume comes from: the sidecar's content, also kept inside the file. No names, no absolute paths."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from engine import __version__

OWN_SPACE = "orig"
"""BIDS' word, as ``spatial_reference``, for a space that is one image's own."""

SyntheticForm = Literal["model", "moved", "change", "plain", "difference"]


@dataclass(frozen=True)
class Provenance:
    """``kind`` "scan" is an acquired volume that was only prepared; "copy" and "synthetic" come from a model.

    ``form``: on the model's grid; in native space as the scan's own tissue moved, as scan plus change, or as the plain
    synthetic brain; or a difference of two volumes. ``changes``: direction → how far, in its unit. Ages in years.
    ``details``: further keys of the sidecar, plain JSON values. Not ``dated``: a file that its seed makes again, byte
    for byte.
    """

    kind: Literal["scan", "copy", "synthetic"]
    description: str
    form: SyntheticForm | None = None
    model_name: str | None = None
    model_version: str | None = None
    weights_sha256: str | None = None
    changes: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    steps: int | None = None
    solver: str | None = None
    held: Collection[str] = ()
    semantic_only: bool = False
    scan_sha256: str | None = None
    age_at_scan: float | None = None
    age_shown: float | None = None
    extrapolated: bool | None = None
    skull_stripped: bool | None = None
    spatial_reference: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    dated: bool = True

    @property
    def generated(self) -> bool:
        return self.kind != "scan"

    @property
    def mark(self) -> str:
        """The 80 bytes of the NIfTI field ``descrip``."""
        if not self.generated:
            return f"Neurolapse {__version__} prepared"
        moved = [f"{name}={value:+g}" for name, value in self.changes.items()]
        if self.age_shown is not None:
            moved = [f"age={self.age_shown:.1f}", *(word for word in moved if not word.startswith("age="))]
        return " ".join(["SYNTHETIC Neurolapse", __version__, *(moved or [self.kind]), "not acquired"])

    def to_json(self) -> dict[str, Any]:
        """The sidecar, keys as in BIDS derivatives; what is not known is left out. ``DateTime`` is now, in UTC."""
        model = {"Name": self.model_name, "Version": self.model_version, "WeightsSHA256": self.weights_sha256}
        record: dict[str, Any] = {
            "Description": self.description,
            "Synthetic": self.generated,
            "Kind": self.kind,
            "SyntheticForm": self.form if self.generated else None,
            "Model": {key: value for key, value in model.items() if value is not None} or None,
            "Sliders": dict(self.changes) or None,
            "Seed": self.seed,
            "Steps": self.steps,
            "Solver": self.solver,
            "Held": list(self.held) or None,
            "SemanticOnly": self.semantic_only or None,
            "ScanSHA256": self.scan_sha256,
            "AgeAtScan": self.age_at_scan,
            "AgeShown": self.age_shown,
            "Extrapolated": self.extrapolated,
            "SkullStripped": self.skull_stripped,
            "SpatialReference": self.spatial_reference,
            "Software": f"Neurolapse {__version__}",
            "DateTime": datetime.now(UTC).isoformat(timespec="seconds") if self.dated else None,
        }
        return {key: value for key, value in record.items() if value is not None} | dict(self.details)

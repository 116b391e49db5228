"""What exported files are called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

Form = Literal["change", "plain", "model"]


def state_name(edit: Iterable[tuple[str, float]]) -> str:
    """ "age74p5", "age74p5atrophy0p3"; "recon" where nothing is moved. ``edit``: direction and its value shown."""
    return "".join(f"{name}{_figures(value)}" for name, value in edit) or "recon"


def file_name(scan: str, form: Form, state: str) -> str:
    """``scan`` is the scan's file name without ending."""
    if form == "model":
        return f"{scan}_space-ldae_synth-{state}.nii.gz"
    return f"{scan}_space-native_synth-{state}_{form}.nii.gz"


def numbered(path: Path) -> Path:
    """``path``, or the first of ``…-2.nii.gz``, ``…-3.nii.gz`` that is free."""
    if not path.exists():
        return path
    base = path.name.removesuffix(".nii.gz")
    number = 2
    while (free := path.with_name(f"{base}-{number}.nii.gz")).exists():
        number += 1
    return free


def _figures(value: float) -> str:
    return f"{abs(value):.2f}".rstrip("0").rstrip(".").replace(".", "p").join(("m" if value < 0 else "", ""))

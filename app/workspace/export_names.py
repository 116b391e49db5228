"""What exported files are called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

Form = Literal["change", "plain", "model", "difference", "bids", "timeline4d", "gif", "mp4", "csv"]
TIMELINE: tuple[Form, ...] = ("timeline4d", "gif", "mp4", "csv")
_ENDINGS = {"timeline4d": "timeline.nii.gz", "gif": "timeline.gif", "mp4": "timeline.mp4", "csv": "measures.csv"}


def state_name(edit: Iterable[tuple[str, float]]) -> str:
    """ "age74p5", "age74p5atrophy0p3"; "recon" where nothing is moved. ``edit``: direction and its value shown."""
    return "".join(f"{name}{_figures(value)}" for name, value in edit) or "recon"


def bids_label(edit: Iterable[tuple[str, float]], held: Iterable[str]) -> str:
    """ "synthAge74p5HoldSexChange": letters and digits only, for a derivative in native space in the change form."""
    moved = "".join(f"{name.title()}{_figures(value)}" for name, value in edit) or "Recon"
    return f"synth{moved}{''.join(f'Hold{name.title()}' for name in held)}Change"


def file_name(scan: str, form: Form, state: str) -> str:
    """``scan`` is the scan's file name without ending."""
    if form in _ENDINGS:
        return f"{scan}_{_ENDINGS[form]}"
    if form == "difference":
        return f"{scan}_space-ldae_synth-{state}_diff-copy.nii.gz"
    if form == "model":
        return f"{scan}_space-ldae_synth-{state}.nii.gz"
    return f"{scan}_space-native_synth-{state}_{form}.nii.gz"


def numbered(path: Path) -> Path:
    """``path``, or the first of ``…-2.nii.gz``, ``…-3.nii.gz`` that is free."""
    if not path.exists():
        return path
    ending = ".nii.gz" if path.name.endswith(".nii.gz") else path.suffix
    base = path.name.removesuffix(ending)
    number = 2
    while (free := path.with_name(f"{base}-{number}{ending}")).exists():
        number += 1
    return free


def _figures(value: float) -> str:
    return f"{abs(value):.2f}".rstrip("0").rstrip(".").replace(".", "p").join(("m" if value < 0 else "", ""))

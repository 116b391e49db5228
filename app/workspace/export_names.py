"""What exported files are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Form = Literal[
    "change", "plain", "model", "difference", "missed", "bids", "timeline4d", "timelinebids", "gif", "mp4", "csv"
]
TIMELINE: tuple[Form, ...] = ("timeline4d", "timelinebids", "gif", "mp4", "csv")
DIFFERENCES = {"difference": "copy", "missed": "scan"}
"""What each map is counted from."""
_ENDINGS = {"timeline4d": "timeline.nii.gz", "gif": "timeline.gif", "mp4": "timeline.mp4", "csv": "measures.csv"}


@dataclass(frozen=True)
class Moved:
    """A direction and its ``value`` shown; ``by``: the value is only how far it was moved, from where is not known."""

    direction: str
    value: float
    by: bool = False


def state_name(edit: Iterable[Moved]) -> str:
    """ "age74p5", "age74p5atrophy0p3", "ageby10"; "recon" where nothing is moved."""
    return "".join(f"{it.direction}{'by' if it.by else ''}{_figures(it.value)}" for it in edit) or "recon"


def bids_label(edit: Iterable[Moved], held: Iterable[str]) -> str:
    """ "synthAge74p5HoldSexChange", "synthAgeBy10Change": letters and digits only, for a derivative in native space in
    the change form."""
    moved = "".join(f"{it.direction.title()}{'By' if it.by else ''}{_figures(it.value)}" for it in edit) or "Recon"
    return f"synth{moved}{''.join(f'Hold{name.title()}' for name in held)}Change"


def point_label(fraction: float, others: Iterable[float] = ()) -> str:
    """ "synthT0p25Change": a point between two visits, for a derivative in native space in the change form; with more
    figures where one of the ``others`` of these visits would have the same name."""
    near = any(other != fraction and abs(other - fraction) < 0.01 for other in others)
    return f"synthT{_figures(fraction, 4 if near else 2)}Change"


def file_name(scan: str, form: Form, state: str) -> str:
    """``scan`` is the scan's file name without ending."""
    if form in _ENDINGS:
        return f"{scan}_{_ENDINGS[form]}"
    if form in DIFFERENCES:
        return f"{scan}_space-ldae_synth-{state}_diff-{DIFFERENCES[form]}.nii.gz"
    if form == "model":
        return f"{scan}_space-ldae_synth-{state}.nii.gz"
    return f"{scan}_space-native_synth-{state}_{form}.nii.gz"


def files_of(path: Path) -> tuple[Path, ...]:
    """``path`` and, where it is a volume, the sidecar that is written with it."""
    base = path.name.removesuffix(".nii.gz")
    return (path,) if base == path.name else (path, path.with_name(f"{base}.json"))


def taken(path: Path) -> bool:
    """Whether writing ``path`` would replace a file."""
    return any(one.exists() for one in files_of(path))


def written_words(paths: Sequence[str | Path]) -> str:
    """ "8 files written to out, 1 to anat."; "nothing was written." of none."""
    counts = Counter(Path(path).parent.name or str(path) for path in paths)
    if not counts:
        return "nothing was written."
    (folder, count), *others = counts.items()
    first = f"{count} {'file' if count == 1 else 'files'} written to {folder}"
    return ", ".join([first, *(f"{count} to {folder}" for folder, count in others)]) + "."


def numbered(path: Path) -> Path:
    """``path``, or the first of ``…-2.nii.gz``, ``…-3.nii.gz`` that is free."""
    if not taken(path):
        return path
    ending = ".nii.gz" if path.name.endswith(".nii.gz") else path.suffix
    base = path.name.removesuffix(ending)
    number = 2
    while taken(free := path.with_name(f"{base}-{number}{ending}")):
        number += 1
    return free


def _figures(value: float, decimals: int = 2) -> str:
    return f"{abs(value):.{decimals}f}".rstrip("0").rstrip(".").replace(".", "p").join(("m" if value < 0 else "", ""))

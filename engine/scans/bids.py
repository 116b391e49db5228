"""Folders of people laid out as BIDS: which T1 scans they hold, whose each is, and at what age it was taken."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ScanError

_T1 = re.compile(r"_T1w\.nii(\.gz)?$", re.IGNORECASE)
_PLACES = ("anat/*", "ses-*/anat/*")


@dataclass(frozen=True)
class Visit:
    """A T1 scan in the BIDS folder ``root``; ``session`` is empty where there is none.

    ``age`` in years at the scan, None where no table tells it. ``notes``: sentences on how it was read.
    """

    path: Path
    root: Path
    subject: str
    session: str
    age: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The path below ``root``, with slashes."""
        return self.path.relative_to(self.root).as_posix()

    @property
    def entities(self) -> tuple[str, ...]:
        """The pieces of the name before the suffix, in their order: "sub-01", "ses-M00", "run-1"."""
        return tuple(_T1.sub("", self.path.name).split("_"))


def is_bids(path: str | Path) -> bool:
    """Whether ``path`` is a folder of people, not one of DICOM files."""
    root = Path(path)
    if not root.is_dir():
        return False
    return any((root / name).is_file() for name in ("dataset_description.json", "participants.tsv")) or bool(_t1s(root))


def visits_in(root: str | Path) -> list[Visit]:
    """The T1 scans below ``sub-*/[ses-*/]anat`` in the order of their paths. Raises ScanError where there is none."""
    root = Path(root)
    paths = _t1s(root)
    if not paths:
        raise ScanError(
            f"{root.name or root} is a BIDS folder without T1 scans (sub-*/[ses-*/]anat/*_T1w.nii.gz): choose another."
        )
    participants = _rows(root / "participants.tsv", "participant_id")
    scans_of = Counter(path.relative_to(root).parts[0] for path in paths)
    return [_visit(path, root, participants, scans_of[path.relative_to(root).parts[0]]) for path in paths]


def visit_of(path: str | Path) -> Visit | None:
    """The visit that one file is, where it lies in a BIDS folder with a table of participants."""
    path = Path(path).absolute()
    root = next((folder for folder in path.parents if (folder / "participants.tsv").is_file()), None)
    if root is None:
        return None
    paths = _t1s(root, path.relative_to(root).parts[0])
    if path not in paths:
        return None
    return _visit(path, root, _rows(root / "participants.tsv", "participant_id"), len(paths))


def visit_at(path: str | Path) -> Visit:
    """The same. Raises ScanError where ``path`` is no such file."""
    visit = visit_of(path)
    if visit is None:
        raise ScanError(
            f"{Path(path).name} lies in no BIDS folder (sub-*/[ses-*/]anat/*_T1w.nii.gz below a participants.tsv): "
            "choose another kind of export."
        )
    return visit


def _t1s(root: Path, subject: str = "sub-*") -> list[Path]:
    found = (path for place in _PLACES for path in root.glob(f"{subject}/{place}"))
    return sorted(path for path in found if _T1.search(path.name) and not path.name.startswith("."))


def _visit(path: Path, root: Path, participants: dict[str, str], scans: int) -> Visit:
    subject, *between, _, _ = path.relative_to(root).parts
    session = between[0] if between else ""
    sessions = _rows(root / subject / f"{subject}_sessions.tsv", "session_id") if session else {}
    table = f"{subject}_sessions.tsv" if session in sessions else "participants.tsv"
    text = sessions.get(session) or participants.get(subject, "")
    age = _years(text)
    notes = []
    if age is not None and "+" in text:
        notes.append(f"{path.name}: the age {text} in {table} counts as {age:g}.")
    if age is not None and session not in sessions and scans > 1:
        notes.append(f"{path.name}: its session has no age of its own, so that in participants.tsv counts.")
    return Visit(path, root, subject, session, age, tuple(notes))


def _years(text: str) -> float | None:
    """An age as tables write it ("61.5", "89+"); None for "n/a" and anything else."""
    try:
        age = float(text.strip().rstrip("+"))
    except ValueError:
        return None
    return age if 0.0 <= age < 150.0 else None


def _rows(table: Path, column: str) -> dict[str, str]:
    """The column ``age`` of ``table`` where it holds an age, by ``column``."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file, delimiter="\t") if row.get(column)]
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}  # a table that cannot be read tells nothing; the scans themselves are still good
    ages = {row[column]: (row.get("age") or "").strip() for row in rows}
    return {name: age for name, age in ages.items() if _years(age) is not None}

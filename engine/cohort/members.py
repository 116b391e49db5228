"""The people of a cohort folder and their visits, as its tables tell; nothing is read of a scan before it is asked for.

``participants.tsv`` is needed; ``sub-*/sub-*_sessions.tsv``, ``truth_volumes.tsv`` and label maps are where they are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ScanError

JUDGED = "test"
"""The split of people whom nothing was learnt from."""


@dataclass(frozen=True)
class Visit:
    """``months`` after the person's first visit; ``age`` in years; ``group`` "" where the tables name none.

    ``truth_ml``: group of ``labels.tsv`` → its true volume at this visit; empty where nobody knows.
    """

    session: str
    months: float
    age: float | None
    group: str
    image: Path
    labels: Path | None
    truth_ml: Mapping[str, float]


@dataclass(frozen=True)
class Member:
    """A row of ``participants.tsv`` with at least one visit, in order of time.

    ``person`` is the same for a person's counterfactual twins; ``sex`` "F", "M" or "".
    """

    name: str
    person: str
    sex: str
    visits: tuple[Visit, ...]

    @property
    def first(self) -> Visit:
        return self.visits[0]

    @property
    def age(self) -> float | None:
        return self.first.age


def read_members(folder: Path, split: str | None = JUDGED) -> list[Member]:
    """Those of ``split`` where the table has such a column, else all; None: all.

    Raises ScanError where there is no table, where it names nobody of the split, or someone without a scan.
    """
    table = folder / "participants.tsv"
    if not table.is_file():
        raise ScanError(f"{folder}: holds no participants.tsv: name a cohort folder.")
    rows = _rows(table)
    if split is not None and rows and "split" in rows[0]:
        rows = [row for row in rows if row["split"] == split]
    if not rows:
        raise ScanError(f"{table}: names nobody of split {split}: complete it, or name another cohort.")
    truth: dict[tuple[str, str], dict[str, float]] = {}
    for row in _rows(folder / "truth_volumes.tsv"):
        truth.setdefault((row["participant_id"], row["session_id"]), {})[row["region"]] = float(row["ml"])
    return [_member(folder, row, truth) for row in rows]


def has_judged(folder: Path) -> bool:
    """Whether a cohort sets people apart to be judged on."""
    return any(row.get("split") == JUDGED for row in _rows(folder / "participants.tsv"))


def _member(folder: Path, row: Mapping[str, str], truth: Mapping[tuple[str, str], Mapping[str, float]]) -> Member:
    name = row["participant_id"]
    images = sorted((folder / name).rglob("*_T1w.nii.gz"))
    if not images:
        raise ScanError(f"{folder / name}: holds no T1w image: prepare the cohort first.")
    told = {visit["session_id"]: visit for visit in _rows(folder / name / f"{name}_sessions.tsv")}
    own_age = years(row.get("age"))
    found: dict[str, tuple[float, Visit]] = {}
    for image in images:
        session = next((part for part in image.relative_to(folder).parts if part.startswith("ses-")), "")
        about = told.get(session, {})
        age = years(about.get("age"))
        month = _month(session)
        if session in found:  # a second image of a visit: the first in the order of names stands for it
            continue
        if age is None and own_age is not None:
            age = own_age + (month or 0.0) / 12.0
        group = about.get("group") or row.get("group") or ""
        labels = sorted(image.parent.glob("*_dseg.nii.gz"))
        when = month if month is not None else 12.0 * (age or 0.0)
        visit = Visit(session, 0.0, age, group, image, labels[0] if labels else None, truth.get((name, session), {}))
        found[session] = (when, visit)
    ordered = sorted(found.values(), key=lambda pair: pair[0])
    start = ordered[0][0]
    visits = [Visit(v.session, when - start, v.age, v.group, v.image, v.labels, v.truth_ml) for when, v in ordered]
    sex = (row.get("sex") or "").strip().upper()[:1]
    return Member(name, row.get("person") or name, sex if sex in ("F", "M") else "", tuple(visits))


def years(text: str | None) -> float | None:
    """ "63.2", "89+" (read as 89); None for what is no number."""
    try:
        return float((text or "").strip().rstrip("+"))
    except ValueError:
        return None


def _month(session: str) -> float | None:
    """The month in a session's label, as in ses-M06 or ses-month24."""
    found = re.fullmatch(r"ses-(?:M|m|month)0*(\d+)", session)
    return float(found[1]) if found else None


def _rows(table: Path) -> list[dict[str, str]]:
    if not table.is_file():
        return []
    with table.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))

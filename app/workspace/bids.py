"""Who a file shows and when: from the names and tables of BIDS, else from the file's own name."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from app.workspace.export_names import taken

ENDINGS = (".nii.gz", ".nii", ".mgz", ".mgh", ".img.gz", ".img", ".hdr")
DERIVATIVES = Path("derivatives", "neurolapse")
_T1_PLACE = re.compile(r"/sub-[^/]+/(ses-[^/]+/)?anat/[^/]+_T1w\.nii(\.gz)?$", re.IGNORECASE)
# How a derivative lies and was made; what is made of it lies and was made otherwise.
_REPLACED = ("space-", "res-", "den-", "desc-")
SCAN_GLOB = "*_T1w.nii*"


@dataclass(frozen=True)
class Person:
    """``visit`` and ``run`` are empty where the name tells none; ``age`` in years at this visit; ``sex`` "F", "M" or
    empty."""

    subject: str
    visit: str
    age: float | None
    sex: str
    run: str = ""


def person_of(path: Path) -> Person:
    """Subject, session, age and sex of the scan at ``path``.

    The age comes from the subject's ``*_sessions.tsv``, else from ``participants.tsv`` above; "89+" counts as 89.
    """
    name = path.name
    subject = _entity("sub", name) or _entity("sub", str(path.parent))
    visit = _entity("ses", name) or _entity("ses", str(path.parent))
    if subject is None:
        return Person(stem(name), visit or "", None, "")
    age, sex = None, ""
    root = next((folder for folder in path.parents if (folder / "participants.tsv").is_file()), None)
    if root is not None:
        row = _row(root / "participants.tsv", "participant_id", subject)
        age, sex = years(row.get("age", "")), row.get("sex", "")[:1].upper()
        if visit is not None:
            sessions = root / subject / f"{subject}_sessions.tsv"
            at_visit = years(_row(sessions, "session_id", visit).get("age", "")) if sessions.is_file() else None
            age = at_visit if at_visit is not None else age
    return Person(subject, visit or "", age, sex if sex in ("F", "M") else "", _entity("run", name) or "")


def same_session(one: Path, other: Path) -> bool:
    """Whether both are of one session of one person, by their names."""
    return all(_entity(key, str(one)) == _entity(key, str(other)) for key in ("sub", "ses"))


def scans_below(folder: Path) -> list[Path]:
    """The T1-weighted scans of a BIDS folder, in the order of their paths; derivatives are left out."""
    return sorted(path for path in folder.rglob(SCAN_GLOB) if "derivatives" not in path.relative_to(folder).parts[:1])


def images_in(folder: Path) -> list[Path]:
    """The image files that lie in ``folder`` itself; of a pair of header and voxels the voxels alone."""
    names = (path for path in folder.iterdir() if path.name.lower().endswith(ENDINGS) and path.suffix != ".hdr")
    return sorted(path for path in names if path.is_file() and not path.name.startswith("."))


def dataset_of(scan: Path) -> Path | None:
    """The BIDS dataset with a table of participants in which ``scan`` is a T1 in its place."""
    if not _T1_PLACE.search(scan.as_posix()):
        return None
    return next((root for root in scan.parents[2:4] if (root / "participants.tsv").is_file()), None)


def derivative_path(scan: Path, dataset: Path, desc: str) -> Path:
    """Where below ``derivatives/neurolapse`` what was made of ``scan`` lies: its entities, ``desc`` and "T1w"."""
    kept = [entity for entity in stem(scan.name).split("_")[:-1] if not entity.startswith(_REPLACED)]
    name = "_".join([*kept, f"desc-{desc}", "T1w.nii.gz"])
    return dataset / DERIVATIVES / scan.parent.relative_to(dataset) / name


def free_derivative(scan: Path, dataset: Path, desc: str) -> Path:
    """``derivative_path`` of the first of ``desc``, ``desc`` with 2, with 3, … that is free."""
    path, number = derivative_path(scan, dataset, desc), 2
    while taken(path):
        path, number = derivative_path(scan, dataset, f"{desc}{number}"), number + 1
    return path


def stem(name: str) -> str:
    """The file's name without the endings of image files."""
    for ending in ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def years(text: str) -> float | None:
    """An age as tables write it ("61.5", "89+"); None for "n/a" and anything else."""
    try:
        age = float(text.strip().rstrip("+"))
    except ValueError:
        return None
    return age if 0.0 <= age < 150.0 else None


def _entity(key: str, text: str) -> str | None:
    found = re.findall(rf"(?:^|[_/\\])({key}-[0-9A-Za-z]+)", text)
    return found[-1] if found else None


def _row(table: Path, column: str, wanted: str) -> dict[str, str]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                if row.get(column) == wanted:
                    return {key: value or "" for key, value in row.items() if key}
    except (OSError, UnicodeDecodeError, csv.Error):
        pass  # a table that cannot be read tells nothing; the scan itself is still good
    return {}

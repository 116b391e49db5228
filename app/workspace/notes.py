"""What was written about the scans, as a table; and what came with a scan, as its sidecar says."""

from __future__ import annotations

import csv
import io
import os
from contextlib import suppress
from pathlib import Path

from app.workspace.bids import stem
from app.workspace.document import Workspace
from engine.errors import DiskError

COLUMNS = ("subject", "session", "age", "sex", "kind", "file", "note")


def table(workspace: Workspace) -> str:
    """One line a scan, tabs between COLUMNS, UTF-8; tabs and line breaks of a note become spaces."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for scan in workspace.scans:
        note = " ".join(workspace.notes.get(scan.key, "").split())
        age = "n/a" if scan.age is None else f"{scan.age:g}"
        writer.writerow((scan.subject, scan.visit or "n/a", age, scan.sex or "n/a", scan.kind, scan.name, note))
    return out.getvalue()


def save_table(workspace: Workspace, path: Path) -> None:
    """Written beside and renamed. Raises DiskError."""
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write(table(workspace))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise DiskError(f"{path.name} could not be written ({error.strerror}): choose another folder.") from error


def sidecar_of(path: Path) -> Path | None:
    """The JSON file beside a scan, if there is one."""
    beside = path.with_name(f"{stem(path.name)}.json")
    return beside if beside.is_file() and beside != path else None

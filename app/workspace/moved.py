"""Scans that are no longer where a workspace has them, found again by what is in them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.workspace.bids import ENDINGS
from app.workspace.document import Scan, Workspace

_PIECE = 256 * 1024
_MOST_FILES = 200_000


def checksum(path: Path) -> str:
    """SHA-256 over a file's size, its beginning, middle and end; over the names and sizes of a folder's files. Empty
    where it cannot be read.

    Three pieces tell compressed scans apart as surely as all of it, and cost milliseconds.
    """
    digest = hashlib.sha256()
    try:
        if path.is_dir():
            for one in sorted(path.rglob("*")):
                digest.update(f"{one.name} {one.stat().st_size}\n".encode() if one.is_file() else b"")
            return digest.hexdigest()
        size = path.stat().st_size
        digest.update(str(size).encode())
        with path.open("rb") as file:
            for start in sorted({0, max(size // 2 - _PIECE // 2, 0), max(size - _PIECE, 0)}):
                file.seek(start)
                digest.update(file.read(_PIECE))
    except OSError:
        return ""
    return digest.hexdigest()


def missing(workspace: Workspace) -> tuple[Scan, ...]:
    """The scans whose files are not there."""
    return tuple(scan for scan in workspace.scans if not Path(scan.path).exists())


def found_below(folder: Path, scans: Iterable[Scan]) -> dict[str, str]:
    """Where the files of ``scans`` lie now, in or below ``folder``, by the scans' keys.

    The same name and content first, then the same content under any name; a scan saved without a checksum is known by
    its name alone.
    """
    wanted = list(scans)
    places: dict[str, str] = {}
    files = _files(folder)
    for same_name in (True, False):
        for path in files:
            left = [
                scan
                for scan in wanted
                if scan.key not in places and (path.name == scan.name if same_name else bool(scan.checksum))
            ]
            if not left:
                continue
            here = checksum(path) if any(scan.checksum for scan in left) else ""
            for scan in left:
                if not scan.checksum or scan.checksum == here:
                    places.setdefault(scan.key, str(path))
    return places


def moved(workspace: Workspace, places: Mapping[str, str]) -> Workspace:
    """The scans at their new places; nothing else changes."""
    scans = tuple(replace(scan, path=places.get(scan.key, scan.path)) for scan in workspace.scans)
    return replace(workspace, scans=scans)


def _files(folder: Path) -> list[Path]:
    """Files that may be scans, and folders that hold files only: each may be a DICOM series."""
    found: list[Path] = []
    with suppress(OSError):
        for place, folders, names in os.walk(folder):
            here = Path(place)
            if names and not folders:
                found.append(here)
            found += [here / name for name in sorted(names) if name.lower().endswith(ENDINGS)]
            if len(found) > _MOST_FILES:
                break
    return found

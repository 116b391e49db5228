"""A workspace and its scans in one zip file, to be taken elsewhere: unpacked, it opens as it was."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.workspace import files
from app.workspace.document import Workspace
from engine.errors import DiskError, ScanError

ENDING = ".zip"


def pack(workspace: Workspace, path: Path) -> Path:
    """Written beside and renamed. Raises DiskError, and ScanError where a scan is not there to be packed.

    Each scan lies in a folder of its own, with the JSON beside it; names of two people's files may be the same.
    """
    parts = list(_parts(workspace))
    root = path.parent.absolute()
    # Absolute, so that the paths in the file become relative to it wherever it is unpacked.
    inside = {scan.key: str(root / "scans" / scan.key / scan.name) for scan in workspace.scans}
    told = replace(
        workspace,
        scans=tuple(
            replace(scan, path=inside[scan.key], mask=_mask(scan.key, scan.mask, root)) for scan in workspace.scans
        ),
    )
    content = json.dumps(files.to_json(told, root), indent=2, ensure_ascii=False)
    beside = path.with_name(path.name + ".part")
    size = sum(source.stat().st_size for source, _ in parts)
    try:
        free = shutil.disk_usage(root).free
        if free < size:
            raise DiskError(
                f"No room in folder {root.name}: {size / 1e6:.0f} MB needed, {free / 1e6:.0f} MB free; "
                "nothing was written."
            )
        # Scans are compressed already, or compress badly: stored.
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(f"{path.stem}{files.ENDING}", content, zipfile.ZIP_DEFLATED)
            for source, name in parts:
                archive.write(source, name)
        beside.replace(path)
    except OSError as error:
        raise DiskError(f"{path.name} could not be written ({error.strerror}): choose another folder.") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return path


def _mask(key: str, mask: str | None, root: Path) -> str | None:
    return None if mask is None else str(root / "scans" / key / "mask" / Path(mask).name)


def _parts(workspace: Workspace) -> Iterator[tuple[Path, str]]:
    """Every file that belongs to a scan, and its name in the archive."""
    for scan in workspace.scans:
        place, source = f"scans/{scan.key}", Path(scan.path)
        if source.is_dir():
            yield from (
                (one, f"{place}/{scan.name}/{one.relative_to(source).as_posix()}")
                for one in source.rglob("*")
                if one.is_file()
            )
        elif source.is_file():
            yield source, f"{place}/{scan.name}"
        else:
            raise ScanError(f"{scan.name} is not there: bring its drive back, or close the scan, then pack again.")
        if scan.mask is not None and Path(scan.mask).is_file():
            yield Path(scan.mask), f"{place}/mask/{Path(scan.mask).name}"

"""A workspace as one readable file: JSON, the scans' paths relative to it, no voxels."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from app.workspace.document import PARTS, Bookmark, Comparison, Edit, Film, Kept, OverlayFile, Part, Scan, Workspace
from app.workspace.view_file import point_from, view_from
from engine.errors import DiskError, ScanError

ENDING = ".neurolapse"
VERSION = 1
OLD_PARTS = ("first", "second", "beside")
"""What a comparison of two cells was saved as."""


def save(workspace: Workspace, path: Path, draft_of: Path | None = None) -> None:
    """Written beside and renamed: whole or not at all. Raises DiskError.

    ``draft_of``: where the user saved what this is an unsaved state of.
    """
    content = to_json(workspace, path.parent)
    if draft_of is not None:
        content["draft_of"] = str(draft_of)
    text = json.dumps(content, indent=2, ensure_ascii=False)
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):  # of a drive that went away nothing can be taken away
            beside.unlink(missing_ok=True)
        raise DiskError(f"{path.name} could not be written ({error.strerror}): choose another folder.") from error


def load(path: Path) -> Workspace:
    """Raises ScanError with one sentence for a file that is missing, newer or damaged; never half loaded."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["neurolapse"] > VERSION:
            raise ScanError(f"{path.name} was saved by a newer Neurolapse: update, then open it again.")
        return from_json(content, path.parent)
    except OSError as error:
        raise ScanError(f"{path.name} cannot be read ({error.strerror}): choose another file.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ScanError(f"{path.name} is damaged or no workspace: open the scans themselves.") from error


def draft_of(path: Path) -> Path | None:
    """Where the workspace of the draft ``path`` was saved by the user, if it was and is still there."""
    try:
        place = json.loads(path.read_text(encoding="utf-8")).get("draft_of")
    except (OSError, ValueError, AttributeError):
        return None
    return Path(place) if isinstance(place, str) and Path(place).is_file() else None


def to_json(workspace: Workspace, folder: Path) -> dict[str, Any]:
    """What ``save`` writes; paths relative to ``folder``."""
    return {
        "neurolapse": VERSION,
        "scans": [_scan_json(scan, folder) for scan in workspace.scans],
        "edits": {key: _edit_json(edit) for key, edit in workspace.edits.items()},
        "kept": [{"name": kept.name, "scan": kept.key, **_edit_json(kept.edit)} for kept in workspace.kept],
        "notes": dict(workspace.notes),
        "current": workspace.current,
        "page": workspace.page,
        "points": workspace.points,
        "beyond": workspace.beyond,
        "typed": {person: list(ages) for person, ages in workspace.typed.items()},
        "comparison": asdict(workspace.comparison),
        "film": asdict(workspace.film),
        "view": asdict(workspace.view),
        "overlays": [{"key": file.key, "path": _relative(file.path, folder)} for file in workspace.overlays],
        "bookmarks": [asdict(bookmark) for bookmark in workspace.bookmarks],
    }


def from_json(content: dict[str, Any], folder: Path) -> Workspace:
    """Raises ValueError, KeyError or TypeError for what ``to_json`` did not write."""
    known = {field.name for field in fields(Scan)}
    scans = tuple(_scan({name: scan[name] for name in scan if name in known}, folder) for scan in content["scans"])
    edits = {key: _edit(edit) for key, edit in content["edits"].items()}
    kept = tuple(Kept(str(one["name"]), one["scan"], _edit(one)) for one in content.get("kept", []))
    workspace = Workspace(
        scans,
        edits,
        dict(content["notes"]),
        content["current"],
        content["page"],
        int(content["points"]),
        float(content.get("beyond", 0.0)),
        {person: tuple(map(float, ages)) for person, ages in content.get("typed", {}).items()},
        _comparison(content["comparison"]) if "comparison" in content else Comparison(),
        Film(**content.get("film", {})),
        kept,
    )
    for key in (*(one.key for one in kept), *([workspace.current] if workspace.current is not None else [])):
        workspace.scan(key)
    overlays = tuple(
        OverlayFile(str(one["key"]), str((folder / one["path"]).resolve())) for one in content.get("overlays", [])
    )
    bookmarks = tuple(Bookmark(str(one["name"]), point_from(one["point"])) for one in content.get("bookmarks", []))
    return replace(workspace, view=view_from(content["view"]), overlays=overlays, bookmarks=bookmarks)


def _scan_json(scan: Scan, folder: Path) -> dict[str, Any]:
    paths = {"path": scan.path, **({"mask": scan.mask} if scan.mask else {})}
    return {**_said(scan), **{name: _relative(path, folder) for name, path in paths.items()}}


def _scan(content: dict[str, Any], folder: Path) -> Scan:
    paths = {name: str((folder / content[name]).resolve()) for name in ("path", "mask") if content.get(name)}
    return Scan(**{**content, **paths})


def _edit_json(edit: Edit) -> dict[str, Any]:
    return {**asdict(edit), "changes": dict(edit.changes)}


def _edit(content: dict[str, Any]) -> Edit:
    changes = tuple(sorted((name, float(value)) for name, value in dict(content["changes"]).items()))
    calls = content.get("calls")
    return Edit(
        changes,
        int(content["seed"]),
        tuple(content.get("held", ())),
        bool(content.get("semantic_only", False)),
        None if calls is None else int(calls),
    )


def _comparison(content: dict[str, Any]) -> Comparison:
    known = {field.name for field in fields(Comparison)}
    told = {name: value for name, value in content.items() if name in known}
    parts = [part_of(part) for part in content.get("parts", [content.get(name) for name in OLD_PARTS])]
    own = {int(cell): view_from(view) for cell, view in content.get("own", {}).items()}
    return Comparison(**{**told, "parts": (*parts, *PARTS[len(parts) :]), "own": own})


def part_of(content: dict[str, Any]) -> Part:
    """From its fields as JSON has them."""
    edit = content.get("edit")
    return Part(**{**content, "edit": None if edit is None else _edit(edit)})


def _said(scan: Scan) -> dict[str, Any]:
    return {name: value for name, value in asdict(scan).items() if value not in (None, "")}


def _relative(path: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path

"""A workspace as one readable file: JSON, the scans' paths relative to it, no voxels."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from app.stage.view_state import Overlay, ViewState
from app.workspace.document import Comparison, Edit, Film, Kept, Part, Scan, Workspace
from engine.errors import DiskError, ScanError

ENDING = ".neurolapse"
VERSION = 1


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
    view = asdict(workspace.view)
    return {
        "neurolapse": VERSION,
        "scans": [{**_said(scan), "path": _relative(scan.path, folder)} for scan in workspace.scans],
        "edits": {key: _edit_json(edit) for key, edit in workspace.edits.items()},
        "kept": [{"name": kept.name, "scan": kept.key, **_edit_json(kept.edit)} for kept in workspace.kept],
        "notes": dict(workspace.notes),
        "current": workspace.current,
        "page": workspace.page,
        "points": workspace.points,
        "comparison": asdict(workspace.comparison),
        "film": asdict(workspace.film),
        "view": view,
    }


def from_json(content: dict[str, Any], folder: Path) -> Workspace:
    """Raises ValueError, KeyError or TypeError for what ``to_json`` did not write."""
    known = {field.name for field in fields(Scan)}
    scans = tuple(
        Scan(**{**{name: scan[name] for name in scan if name in known}, "path": str((folder / scan["path"]).resolve())})
        for scan in content["scans"]
    )
    edits = {key: _edit(edit) for key, edit in content["edits"].items()}
    kept = tuple(Kept(str(one["name"]), one["scan"], _edit(one)) for one in content.get("kept", []))
    view = dict(content["view"])
    overlay = Overlay(**view.pop("overlay"))
    places: dict[str, Any] = {name: tuple(view.pop(name)) for name in ("crosshair", "pan", "window")}
    places["hidden"] = tuple(int(axis) for axis in view.pop("hidden", ()))
    workspace = Workspace(
        scans,
        edits,
        dict(content["notes"]),
        content["current"],
        content["page"],
        int(content["points"]),
        _comparison(content["comparison"]) if "comparison" in content else Comparison(),
        Film(**content.get("film", {})),
        kept,
    )
    for key in (*(one.key for one in kept), *([workspace.current] if workspace.current is not None else [])):
        workspace.scan(key)
    return replace(workspace, view=ViewState(**view, **places, overlay=overlay))


def _edit_json(edit: Edit) -> dict[str, Any]:
    return {"changes": dict(edit.changes), "seed": edit.seed}


def _edit(content: dict[str, Any]) -> Edit:
    changes = sorted((name, float(value)) for name, value in content["changes"].items())
    return Edit(tuple(changes), int(content["seed"]))


def _comparison(content: dict[str, Any]) -> Comparison:
    parts: dict[str, Any] = {name: Part(**content[name]) for name in ("first", "second", "beside")}
    return Comparison(**{**content, **parts})


def _said(scan: Scan) -> dict[str, Any]:
    return {name: value for name, value in asdict(scan).items() if value not in (None, "")}


def _relative(path: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path

"""A workspace as one readable file: JSON, the scans' paths relative to it, no voxels."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.workspace import history
from app.workspace.built import built
from app.workspace.document import PARTS, Comparison, Edit, Scan, Workspace
from app.workspace.history import Past
from engine.errors import DiskError, ScanError

NO_PAST = Past()
ENDING = ".neurolapse"
VERSION = 1
OLD_PARTS = ("first", "second", "beside")
"""What a comparison of two cells was saved as."""


MOST_STEPS = 200
"""Of undo, that are kept."""


def save(workspace: Workspace, path: Path, draft_of: Path | None = None, past: Past = NO_PAST) -> None:
    """Written beside and renamed: whole or not at all. Raises DiskError.

    ``draft_of``: where the user saved what this is an unsaved state of; ``past``: the steps that led here.
    """
    content = to_json(workspace, path.parent)
    if past.steps:
        left_out = max(min(len(past.steps) - MOST_STEPS, past.at), 0)
        steps = past.steps[left_out:]
        content["history"] = {"at": past.at - left_out, "steps": [history.to_json(step) for step in steps]}
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
    return load_with_past(path)[0]


def load_with_past(path: Path) -> tuple[Workspace, Past]:
    """The same, and the steps of undo that led to it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["neurolapse"] > VERSION:
            raise ScanError(f"{path.name} was saved by a newer Neurolapse: update, then open it again.")
        workspace, past = from_json(content, path.parent), _past(content.get("history"))
        history.checked(workspace, past.steps, past.at)
        return workspace, past
    except OSError as error:
        raise ScanError(f"{path.name} cannot be read ({error.strerror}): choose another file.") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
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
    told: dict[str, Any] = {
        **{name: content[name] for name in ("edits", "notes", "current", "page", "points", "view")},
        **{name: content[name] for name in ("beyond", "typed", "film", "bookmarks") if name in content},
        "scans": [_located(scan, folder) for scan in content["scans"]],
        "kept": [{"name": one["name"], "key": one["scan"], "edit": one} for one in content.get("kept", [])],
        "overlays": [_located(overlay, folder) for overlay in content.get("overlays", [])],
    }
    workspace: Workspace = built(Workspace, told)
    comparison = _comparison(content["comparison"]) if "comparison" in content else Comparison()
    named = [
        *(one.key for one in workspace.kept),
        *(key for part in comparison.parts for key in (part.key, part.second)),
    ]
    for key in (*named, workspace.current):
        if key is not None:
            workspace.scan(key)
    return replace(workspace, comparison=comparison)


def _past(content: Any) -> Past:
    if content is None:
        return NO_PAST
    return Past(tuple(history.from_json(step) for step in content["steps"]), int(content["at"]))


def _scan_json(scan: Scan, folder: Path) -> dict[str, Any]:
    paths = {"path": scan.path, **({"mask": scan.mask} if scan.mask else {})}
    return {**_said(scan), **{name: _relative(path, folder) for name, path in paths.items()}}


def _located(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """With absolute paths."""
    paths = {name: str((folder / content[name]).resolve()) for name in ("path", "mask") if content.get(name)}
    return {**content, **paths}


def _edit_json(edit: Edit) -> dict[str, Any]:
    return {**asdict(edit), "changes": dict(edit.changes)}


def _comparison(content: dict[str, Any]) -> Comparison:
    parts = content["parts"] if "parts" in content else [content[name] for name in OLD_PARTS]
    if len(parts) > len(PARTS):
        raise ValueError("more parts than cells")
    comparison: Comparison = built(Comparison, {**content, "parts": parts})
    return replace(comparison, parts=(*comparison.parts, *PARTS[len(parts) :]))


def _said(scan: Scan) -> dict[str, Any]:
    return {name: value for name, value in asdict(scan).items() if value not in (None, "")}


def _relative(path: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path

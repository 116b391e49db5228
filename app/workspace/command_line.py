"""A saved workspace in the words of the command ``export``: what the window shows can be written without a window."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from app.workspace.document import Scan, Workspace
from app.workspace.files import load
from app.workspace.timeline import spots
from engine.errors import ScanError

OF_TIME = ("timeline4d", "gif", "mp4")
OF_EITHER = ("bids", "csv")


def spelled_out(words: Sequence[str]) -> list[str]:
    """``words`` of ``export`` with what ``--workspace FILE`` among them holds in its place; further options count too.

    A timeline is the one of the Time page, anything else the edit of the scan on the stage; bids and csv are of
    whichever page was open. Raises ScanError with one sentence for a file that holds nothing to be written.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--what")
    told, (command, *others) = parser.parse_known_args(list(words))
    if told.workspace is None:
        return list(words)
    workspace = load(told.workspace)
    of_time = told.what in OF_TIME or (told.what in OF_EITHER and workspace.page == "time")
    what = [] if told.what is None else ["--what", told.what]
    shown = _timeline(workspace, told.workspace.name) if of_time else _edit(workspace, told.workspace.name)
    return [command, *shown, *what, *others]


def command_for(workspace: Workspace, name: str, saved: Path | None = None) -> str:
    """A line for the shell that makes what the page shows, without a window: the edit or the timeline as a file; of
    Compare a picture, with its cells where the workspace is ``saved``. Raises ScanError like ``spelled_out``."""
    scan = workspace.current_scan
    base = Path(scan.path).name.partition(".")[0] if scan is not None else ""
    if workspace.page == "time":
        words = ["export", *_timeline(workspace, name), "--what", "timeline4d", "-o", f"{base}_timeline.nii.gz"]
    elif workspace.page == "compare":
        shown = [str(saved)] if saved is not None else _shown(workspace, name)
        words = ["screenshot", *shown, "--mode", "compare", "-o", f"{base}_view.png"]
    else:
        if scan is not None and workspace.edit(scan.key).semantic_only:
            raise ScanError("From the semantic code alone: the command line knows no edit of that, only reconstruct.")
        words = ["export", *_edit(workspace, name), "--what", "model", "-o", f"{base}_synth.nii.gz"]
    return shlex.join(["python", "main.py", *words])


def _shown(workspace: Workspace, name: str) -> list[str]:
    """Scans and sliders, as ``screenshot`` takes them."""
    scan = workspace.current_scan
    if scan is None:
        raise ScanError(f"{name} holds no scan: name the scans themselves.")
    changes = workspace.edit(scan.key).changes
    return [scan.path, *(word for key, by in changes for word in ("--set", f"{key}={by:+.9g}"))]


def _edit(workspace: Workspace, name: str) -> list[str]:
    scan = workspace.current_scan
    if scan is None:
        raise ScanError(f"{name} holds no scan: name the scans themselves.")
    edit = workspace.edit(scan.key)
    words = [scan.path, *_preparation(scan), "--seed", str(edit.seed)]
    for option, number in (("--series", scan.series), ("--volume", scan.volume)):
        words += [] if number is None else [option, str(number)]
    words += [] if scan.mask is None else ["--mask", scan.mask]
    words += [] if edit.calls is None else ["--steps", str(edit.calls)]
    moved = dict(edit.changes)
    held = [key for key in edit.held if moved and key not in moved]
    words += ["--hold", *held] if held else []
    return [*words, *(["--set", *(f"{key}={by:+.9g}" for key, by in edit.changes)] if edit.changes else [])]


def _timeline(workspace: Workspace, name: str) -> list[str]:
    visits = workspace.visits
    if not visits:
        raise ScanError(f"{name} holds no second visit of the person on the stage: name the scans themselves.")
    if any(scan.mask or scan.series is not None or scan.volume is not None for scan in visits) or any(
        _preparation(scan) != _preparation(visits[0]) for scan in visits
    ):
        raise ScanError(f"{name} has visits that are to be prepared each in its own way: export them from the window.")
    film, ages = workspace.film, [scan.age for scan in visits]
    words = [scan.path for scan in visits] + _preparation(visits[0])
    words += ["--points", str(workspace.points), "--ends", film.ends, "--fps", str(film.rate)]
    words += [] if None in ages else ["--ages", ",".join(f"{age:.9g}" for age in ages)]
    if workspace.beyond or visits[0].person in workspace.typed:
        made = [spot.age for spot in spots(workspace, lambda scan: scan.age) if spot.visit is None]
        words += ["--at", ",".join(f"{age:.9g}" for age in made if age is not None)]
    return [*words, *(["--anyway"] if any(scan.counted_to or scan.as_visit for scan in visits) else [])]


def _preparation(scan: Scan) -> list[str]:
    return [option for option, told in (("--stripped", scan.stripped), ("--registered", scan.registered)) if told]

"""In which folder a file that is to be written is proposed."""

from __future__ import annotations

import os
from pathlib import Path

from app.session import DEMO, Session
from app.workspace.bids import DERIVATIVES, dataset_of


def folder_for(scan: Path) -> Path:
    """Beside ``scan``, or outside the raw scans of its BIDS dataset; the user's own where nothing can be written."""
    places, dataset = [scan.parent], dataset_of(scan)
    if dataset is not None:
        derived = dataset / DERIVATIVES
        # Not before a derivative has made it a dataset: no other file may lie there first.
        begun = [derived] if (derived / "dataset_description.json").is_file() else []
        places = [*begun, derived.parent, dataset.parent]
    usable = (one for one in places if one.is_dir() and os.access(one, os.W_OK) and not scan.is_relative_to(DEMO))
    return next(usable, Path.home())


def folder_of(session: Session) -> Path:
    """Where the workspace is saved, else that for the scan on the stage."""
    if session.path is not None:
        return session.path.parent
    return folder_for(Path(session.current.path)) if session.current is not None else Path.home()

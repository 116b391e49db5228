"""Whether a bundle's files are those that its manifest names.

Reading gigabytes of weights to the end at every start would undo what mapping them saves. A file that was found right
is remembered in the user's cache folder, by its place, size and times, and read again only when one of these changes.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import platformdirs

from engine.errors import ModelError
from engine.model.manifest import Manifest, sha256


def verify(folder: Path, manifest: Manifest) -> None:
    """Raises ModelError when a file of the bundle is missing or is not the one that the manifest names."""
    known = _remembered()
    found = {}
    for name, expected in manifest.checksums.items():
        path = (folder / name).resolve()
        state = _state(path, expected)
        if state is None or (known.get(str(path)) != state and sha256(path) != expected):
            raise ModelError(f"Weights file {name} is missing or altered (checksum): reinstall the model.")
        found[str(path)] = state
    if not found.items() <= known.items():
        _remember({path: state for path, state in known.items() if Path(path).is_file()} | found)


def _state(path: Path, digest: str) -> list[Any] | None:
    """What changes when the file does; None where there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return [digest, about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]


def _record() -> Path:
    return platformdirs.user_cache_path("neurolapse") / "verified.json"


def _remembered() -> dict[str, Any]:
    try:
        known = json.loads(_record().read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(known: dict[str, Any]) -> None:
    """Without a cache folder files are read anew each time."""
    record = _record()
    temporary = record.with_name(f".{os.getpid()}.{record.name}")
    with contextlib.suppress(OSError):
        record.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(known))
        temporary.replace(record)

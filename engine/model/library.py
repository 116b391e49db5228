"""The models that a user imported: one folder each, by name, in the user's data folder."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from engine.errors import ModelError, UsageError

_ABANDONED_SECONDS = 3600


def library() -> Path:
    """The folder of imported models; it need not exist."""
    return platformdirs.user_data_path("neurolapse") / "models"


def check_name(name: str) -> str:
    """``name``, if it can be a folder's. Raises UsageError."""
    if not re.fullmatch(r"[^\W_][\w .+-]{0,63}", name) or name != name.strip(" ."):
        raise UsageError(f"{name}: cannot be a model's name: use letters, digits, - and _.")
    return name


def imported(name: str) -> Path | None:
    """The folder of the imported model ``name``; None where there is none."""
    folder = library() / name
    plain = name == Path(name).name and not name.startswith(".")
    return folder if plain and (folder / "manifest.json").is_file() else None


def imported_models() -> list[Path]:
    """Every imported model's folder, by name."""
    if not library().is_dir():
        return []
    return sorted(folder for folder in library().iterdir() if imported(folder.name))


@contextmanager
def new_model(name: str) -> Iterator[Path]:
    """A folder to be filled, which becomes the model ``name`` when the block ends well and else leaves nothing.

    Raises UsageError for a bad name, ModelError where a model of this name is there already.
    """
    target = library() / check_name(name)
    if target.exists():
        raise ModelError(f"{name}: a model of this name is there already: remove it first, or give another --name.")
    library().mkdir(parents=True, exist_ok=True)
    _sweep()
    folder = target.with_name(f".{secrets.token_hex(4)}.{name}")
    try:
        folder.mkdir()
        yield folder
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_model(name: str) -> Path:
    """Deletes an imported model; where it lay. Raises ModelError where there is none."""
    folder = imported(name)
    if folder is None:
        raise ModelError(f"{name}: no imported model has this name: “models list” tells which there are.")
    # Renamed first: a deletion that is stopped half way leaves no half model.
    hidden = folder.with_name(f".{secrets.token_hex(4)}.{name}")
    folder.rename(hidden)
    shutil.rmtree(hidden)
    return folder


def _sweep() -> None:
    """Let go what a killed process left half written."""
    for folder in library().glob(".*"):
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)

"""What is kept on disk only to save time: its size, and how it is let go of."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import platformdirs


def folder() -> Path:
    """Scans as they were prepared; all of it can be made again."""
    return platformdirs.user_cache_path("neurolapse")


def size(place: Path | None = None) -> int:
    """Bytes in ``folder()``; files that go away meanwhile count nothing."""
    total = 0
    for path in (place or folder()).rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def clear() -> None:
    """Raises OSError where something cannot be removed."""
    for path in folder().iterdir() if folder().is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def in_words(count: int) -> str:
    """Bytes as people read them: "0 MB", "12 MB", "3.4 GB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"

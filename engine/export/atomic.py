"""Files written beside their place, flushed to the disk, and only then renamed into it."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import DiskError


def check_place(path: Path, sources: Collection[str | Path] = ()) -> None:
    """Raises DiskError where ``path`` cannot be written, or is one of ``sources``, before any work is done for it."""
    try:
        if path.is_dir():
            raise IsADirectoryError
        if not path.parent.is_dir():
            raise FileNotFoundError
        its_own = any(path.exists() and Path(source).exists() and path.samefile(source) for source in sources)
    except OSError as error:
        raise disk_error(path, error) from error
    if its_own:
        raise DiskError(f"{path.name} is the scan itself, which is never overwritten: choose another name.")
    if not os.access(path.parent, os.W_OK):
        raise disk_error(path, PermissionError())


@contextmanager
def beside(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Temporary names in the folders of ``paths``, renamed to them in order when the block ends well.

    If it does not, or a rename fails, nothing of this stays; where the disk was the reason, DiskError says why of the
    last path.
    The temporary names are hidden and keep the endings, from which writers tell the format. They begin with the number
    of this process, so that ``sweep`` can take away what it leaves when it is killed.
    """
    mark = f"{os.getpid():x}-{secrets.token_hex(4)}"
    temporaries = tuple(path.with_name(f".{mark}.{path.name}") for path in paths)
    placed: list[Path] = []
    try:
        yield temporaries
        for temporary, path in zip(temporaries, paths, strict=True):
            fresh = not path.exists()
            os.replace(temporary, path)
            if fresh:
                placed.append(path)
        placed.clear()
        _flush_folder(paths[0].parent)
    except OSError as error:
        raise disk_error(paths[-1], error) from error
    finally:
        for leftover in (*temporaries, *placed):
            with suppress(OSError):  # of a drive that went away nothing can be taken away
                leftover.unlink(missing_ok=True)


def sweep(folder: Path, process: int) -> None:
    """Take away what ``process``, which has died, was writing in ``folder`` by way of ``beside``."""
    for leftover in folder.glob(f".{process:x}-{'[0-9a-f]' * 8}.*"):
        with suppress(OSError):
            leftover.unlink()


@contextmanager
def filling(folder: Path, files: Collection[Path]) -> Iterator[None]:
    """``folder``, made where need be, while ``files`` are written into it or below it one by one.

    If the block does not end well, those that were not there before go again, and so do the folders made for them
    unless somebody else has put something there.
    """
    places = {folder, *(place for file in files for place in file.parents if place.is_relative_to(folder))}
    fresh = sorted((place for place in places if not place.exists()), key=lambda place: len(place.parts), reverse=True)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    new = [file for file in files if not file.exists()]
    try:
        yield
    except BaseException:
        for file in new:
            with suppress(OSError):
                file.unlink(missing_ok=True)
        for place in fresh:
            with suppress(OSError):
                place.rmdir()
        raise


def flush(path: Path) -> None:
    """Have the disk hold what was written to ``path``."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def disk_error(path: Path, error: OSError) -> DiskError:
    """Why ``path`` could not be written, as one sentence."""
    folder = path.parent.resolve().name or str(path.parent.resolve())
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(path.parent).free / 1e6
        why = f"no room in folder {folder} ({free:.0f} MB free): free some, or choose another folder."
    elif isinstance(error, PermissionError) or error.errno == errno.EROFS:
        why = f"folder {folder} cannot be written to: choose another."
    elif isinstance(error, (FileNotFoundError, NotADirectoryError)):
        why = f"folder {folder} does not exist: create it, or choose another."
    elif isinstance(error, IsADirectoryError):
        why = "a folder of this name is in the way: choose another name."
    elif isinstance(error, FileExistsError):
        why = "a file of this name is in the way: choose another name."
    elif error.errno == errno.ENAMETOOLONG:
        why = "its name is too long: choose a shorter one."
    else:
        why = f"the disk failed ({error.strerror or error}): choose another folder."
    return DiskError(f"{path.name} was not written: {why}")


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

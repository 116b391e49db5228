"""Bytes of a file, plain or gzipped, of which never more is unpacked or allocated than asked for."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ScanError
from engine.scans.header import refused

# Deflate spends at least two bits on a run of 258 bytes: 1032 is the most that a byte can unpack to.
_MAX_EXPANSION = 1032
_CHUNK = 1 << 16
_DAMAGED = "is damaged (its packed data cannot be unpacked): copy it again from where it came."


class ByteStream:
    """Reads forward. ``capacity`` is the most bytes the file can hold once unpacked."""

    def __init__(self, path: Path, file: IO[bytes], size: int) -> None:
        self._path = path
        self.packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        self._file: Any = gzip.GzipFile(fileobj=file) if self.packed else file
        self.size = size
        self.capacity = size * _MAX_EXPANSION if self.packed else size

    def read(self, count: int) -> NDArray[np.uint8]:
        """The next ``count`` bytes, fewer where the file ends. Raises ScanError when the packed data is damaged.

        ``count`` must have been compared with ``capacity``.
        """
        data = np.empty(count, np.uint8)
        view = memoryview(data.data)
        got = 0
        try:
            while got < count:
                read = self._file.readinto(view[got : got + _CHUNK])
                if not read:
                    break
                got += read
        except EOFError:
            pass  # the gzip stream stops early: the caller sees it from the length
        except (zlib.error, gzip.BadGzipFile) as error:
            raise refused(self._path, _DAMAGED) from error
        return data[:got]

    def skip(self, count: int) -> int:
        """Pass over ``count`` bytes in small pieces; how many there were."""
        left = count
        while left:
            piece = len(self.read(min(left, _CHUNK)))
            if not piece:
                break
            left -= piece
        return count - left


@contextmanager
def byte_stream(path: Path) -> Iterator[ByteStream]:
    """Open ``path`` for reading. Raises ScanError when it is missing, empty, a folder, or may not be read."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size == 0:
                raise refused(path, "is empty (0 bytes): copy it again from where it came.")
            yield ByteStream(path, file, size)
    except FileNotFoundError as error:
        raise refused(path, "does not exist: check the path.") from error
    except PermissionError as error:
        raise refused(path, "may not be read by you: change its permissions, or ask its owner.") from error
    except IsADirectoryError as error:
        raise refused(path, "is a folder: choose a file in it.") from error
    except ScanError:
        raise
    except OSError as error:
        raise refused(path, f"could not be read ({error.strerror or error}): copy it to another disk.") from error

"""How voxels lie in a file, and reading them without believing what the header says of its own size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import ScanError
from engine.scans.found import MAX_VOXELS, Found
from engine.scans.header import refused
from engine.scans.stream import ByteStream, byte_stream

# Some writers pad the end of a file to a whole block.
_PADDING = 4096


@dataclass(frozen=True, kw_only=True)
class Layout(Found):
    """Voxels one after the other, first axis fastest, from byte ``offset`` of ``data_path`` on.

    ``trailer``: the format keeps more after the voxels.
    """

    data_path: Path
    offset: int
    trailer: bool = False

    @property
    def volume_bytes(self) -> int:
        return int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize

    @property
    def end(self) -> int:
        return self.offset + self.volume_bytes * self.volumes

    def check(self) -> None:
        with byte_stream(self.data_path) as stream:
            self._check(stream)

    def stored(self, volume: int) -> NDArray[np.generic]:
        """Reads to the end of the data, so that a damaged or short file is noticed even behind the volume."""
        with byte_stream(self.data_path) as stream:
            self._check(stream)
            before = self.offset + volume * self.volume_bytes
            got = stream.skip(before)
            raw = stream.read(self.volume_bytes)
            got += len(raw) + stream.skip(self.end - before - self.volume_bytes)
            if got < self.end:
                raise _stops_early(self.data_path, got, self.end)
            if not self.trailer and stream.skip(_PADDING + 1) > _PADDING:
                surplus = "holds more data than its header says, so the picture would be scrambled: convert it again."
                raise refused(self.data_path, surplus)
        return raw.view(self.dtype).reshape(self.shape, order="F")

    def _check(self, stream: ByteStream) -> None:
        path = self.data_path
        if np.prod(self.shape, dtype=object) > MAX_VOXELS:
            size = " x ".join(map(str, self.shape))
            raise refused(path, f"says it has {size} voxels, more than a head scan can have: convert it again.")
        if self.end > stream.capacity:
            if stream.packed:
                wanted = _megabytes(self.end)
                raise refused(path, f"cannot hold the {wanted} MB its header speaks of: copy or convert it again.")
            raise _stops_early(path, stream.size, self.end)


def _stops_early(path: Path, got: int, wanted: int) -> ScanError:
    return refused(path, f"stops early ({_megabytes(got)} of {_megabytes(wanted)} MB): copy it again.")


def _megabytes(count: int) -> str:
    size = count / 1e6
    return f"{size:.0f}" if size >= 10 else f"{size:.2f}"

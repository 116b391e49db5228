"""How voxels lie in a file, and reading them without believing what the header says of its own size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.scans.header import Kind, refused
from engine.scans.stream import ByteStream, byte_stream
from engine.volume import Affine

# One float32 volume of 1 GB: above any head (0.35 mm isotropic is 640 x 640 x 500), below what a header can make up.
MAX_VOXELS = 640**3
# Some writers pad the end of a file to a whole block.
_PADDING = 4096


@dataclass(frozen=True)
class Layout:
    """``volumes`` arrays of ``shape`` (first axis fastest) of ``dtype``, from byte ``offset`` of ``data_path`` on.

    A voxel's value is ``stored * slope + inter``. ``trailer``: the format keeps more after the voxels.
    """

    data_path: Path
    format: str
    kind: Kind
    shape: tuple[int, int, int]
    volumes: int
    dtype: np.dtype[np.generic]
    offset: int
    slope: float
    inter: float
    affine: Affine
    sides_known: bool
    notes: tuple[str, ...]
    trailer: bool = False

    @property
    def volume_bytes(self) -> int:
        return int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize

    @property
    def end(self) -> int:
        return self.offset + self.volume_bytes * self.volumes


def check_size(layout: Layout, stream: ByteStream) -> None:
    """Raises ScanError when ``layout`` asks for more than ``stream`` can hold, or for more than any head needs."""
    path = layout.data_path
    if np.prod(layout.shape, dtype=object) > MAX_VOXELS:
        size = " x ".join(map(str, layout.shape))
        raise refused(path, f"says it has {size} voxels, more than a head scan can have: convert it again.")
    if layout.end > stream.capacity:
        if stream.packed:
            raise refused(
                path, f"cannot hold the {_megabytes(layout.end)} MB its header speaks of: copy or convert it again."
            )
        raise _stops_early(path, stream.size, layout.end)


def read_stored(layout: Layout, volume: int) -> NDArray[np.generic]:
    """The stored values (X, Y, Z) of one volume, counted from 0, before slope and intercept.

    Reads to the end of the data, so that a damaged or short file is noticed even behind the volume. Raises ScanError.
    """
    with byte_stream(layout.data_path) as stream:
        check_size(layout, stream)
        before = layout.offset + volume * layout.volume_bytes
        got = stream.skip(before)
        raw = stream.read(layout.volume_bytes)
        got += len(raw) + stream.skip(layout.end - before - layout.volume_bytes)
        if got < layout.end:
            raise _stops_early(layout.data_path, got, layout.end)
        if not layout.trailer and stream.skip(_PADDING + 1) > _PADDING:
            surplus = "holds more data than its header says, so the picture would be scrambled: convert it again."
            raise refused(layout.data_path, surplus)
    return raw.view(layout.dtype).reshape(layout.shape, order="F")


def _stops_early(path: Path, got: int, wanted: int) -> Exception:
    return refused(path, f"stops early ({_megabytes(got)} of {_megabytes(wanted)} MB): copy it again.")


def _megabytes(count: int) -> str:
    size = count / 1e6
    return f"{size:.0f}" if size >= 10 else f"{size:.2f}"

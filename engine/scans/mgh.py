"""FreeSurfer's MGH and MGZ: big endian, header of 284 bytes, voxels, then tags that are not needed."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

from engine.scans.header import refused
from engine.scans.layout import Layout
from engine.scans.space import usable
from engine.scans.stream import byte_stream

_HEADER_BYTES = 284
_TYPES = {0: ">u1", 1: ">i4", 3: ">f4", 4: ">i2"}


def layout_of(path: Path) -> Layout:
    """How the voxels of ``path`` (.mgh or .mgz) lie. Raises ScanError."""
    with byte_stream(path) as stream:
        start = stream.read(min(_HEADER_BYTES, stream.capacity)).tobytes()
    if len(start) < _HEADER_BYTES or int.from_bytes(start[:4], "big") != 1:
        raise refused(path, "is not an MGH file, whatever its name says: choose a NIfTI, MGZ or DICOM scan.")
    header = nib.freesurfer.mghformat.MGHHeader(start, check=False)
    sizes = [int(size) for size in header["dims"]]
    if any(size < 1 for size in sizes):
        raise refused(path, "has a damaged header (its dimensions make no sense): convert it again.")
    if 1 in sizes[:3]:
        raise refused(path, "is a single slice: choose the file that holds the whole head.")
    if int(header["type"]) not in _TYPES:
        raise refused(path, f"has a voxel type that is not known (code {int(header['type'])}): convert it again.")
    with np.errstate(all="ignore"):  # damaged numbers may overflow; what comes of them is looked at next
        affine = np.asarray(header.get_affine(), np.float64)
    if not usable(affine):
        raise refused(path, "has no usable geometry (its affine is zero, singular or not a number): convert it again.")
    sides_known = int(header["goodRASFlag"]) == 1
    notes = () if sides_known else (f"{path.name} holds no orientation: FreeSurfer's default was taken.",)
    return Layout(
        data_path=path,
        format="MGH",
        kind="scan",
        shape=(sizes[0], sizes[1], sizes[2]),
        volumes=sizes[3],
        dtype=np.dtype(_TYPES[int(header["type"])]),
        offset=_HEADER_BYTES,
        slope=1.0,
        inter=0.0,
        affine=affine,
        sides_known=sides_known,
        notes=notes,
        trailer=True,
    )

"""From a path to a Scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.errors import ScanError
from engine.scans import dicom, mgh, nifti
from engine.scans.content import emptiness
from engine.scans.found import Found
from engine.scans.header import Scan, ScanHeader, refused
from engine.scans.space import orientation_of, to_ras
from engine.scans.stream import byte_stream
from engine.volume import Volume, spacing

_NIFTI_ENDINGS = (".nii", ".hdr", ".img")
_MGH_ENDINGS = (".mgh", ".mgz")
_THICK_MM = 3.5


def describe(path: str | Path, series: int | None = None) -> ScanHeader:
    """What ``path`` is, from its header alone; ``series`` chooses in a DICOM folder. Raises ScanError.

    A DICOM folder in which nothing was chosen and no series is the one T1 is told by its largest series.
    """
    path = Path(path)
    found = _find(path, series)
    found.check()
    return _header(path, found)


def read(path: str | Path, series: int | None = None, volume: int | None = None) -> Scan:
    """The voxels of ``path`` as finite float32 with axes turned to the closest RAS+, whatever they show.

    ``volume`` chooses in a 4D file, counted from 0. Values that are not numbers become 0, and a note says so.
    Raises ScanError when the file cannot be read, or holds several volumes or series and none was chosen.
    """
    path = Path(path)
    found = _find(path, series)
    if volume is None and found.volumes > 1:
        last = found.volumes - 1
        raise refused(path, f"has 4 dimensions ({found.volumes} volumes): choose one volume, 0 to {last} (--volume N).")
    if volume is not None and not 0 <= volume < found.volumes:
        raise refused(path, f"has no volume {volume}: choose 0 to {found.volumes - 1}.")
    turned, affine = to_ras(found.stored(volume or 0), found.affine)
    # float64 on the way, so that uint64, huge slopes and the like round once.
    values = turned.astype(np.float64)
    # What overflows becomes infinite, and is counted below.
    with np.errstate(over="ignore", invalid="ignore"):
        if found.slope != 1.0 or found.inter != 0.0:
            values *= found.slope
            values += found.inter
        data = np.ascontiguousarray(values, np.float32)
    lost = ~np.isfinite(data)
    count = int(lost.sum())
    notes: tuple[str, ...] = ()
    if count:
        data[lost] = 0.0
        plural = "value that is not a number: it is" if count == 1 else "values that are not numbers: they are"
        notes = (f"{path.name} contains {count:,} {plural} shown and encoded as 0.",)
    header = _header(path, found)
    return Scan(Volume(data, affine), header, header.header_notes + notes)


def open_scan(path: str | Path, series: int | None = None, volume: int | None = None) -> Scan:
    """``read``, and a ScanError for a picture in which there is nothing."""
    scan = read(path, series, volume)
    sentence = emptiness(scan)
    if sentence is not None:
        raise ScanError(sentence)
    return scan


def open_mask(path: str | Path) -> Volume:
    """A mask drawn elsewhere, as 0 and 1 with axes turned to RAS+: everything above 0 is inside. Raises ScanError."""
    volume = read(path).volume
    inside = volume.data > 0
    if not inside.any():
        raise refused(Path(path), "is an empty mask: choose another mask, or none.")
    return Volume(inside.astype(np.float32), volume.affine)


def _find(path: Path, series: int | None) -> Found:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(_MGH_ENDINGS):
        return mgh.layout_of(path)
    if name.endswith(_NIFTI_ENDINGS):
        return nifti.layout_of(path)
    if dicom.is_dicom(path):
        return dicom.stack_of(path, series)
    with byte_stream(path):
        raise refused(path, "is of a format that is not read: convert it to NIfTI (.nii, .nii.gz), MGZ or DICOM.")


def _header(path: Path, found: Found) -> ScanHeader:
    notes = list(found.notes)
    edges = spacing(found.affine)
    if max(edges) > _THICK_MM:
        notes.append(f"{path.name} has {max(edges):.1f} mm slices: the model needs 2 mm or finer.")
    if found.kind == "synthetic":
        notes.append(f"{path.name} is marked synthetic, not acquired.")
    if found.kind == "copy":
        notes.append(f"{path.name} is marked as a model's copy, not acquired.")
    return ScanHeader(
        path=path,
        format=found.format,
        kind=found.kind,
        shape=found.shape,
        spacing_mm=edges,
        orientation=orientation_of(found.affine) if found.sides_known else "unknown",
        dtype=found.dtype.newbyteorder("=").name,
        affine=found.affine,
        volumes=found.volumes,
        series=found.series,
        header_notes=tuple(notes),
        sides_known=found.sides_known,
        slope=found.slope,
        inter=found.inter,
        modality=found.modality,
    )

"""From a path to a Scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.errors import ScanError
from engine.scans import mgh, nifti
from engine.scans.content import refusal
from engine.scans.header import Scan, ScanHeader, refused
from engine.scans.layout import Layout, check_size, read_stored
from engine.scans.space import orientation_of, to_ras
from engine.scans.stream import byte_stream
from engine.volume import Volume, spacing

_NIFTI_ENDINGS = (".nii", ".hdr", ".img")
_MGH_ENDINGS = (".mgh", ".mgz")
_THICK_MM = 3.5


def describe(path: str | Path, series: int | None = None) -> ScanHeader:
    """What ``path`` is, from its header alone; ``series`` chooses in a DICOM folder. Raises ScanError."""
    layout = _layout(Path(path), series)
    with byte_stream(layout.data_path) as stream:
        check_size(layout, stream)
    return _header(Path(path), layout)


def read(path: str | Path, series: int | None = None, volume: int | None = None) -> Scan:
    """The voxels of ``path`` as finite float32 with axes turned to the closest RAS+, whatever they show.

    ``volume`` chooses in a 4D file, counted from 0. Values that are not numbers become 0, and a note says so.
    Raises ScanError when the file cannot be read, or holds several volumes and none was chosen.
    """
    path = Path(path)
    layout = _layout(path, series)
    if volume is None and layout.volumes > 1:
        raise refused(
            path,
            f"has 4 dimensions ({layout.volumes} volumes): choose one volume, 0 to {layout.volumes - 1} (--volume N).",
        )
    if volume is not None and not 0 <= volume < layout.volumes:
        raise refused(path, f"has no volume {volume}: choose 0 to {layout.volumes - 1}.")
    stored = read_stored(layout, volume or 0)
    turned, affine = to_ras(stored, layout.affine)
    # float64 on the way, so that uint64, huge slopes and the like round once.
    values = turned.astype(np.float64)
    if layout.slope != 1.0 or layout.inter != 0.0:
        values = values * layout.slope + layout.inter
    with np.errstate(over="ignore"):
        data = np.ascontiguousarray(values, np.float32)
    lost = ~np.isfinite(data)
    count = int(lost.sum())
    notes: tuple[str, ...] = ()
    if count:
        data[lost] = 0.0
        plural = "value that is not a number: it is" if count == 1 else "values that are not numbers: they are"
        notes = (f"{path.name} contains {count:,} {plural} shown and encoded as 0.",)
    header = _header(path, layout)
    return Scan(Volume(data, affine), header, header.header_notes + notes)


def open_scan(path: str | Path, series: int | None = None, volume: int | None = None) -> Scan:
    """``read``, and a ScanError for what cannot be a T1 head: a mask, a label map, a CT, an empty picture, no head."""
    scan = read(path, series, volume)
    sentence = refusal(scan)
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


def _layout(path: Path, series: int | None) -> Layout:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(_MGH_ENDINGS):
        return mgh.layout_of(path)
    if name.endswith(_NIFTI_ENDINGS):
        return nifti.layout_of(path)
    with byte_stream(path):
        raise refused(path, "is of a format that is not read: convert it to NIfTI (.nii, .nii.gz), MGZ or DICOM.")


def _header(path: Path, layout: Layout) -> ScanHeader:
    notes = list(layout.notes)
    edges = spacing(layout.affine)
    if max(edges) > _THICK_MM:
        notes.append(f"{path.name} has {max(edges):.1f} mm slices: the model needs 2 mm or finer.")
    if layout.kind == "synthetic":
        notes.append(f"{path.name} is marked synthetic, not acquired.")
    if layout.kind == "copy":
        notes.append(f"{path.name} is marked as a model's copy, not acquired.")
    return ScanHeader(
        path=path,
        format=layout.format,
        kind=layout.kind,
        shape=layout.shape,
        spacing_mm=edges,
        orientation=orientation_of(layout.affine) if layout.sides_known else "unknown",
        dtype=layout.dtype.newbyteorder("=").name,
        affine=layout.affine,
        volumes=layout.volumes,
        series=(),
        header_notes=tuple(notes),
        sides_known=layout.sides_known,
        slope=layout.slope,
        inter=layout.inter,
    )

"""A volume as NIfTI with its JSON sidecar: one unit, marked where it was generated."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Collection
from pathlib import Path

import nibabel as nib
import numpy as np

from engine.errors import DiskError, UsageError
from engine.export.atomic import beside, check_place, flush
from engine.export.provenance import OWN_SPACE, Provenance
from engine.scans import ScanHeader, as_stored, nifti
from engine.scans.mark import EXTENSION_CODE, INTENT_CODE, INTENT_NAME
from engine.volume import Volume

# Level 6 takes three times as long for 2 % on float volumes.
_COMPRESSION = 3
_EXACT_TYPES = ("uint8", "int8", "uint16", "int16")
# NIfTI's codes for a place that is another file's, and for MNI space.
_ALIGNED, _TEMPLATE = 2, 4


def sidecar_of(path: str | Path) -> Path:
    """The ``.json`` beside a ``.nii`` or ``.nii.gz``."""
    path = Path(path)
    return path.with_name(re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE) + ".json")


def check_target(path: str | Path, sources: Collection[str | Path] = ()) -> None:
    """Raises what ``write_volume`` would for this ``path``, before any work is done for it."""
    path = Path(path)
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        raise UsageError(f"{path.name} is no NIfTI name: let it end with .nii.gz or .nii.")
    check_place(path, sources)
    sidecar = sidecar_of(path)
    if sidecar.exists() and any(sidecar.absolute() == sidecar_of(source).absolute() for source in sources):
        raise DiskError(f"{path.name}: {sidecar.name} beside it belongs to the scan: choose another name.")


def write_volume(
    path: str | Path,
    volume: Volume,
    provenance: Provenance,
    like: ScanHeader | None = None,
    sources: Collection[str | Path] = (),
) -> Path:
    """``volume`` as NIfTI-1 at ``path`` (.nii or .nii.gz) with its sidecar, both or neither; the path.

    float32 with the volume's own axes; ``like`` a scan of whose RAS+ grid the volume is: axes, affine and, up to 16
    bits, voxel type and scaling of that file; a map of differences has signs and fractions and stays float32. An
    existing file is replaced, but never one of ``sources``.

    Raises DiskError (nothing is left behind) and UsageError for another ending.
    """
    path = Path(path)
    check_target(path, sources)
    record = json.dumps(provenance.to_json(), indent=2, ensure_ascii=False)
    image = _image(volume, like, typed=provenance.form != "difference")
    mark(image, provenance, record)
    place(path, image, record)
    return path


def mark(image: nib.Nifti1Image, provenance: Provenance, record: str) -> None:
    """Have the header of ``image`` say where it comes from and lies; ``record`` is the sidecar's text."""
    _lay(image, _ALIGNED if provenance.spatial_reference in (None, OWN_SPACE) else _TEMPLATE)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = provenance.mark.encode("ascii", "replace")[:80]
    if provenance.generated:
        image.header["intent_code"] = INTENT_CODE
        name = "SYNTH DIFF" if provenance.form == "difference" else INTENT_NAME
        image.header["intent_name"] = name.encode()
        image.header.extensions.append(nib.nifti1.Nifti1Extension(EXTENSION_CODE, record.encode("utf-8")))


def place(path: Path, image: nib.Nifti1Image, record: str) -> None:
    """``image`` at ``path`` and ``record`` beside it, flushed and read back, both or neither. Raises DiskError."""
    # The sidecar goes first: an image never stands there without it.
    with beside(sidecar_of(path), path) as (sidecar, temporary):
        sidecar.write_text(record + "\n", encoding="utf-8")
        flush(sidecar)
        _write(temporary, image)
        flush(temporary)
        _read_back(path, temporary, image)


def _lay(image: nib.Nifti1Image, code: int) -> None:
    """Both transforms with one code, because some programs read the qform alone; it cannot hold shear."""
    affine = image.affine
    image.set_sform(affine, code)
    image.set_qform(affine, code)
    if not np.allclose(image.get_qform(), affine, atol=1e-3):
        image.set_qform(None, 0)


def _image(volume: Volume, like: ScanHeader | None, typed: bool) -> nib.Nifti1Image:
    """``typed``: with the voxel type of ``like``."""
    stored = volume if like is None else as_stored(volume, like)
    data = stored.data
    if typed and like is not None and like.dtype in _EXACT_TYPES:
        limits = np.iinfo(like.dtype)
        whole = np.rint((data.astype(np.float64) - like.inter) / like.slope)
        data = np.clip(whole, limits.min, limits.max).astype(like.dtype)
    image = nib.Nifti1Image(data, stored.affine)
    if data.dtype.kind in "iu" and like is not None:
        image.header.set_slope_inter(like.slope, like.inter)
    return image


def _write(path: Path, image: nib.Nifti1Image) -> None:
    with path.open("wb") as file:
        if not path.name.lower().endswith(".gz"):
            image.to_stream(file)
            return
        # No name and no time inside, so that the same volume gives the same bytes.
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=_COMPRESSION, mtime=0) as packed:
            image.to_stream(packed)


def _read_back(path: Path, temporary: Path, image: nib.Nifti1Image) -> None:
    """Raises DiskError when the disk gives back other voxels than were written."""
    written, volumes = nifti.layout_of(temporary), np.asarray(image.dataobj)
    volumes = volumes if volumes.ndim == 4 else volumes[..., np.newaxis]
    if not all(np.array_equal(written.stored(number), volumes[..., number]) for number in range(volumes.shape[3])):
        raise DiskError(f"{path.name} was not written: the disk gave other data back; choose another disk.")

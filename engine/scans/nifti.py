"""NIfTI-1, NIfTI-2 and Analyze headers, single files and pairs, of either byte order."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np

from engine.scans import mark
from engine.scans.header import Kind, refused
from engine.scans.layout import Layout
from engine.scans.space import usable
from engine.scans.stream import byte_stream
from engine.volume import Affine

_VECTOR_INTENTS = {1004, 1005, 1006, 1007}
_MAX_EXTENSIONS = 16 << 20
_UNKNOWN_SIDES = "holds no orientation: left and right are a guess; set it before trusting a side."
_REFUSED_TYPES = {
    1: "stores one bit per voxel",
    32: "holds complex numbers",
    128: "is a colour picture",
    1536: "stores 128-bit numbers",
    1792: "holds complex numbers",
    2048: "holds complex numbers",
    2304: "is a colour picture",
}


def layout_of(path: Path) -> Layout:
    """How the voxels of ``path`` (.nii, .nii.gz, .hdr or .img) lie. Raises ScanError."""
    header_path, data_path = _pair(path)
    with byte_stream(header_path) as stream:
        start = stream.read(min(540, stream.capacity)).tobytes()
        header, format_name = _parse(path, start)
        offset = _offset(path, header, header_path == data_path)
        wanted = min(offset, _MAX_EXTENSIONS) if header_path == data_path else _MAX_EXTENSIONS
        rest = b""
        if header_path == data_path:
            rest = stream.read(max(0, min(wanted, stream.capacity) - len(start))).tobytes()
    shape, volumes = _dimensions(path, header)
    _check_type(path, header)
    if format_name == "Analyze":
        affine, sides_known, notes = _analyze_space(path, header, header_path)
        kind: Kind = "scan"
    else:
        affine, sides_known, notes = _nifti_space(path, header)
        kind = mark.kind_of(
            _extensions(start + rest, int(header["sizeof_hdr"]), header.endianness),
            _text(header["descrip"]),
            _text(header["intent_name"]),
        )
    slope, inter = _scaling(header)
    return Layout(
        data_path=data_path,
        format=format_name,
        kind=kind,
        shape=shape,
        volumes=volumes,
        dtype=header.get_data_dtype(),
        offset=offset,
        slope=slope,
        inter=inter,
        affine=affine,
        sides_known=sides_known,
        notes=notes,
    )


def _pair(path: Path) -> tuple[Path, Path]:
    """The files that hold the header and the voxels of ``path``; for .nii both are the same."""
    name = path.name
    stem = name[:-3] if name.lower().endswith(".gz") else name
    packed = name[len(stem) :]
    ending = stem[-4:].lower()
    if ending not in (".hdr", ".img"):
        return path, path
    other_ending = ".img" if ending == ".hdr" else ".hdr"
    other_stem = stem[:-4] + (other_ending if stem[-4:].islower() else other_ending.upper())
    candidates = [path.with_name(other_stem + packed), path.with_name(other_stem), path.with_name(other_stem + ".gz")]
    other = next((candidate for candidate in candidates if candidate.exists()), None)
    if path.exists() and other is None:
        lacking = "image data" if ending == ".hdr" else "header"
        raise refused(path, f"needs its {lacking} file {other_stem}, which is not beside it: put both in one folder.")
    if other is None:
        return path, path
    return (path, other) if ending == ".hdr" else (other, path)


def _parse(path: Path, start: bytes) -> tuple[nib.Nifti1Header, str]:
    size_little, size_big = (int.from_bytes(start[:4], order) for order in ("little", "big"))
    if 540 in (size_little, size_big) and len(start) >= 540 and start[4:8] in (b"n+2\x00", b"ni2\x00"):
        return nib.Nifti2Header.from_fileobj(io.BytesIO(start), check=False), "NIfTI-2"
    if 348 in (size_little, size_big) and len(start) >= 348:
        block = io.BytesIO(start[:348])
        if start[344:348] in (b"n+1\x00", b"ni1\x00"):
            return nib.Nifti1Header.from_fileobj(block, check=False), "NIfTI-1"
        if path.name.lower().removesuffix(".gz").endswith((".hdr", ".img")):
            return nib.Spm99AnalyzeHeader.from_fileobj(block, check=False), "Analyze"
        raise refused(path, "has a damaged NIfTI header (its signature is wrong): convert it again.")
    raise refused(path, "is not a NIfTI file, whatever its name says: choose a NIfTI, MGZ or DICOM scan.")


def _offset(path: Path, header: nib.Nifti1Header, single_file: bool) -> int:
    stated = float(header["vox_offset"])
    # Single files of some writers say 0 and mean "right after the header and its four extension bytes".
    least = int(header["sizeof_hdr"]) + 4 if single_file else 0
    if not np.isfinite(stated) or stated < 0 or (single_file and 0 < stated < least - 4):
        raise refused(path, "has a damaged header (the place of its voxels makes no sense): convert it again.")
    return max(int(stated), least) if stated == 0 else int(stated)


def _dimensions(path: Path, header: nib.Nifti1Header) -> tuple[tuple[int, int, int], int]:
    dim = [int(size) for size in header["dim"]]
    if not 1 <= dim[0] <= 7 or any(size < 0 for size in dim[1 : dim[0] + 1]):
        raise refused(path, "has a damaged header (its dimensions make no sense): convert it again.")
    sizes = dim[1 : dim[0] + 1]
    if 0 in sizes:
        raise refused(path, "has no voxels (one of its dimensions is 0): convert it again.")
    if len(sizes) < 3 or 1 in sizes[:3]:
        raise refused(path, "is a single slice: choose the file that holds the whole head.")
    beyond = sizes[4:]
    intent = int(header["intent_code"]) if "intent_code" in header else 0
    if any(size > 1 for size in beyond) or (intent in _VECTOR_INTENTS and np.prod(sizes[3:], dtype=object) > 1):
        count = int(np.prod(beyond, dtype=object)) if beyond else sizes[3]
        raise refused(path, f"holds {count} numbers in each voxel (a vector image): choose the T1 scan itself.")
    return (sizes[0], sizes[1], sizes[2]), sizes[3] if len(sizes) > 3 else 1


def _check_type(path: Path, header: nib.Nifti1Header) -> None:
    code = int(header["datatype"])
    if code in _REFUSED_TYPES:
        raise refused(path, f"{_REFUSED_TYPES[code]}: choose a scan with one real number per voxel.")
    try:
        plain = header.get_data_dtype().kind in "iuf" and header.get_data_dtype().itemsize in (1, 2, 4, 8)
    except Exception:  # nibabel raises errors of several kinds for codes it does not know
        plain = False
    if not plain:
        raise refused(path, f"has a voxel type that is not known (code {code}): convert it again.")


def _scaling(header: nib.Nifti1Header) -> tuple[float, float]:
    """Slope and intercept; slope 0 or not a number means none, by the NIfTI standard."""
    names = header.keys()
    slope = float(header["scl_slope"])
    inter = float(header["scl_inter"]) if "scl_inter" in names else 0.0
    if not np.isfinite(slope) or slope == 0:
        return 1.0, 0.0
    return slope, inter if np.isfinite(inter) else 0.0


def _nifti_space(path: Path, header: nib.Nifti1Header) -> tuple[Affine, bool, tuple[str, ...]]:
    sform, sform_code = np.asarray(header.get_sform(), np.float64), int(header["sform_code"])
    qform_code = int(header["qform_code"])
    qform = _qform(header) if qform_code > 0 else None
    if qform is not None and not usable(qform):
        qform = None
    if sform_code > 0 and usable(sform):
        if qform is not None and not np.allclose(sform, qform, atol=0.1):
            return sform, True, ("The file's sform and qform differ: the sform was used.",)
        return sform, True, ()
    if qform is not None:
        note = ("The file's sform cannot be used: the qform was used.",) if sform_code > 0 else ()
        return qform, True, note
    if sform_code > 0 or qform_code > 0:
        raise refused(path, "has no usable geometry (its affine is zero, singular or not a number): convert it again.")
    return _centred(path, header), False, (f"{path.name} {_UNKNOWN_SIDES}",)


def _qform(header: nib.Nifti1Header) -> Affine | None:
    with np.errstate(all="ignore"):
        try:
            fixed = header.copy()
            # The standard counts a qfac of 0 as +1.
            if float(fixed["pixdim"][0]) == 0:
                fixed["pixdim"][0] = 1
            return np.asarray(fixed.get_qform(), np.float64)
        except Exception:  # quaternions of length above one, and worse
            return None


def _centred(path: Path, header: nib.Nifti1Header) -> Affine:
    """Axes taken as R, A, S and the world's origin in the middle, from the voxel sizes alone."""
    edges = np.abs(np.asarray(header["pixdim"][1:4], np.float64))
    affine = np.diag([*edges, 1.0])
    with np.errstate(all="ignore"):  # damaged numbers may overflow; what comes of them is looked at next
        affine[:3, 3] = -edges * (np.asarray(header["dim"][1:4], np.float64) - 1) / 2
    if not usable(affine):
        raise refused(path, "has no usable geometry (its voxel sizes make no sense): convert it again.")
    return affine


def _analyze_space(path: Path, header: nib.Nifti1Header, header_path: Path) -> tuple[Affine, bool, tuple[str, ...]]:
    beside = header_path.with_name(header_path.name.lower().removesuffix(".gz").removesuffix(".hdr") + ".mat")
    beside = header_path.with_name(header_path.name[: len(beside.name) - 4] + ".mat")
    if beside.is_file() and beside.stat().st_size < 1 << 16:
        from scipy import io as matlab

        try:
            # From memory, because a damaged length would have scipy ask a file for gigabytes.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                stored = matlab.loadmat(io.BytesIO(beside.read_bytes()))
            # SPM99 counts voxels from 1; ``mat`` holds the sides as they are, ``M`` before SPM's left-right flip.
            affine = np.asarray(stored["mat"] if "mat" in stored else np.diag([-1, 1, 1, 1]) @ stored["M"], np.float64)
            shift = np.eye(4)
            shift[:3, 3] = 1
            if affine.shape == (4, 4) and usable(affine @ shift):
                return affine @ shift, True, (f"The orientation was taken from {beside.name}.",)
        except Exception:  # a .mat that scipy cannot read, or of something else
            pass
    return _centred(path, header), False, (f"{path.name} {_UNKNOWN_SIDES}",)


def _extensions(block: bytes, header_size: int, endianness: str) -> list[tuple[int, bytes]]:
    """(code, content) of each header extension in ``block``, the file's bytes up to the voxels."""
    found: list[tuple[int, bytes]] = []
    if len(block) < header_size + 4 or block[header_size] == 0:
        return found
    order = "little" if endianness == "<" else "big"
    at = header_size + 4
    while at + 8 <= len(block):
        size = int.from_bytes(block[at : at + 4], order)  # type: ignore[arg-type]
        code = int.from_bytes(block[at + 4 : at + 8], order)  # type: ignore[arg-type]
        if size < 8 or at + size > len(block):
            break
        found.append((code, block[at + 8 : at + size]))
        at += size
    return found


def _text(field: np.ndarray) -> str:
    return bytes(field.item() if hasattr(field, "item") else field).split(b"\x00")[0].decode("utf-8", "replace")

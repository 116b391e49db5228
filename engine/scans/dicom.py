"""DICOM: a folder as it comes off a disc or scanner, or one of its files, as stacks of evenly spaced slices.

Files are taken by what they hold, not by name; strays are passed over. Slices are ordered by their position along the
slice normal (DICOM PS3.3 C.7.6.2.1.1), never by file name or instance number, and a stack with a gap is refused:
closed up, everything behind the gap would lie in the wrong place.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ScanError
from engine.scans.found import MAX_VOXELS, Found
from engine.scans.header import Series, name_of, refused
from engine.scans.space import usable

_MOST_FILES = 50_000
_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_T1_WORDS = re.compile(r"t1|mp-?rage|mp2rage|spgr|bravo|tfl|\bgre\b.*3d|3d.*\b(tfe|ffe|gre|flash)\b", re.IGNORECASE)
_OTHER_WORDS = re.compile(r"t2|flair|field|map|bold|fmri|asl|perf|diff|dwi|dti|loc|scout|survey|swi|angio|tof", re.I)


@dataclass(frozen=True)
class _Slice:
    """One image of ``path``; ``position`` and ``directions`` (rows, columns) in LPS, ``pixel_mm`` along i and j."""

    path: Path
    frame: int | None
    position: NDArray[np.float64]
    directions: NDArray[np.float64]
    pixel_mm: tuple[float, float]
    size: tuple[int, int]
    slope: float
    inter: float
    picture: str
    instance: int


@dataclass(frozen=True)
class _Set:
    """All images of one series, in the order found."""

    number: int
    uid: str
    description: str
    modality: str
    dtype: np.dtype[np.generic]
    obstacle: str
    slices: list[_Slice]


@dataclass(frozen=True, kw_only=True)
class Stack(Found):
    """Slices of one series: one list for each volume, sorted along the normal. ``undecided``: why not to read it."""

    path: Path
    stacks: tuple[tuple[_Slice, ...], ...]
    undecided: str = ""

    def check(self) -> None:
        if np.prod(self.shape, dtype=object) > MAX_VOXELS:
            raise refused(self.path, "says it has more voxels than a head scan can have: convert it again.")

    def stored(self, volume: int) -> NDArray[np.generic]:
        self.check()
        if self.undecided:
            raise refused(self.path, self.undecided)
        slices = self.stacks[volume]
        uniform = len({(piece.slope, piece.inter) for piece in slices}) == 1
        data = np.empty(self.shape, self.dtype if uniform else np.float64)
        pixels: dict[Path, NDArray[Any]] = {}
        for k, piece in enumerate(slices):
            if piece.path not in pixels:
                pixels = {piece.path: _pixels(piece.path)}
            image = pixels[piece.path]
            image = image if piece.frame is None or image.ndim == 2 else image[piece.frame]
            if image.shape != (self.shape[1], self.shape[0]):
                raise refused(piece.path, "has other dimensions than its header says: copy it again.")
            data[:, :, k] = image.T if uniform else image.T * piece.slope + piece.inter
        return data


def is_dicom(path: Path) -> bool:
    """Whether ``path`` is a folder, or a file with DICOM's signature."""
    try:
        if path.is_dir():
            return True
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def stack_of(path: Path, number: int | None) -> Stack:
    """The series ``number`` in the folder ``path``, or the one that ``path`` is a file of; without, the one T1.

    Raises ScanError where there is none, or it cannot be stacked evenly.
    """
    if path.is_dir():
        sets = _sets_of(path, _files_in(path))
    else:
        own = _sets_of(path, [path])
        several = bool(own) and own[0].slices[0].frame is None
        sets = [s for s in _sets_of(path, _files_in(path.parent)) if s.uid == own[0].uid] if several else own
    if not sets:
        what = "is a folder without DICOM images" if path.is_dir() else "holds no DICOM image with a place in space"
        raise refused(path, f"{what}: choose a scan, or a folder that holds a DICOM series.")
    series = tuple(_series(one) for one in sets)
    listed = ", ".join(f"{s.number} {s.description or s.modality}".strip() for s in series)
    if number is not None:
        chosen = [one for one in sets if one.number == number]
        if not chosen:
            raise refused(path, f"has no series {number}: choose one of {listed} (--series N).")
        return _stack(path, chosen[0], series, (), "")
    likely = [one for one in sets if _like_t1(one)]
    if len(sets) == 1:
        return _stack(path, sets[0], series, (), "")
    if len(likely) == 1:
        note = f"{name_of(path)} holds {len(sets)} series: {likely[0].number} {likely[0].description} was taken."
        return _stack(path, likely[0], series, (note,), "")
    undecided = f"holds {len(sets)} series and not exactly one T1: choose one of {listed} (--series N)."
    for one in sorted(sets, key=lambda one: len(one.slices), reverse=True):
        try:
            return _stack(path, one, series, (), undecided)
        except ScanError:
            continue
    raise refused(path, f"holds {len(sets)} series, none of them a whole volume ({listed}): choose another folder.")


class _Bounded(io.BufferedReader):
    """A file of which no more is asked for than it holds: a damaged length would have 4 GB allocated."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._size = path.stat().st_size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(size if size is None else min(size, self._size))


def _files_in(folder: Path) -> list[Path]:
    files: list[Path] = []
    try:
        for root, folders, names in os.walk(folder):
            folders.sort()
            files += [Path(root, name) for name in sorted(names)]
            if len(files) > _MOST_FILES:
                raise refused(folder, f"holds more than {_MOST_FILES:,} files: choose the folder of one study.")
    except OSError as error:
        raise refused(folder, f"could not be read ({error.strerror or error}): check its permissions.") from error
    return files


def _sets_of(path: Path, files: Iterable[Path]) -> list[_Set]:
    """The series among ``files``, by number."""
    import pydicom

    sets: dict[str, _Set] = {}
    for file in files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with _Bounded(file) as opened:
                    header = pydicom.dcmread(opened, stop_before_pixels=True)
                if "Rows" not in header or "Columns" not in header:
                    continue
                uid = str(header.get("SeriesInstanceUID", file))
                if uid not in sets:
                    sets[uid] = _set(header, uid)
                sets[uid].slices.extend(_slices(header, file))
        # A stray file may raise anything at all out of a parser; it is no image of ours then.
        except Exception:
            continue
    return sorted((one for one in sets.values() if one.slices), key=lambda one: one.number)


def _set(header: Any, uid: str) -> _Set:
    picture = [str(word) for word in header.get("ImageType", [])]
    obstacle = ""
    if "MOSAIC" in picture:
        obstacle = "is a mosaic (many slices in one image): convert it with dcm2niix."
    elif int(header.get("SamplesPerPixel", 1)) != 1:
        obstacle = "is a colour picture: choose a scan with one real number per voxel."
    bits, signed = int(header.get("BitsAllocated", 16)), int(header.get("PixelRepresentation", 0))
    return _Set(
        number=int(header.get("SeriesNumber") or 0),
        uid=uid,
        description=str(header.get("SeriesDescription") or header.get("ProtocolName") or "").strip(),
        modality=str(header.get("Modality", "")),
        dtype=np.dtype(f"{'i' if signed else 'u'}{max(bits // 8, 1)}"),
        obstacle=obstacle,
        slices=[],
    )


def _slices(header: Any, file: Path) -> list[_Slice]:
    """The images of one file: itself, or each frame of an enhanced one."""
    if "PerFrameFunctionalGroupsSequence" not in header:
        return [_slice(header, file, None, header, header, header)]
    shared = header.SharedFunctionalGroupsSequence[0]
    slices = []
    for index, frame in enumerate(header.PerFrameFunctionalGroupsSequence):
        position = frame.PlanePositionSequence[0]
        rest = [_group(name, frame, shared) for name in ("PlaneOrientationSequence", "PixelMeasuresSequence")]
        values = _group("PixelValueTransformationSequence", frame, shared)
        merged = position.__class__()
        for part in (position, *rest):
            merged.update(part)
        slices.append(_slice(header, file, index, merged, values, frame))
    return slices


def _group(name: str, frame: Any, shared: Any) -> Any:
    """A functional group, of this frame or of all; an empty data set where neither has it."""
    found = frame.get(name) or shared.get(name)
    return found[0] if found else frame.__class__()


def _slice(header: Any, file: Path, frame: int | None, place: Any, values: Any, picture: Any) -> _Slice:
    rows_mm, columns_mm = (float(edge) for edge in place.PixelSpacing)
    # Magnitude and phase lie at the same places in one series; the type tells them apart.
    kind = "/".join(str(word) for word in header.get("ImageType", [])[2:] if str(word) not in ("NORM", "ADD", "ND"))
    kinds = picture.get("MRImageFrameTypeSequence")
    if kinds:
        kind = "/".join(str(word) for word in kinds[0].get("FrameType", [])[2:])
    return _Slice(
        path=file,
        frame=frame,
        position=np.array([float(value) for value in place.ImagePositionPatient]),
        directions=np.array([float(value) for value in place.ImageOrientationPatient]).reshape(2, 3),
        pixel_mm=(columns_mm, rows_mm),
        size=(int(header.Columns), int(header.Rows)),
        slope=float(values.get("RescaleSlope", 1) or 1),
        inter=float(values.get("RescaleIntercept", 0) or 0),
        picture=kind,
        instance=int(header.get("InstanceNumber") or 0),
    )


def _series(one: _Set) -> Series:
    """What the user chooses from: its shape counts the slices of the first volume."""
    places = len({tuple(np.round(piece.position, 2)) for piece in one.slices})
    return Series(one.number, one.description, one.modality, (*one.slices[0].size, places))


def _like_t1(one: _Set) -> bool:
    words = one.description
    many = _series(one).shape[2] >= 16
    return one.modality == "MR" and many and bool(_T1_WORDS.search(words)) and not _OTHER_WORDS.search(words)


def _stack(path: Path, one: _Set, series: tuple[Series, ...], notes: tuple[str, ...], undecided: str) -> Stack:
    name = f"series {one.number}" if len(series) > 1 else "the series"
    if one.obstacle:
        raise refused(path, one.obstacle)
    first = one.slices[0]
    if any(piece.size != first.size for piece in one.slices):
        raise refused(path, f"has images of different sizes in {name}: choose another series.")
    if any(not np.allclose(piece.directions, first.directions, atol=1e-3) for piece in one.slices):
        raise refused(path, f"has images of different directions in {name}, as a localiser has: choose another series.")
    normal = np.cross(first.directions[0], first.directions[1])
    stacks = _volumes(one.slices, normal)
    depth = len(stacks[0])
    if depth == 1:
        raise refused(path, "is a single slice: choose the folder that holds the whole head.")
    if any(len(stack) != depth for stack in stacks):
        raise refused(path, f"lacks images in {name} (volumes of different lengths): copy it again from where it came.")
    for stack in stacks:
        _check_even(path, name, np.array([piece.position @ normal for piece in stack]))
    ends = stacks[0][0].position, stacks[0][-1].position
    affine = np.eye(4)
    affine[:3, 0] = first.directions[0] * first.pixel_mm[0]
    affine[:3, 1] = first.directions[1] * first.pixel_mm[1]
    affine[:3, 2] = (ends[1] - ends[0]) / (depth - 1)
    affine[:3, 3] = ends[0]
    affine = _RAS_FROM_LPS @ affine
    if not usable(affine):
        raise refused(path, "has no usable geometry (its affine is zero, singular or not a number): convert it again.")
    uniform = len({(piece.slope, piece.inter) for piece in one.slices}) == 1
    return Stack(
        path=path,
        format="DICOM",
        shape=(*first.size, depth),
        volumes=len(stacks),
        dtype=one.dtype if uniform else np.dtype(np.float64),
        affine=affine,
        slope=first.slope if uniform else 1.0,
        inter=first.inter if uniform else 0.0,
        notes=notes,
        series=series,
        modality=one.modality,
        stacks=tuple(tuple(stack) for stack in stacks),
        undecided=undecided,
    )


def _volumes(slices: list[_Slice], normal: NDArray[np.float64]) -> list[list[_Slice]]:
    """``slices`` parted into volumes, each sorted along ``normal``: by type of picture, then by turns at one place."""
    volumes: list[list[_Slice]] = []
    for picture in sorted({piece.picture for piece in slices}):
        places: dict[float, list[_Slice]] = {}
        for piece in sorted((p for p in slices if p.picture == picture), key=lambda piece: piece.instance):
            places.setdefault(round(float(piece.position @ normal), 2), []).append(piece)
        turns = max(len(pieces) for pieces in places.values())
        for turn in range(turns):
            volumes.append([places[place][turn] for place in sorted(places) if len(places[place]) > turn])
    return volumes


def _check_even(path: Path, name: str, places: NDArray[np.float64]) -> None:
    gaps = np.diff(places)
    usual = float(np.median(gaps))
    odd = np.abs(gaps - usual) > max(0.02 * usual, 0.02)
    if not odd.any():
        return
    lacking = np.round(gaps[odd] / usual) - 1
    if usual > 0 and np.all(lacking >= 1) and np.allclose(gaps[odd] / usual, lacking + 1, atol=0.05):
        count = int(lacking.sum())
        raise refused(
            path,
            f"lacks {count} slice{'s' if count > 1 else ''} in {name} (a gap of {gaps.max():.3g} mm where others have "
            f"{usual:.3g}): copy it again from where it came.",
        )
    span = f"{gaps.min():.3g} to {gaps.max():.3g} mm"
    raise refused(path, f"has uneven gaps between the slices of {name} ({span}): choose another series.")


def _pixels(file: Path) -> NDArray[Any]:
    """The stored values of a file's image or frames, (rows, columns) or (frames, rows, columns)."""
    import pydicom

    damaged = refused(file, "is damaged (its pixels cannot be read): copy it again from where it came.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _Bounded(file) as opened:
                header = pydicom.dcmread(opened)
            voxels = int(header.Rows) * int(header.Columns) * int(header.get("NumberOfFrames") or 1)
            syntax = header.file_meta.TransferSyntaxUID
            compressed = bool(syntax.is_transfer_syntax and syntax.is_compressed)
        except Exception as error:
            raise damaged from error
        if voxels > MAX_VOXELS:
            raise refused(file, "says it has more voxels than a head scan can have: convert it again.")
        try:
            return np.asarray(header.pixel_array)
        except Exception as error:
            if compressed:
                how = f"is compressed ({syntax.name}) in a way that is not read: convert it with dcm2niix."
                raise refused(file, how) from error
            raise damaged from error

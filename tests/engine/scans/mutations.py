"""Damaged scan files of every format that is read: bytes flipped, headers cut, sizes lied about; seeded.

``python -m tests.engine.scans.mutations 2000`` tries so many and tells what became of them.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from engine.errors import ScanError
from engine.scans import describe, doubt, open_scan

SHAPE = (22, 26, 16)
AFFINE = np.array([[0, -3.5, 0, 40], [3.0, 0, 0.2, -30], [0, 0.1, 4.0, -45], [0, 0, 0, 1]])
# Where each header tells sizes, voxel type, the place of the voxels, scaling and geometry: (first byte, width) each.
_NIFTI1 = [(40 + 2 * n, 2) for n in range(8)] + [(70, 2), (72, 2), (108, 4), (112, 4), (116, 4), (252, 2), (254, 2)]
_NIFTI1 += [(280 + 4 * n, 4) for n in range(12)] + [(348, 4), (352, 4), (356, 4)]
_NIFTI2 = [(16 + 8 * n, 8) for n in range(8)] + [(12, 2), (14, 2), (168, 8), (344, 4), (348, 4), (540, 4), (544, 4)]
_MGH = [(4 * n, 4) for n in range(6)] + [(28, 2)] + [(30 + 4 * n, 4) for n in range(15)]
_ODD_NUMBERS = (0, 1, 2, 3, 127, 255, 2**15 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**62, 2**63, 2**64 - 1)
_ODD_BYTES = (b"\x00\x00\xc0\x7f", b"\x7f\xc0\x00\x00", b"\x00\x00\x80\x7f", b"\x00\x00\x80\xff", b"\xff" * 4, b"    ")


@dataclass(frozen=True)
class Form:
    """One way to store a head: ``name`` of the file that is damaged, ``beside`` the sound ones with it."""

    name: str
    content: bytes
    header: int
    fields: list[tuple[int, int]]
    packed: bool = False
    beside: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Mutant:
    path: Path
    what: str


def head() -> np.ndarray:
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    rng = np.random.default_rng(0)
    return ((x**2 + y**2 + z**2 < 0.8) * (600 + 100 * rng.standard_normal(SHAPE))).clip(0).astype(np.int16)


def forms(folder: Path) -> list[Form]:
    """The same head in each format, made in ``folder``."""
    data = head()

    def saved(kind: type, name: str, part: str = "") -> bytes:
        nib.save(kind(data, AFFINE), folder / name)
        return (folder / (part or name)).read_bytes()

    nifti = saved(nib.Nifti1Image, "a.nii")
    second = saved(nib.Nifti2Image, "b.nii")
    pair, pair_data = saved(nib.Nifti1Pair, "c.hdr"), (folder / "c.img").read_bytes()
    analyze, analyze_data = saved(nib.Spm99AnalyzeImage, "d.hdr"), (folder / "d.img").read_bytes()
    mat = (("scan.img", analyze_data), ("scan.mat", (folder / "d.mat").read_bytes()))
    mgh = saved(nib.MGHImage, "e.mgh")
    slices = _dicom(data)
    return [
        Form("scan.nii", nifti, 352, _NIFTI1),
        Form("scan.nii.gz", nifti, 352, _NIFTI1, packed=True),
        Form("scan.nii", second, 544, _NIFTI2),
        Form("scan.hdr", pair, 348, _NIFTI1, beside=(("scan.img", pair_data),)),
        Form("scan.hdr", analyze, 348, _NIFTI1, beside=mat),
        Form("scan.mat", mat[1][1], 200, [], beside=(("scan.img", analyze_data), ("scan.hdr", analyze))),
        Form("scan.mgh", mgh, 284, _MGH),
        Form("scan.mgz", mgh, 284, _MGH, packed=True),
        Form("slice00.dcm", slices[0], 1500, [], beside=tuple((f"s{n}.dcm", s) for n, s in enumerate(slices[1:]))),
    ]


def mutants(folder: Path, count: int, seed: int = 0) -> Iterator[Mutant]:
    """``count`` damaged files one after the other, each gone when the next comes."""
    rng = np.random.default_rng(seed)
    for sub in ("sound", "bad"):
        (folder / sub).mkdir()
    sound = forms(folder / "sound")
    for number in range(count):
        form = sound[number % len(sound)]
        how = _WAYS[rng.integers(len(_WAYS))]
        bad = how(bytearray(form.content), form, rng)
        inside = form.packed and rng.random() < 0.7
        if form.packed:
            bad = (
                bytearray(gzip.compress(bytes(bad), 1))
                if inside
                else how(bytearray(gzip.compress(form.content, 1)), form, rng)
            )
        for old in (folder / "bad").iterdir():
            old.unlink()
        for name, content in form.beside:
            (folder / "bad" / name).write_bytes(content)
        path = folder / "bad" / form.name
        path.write_bytes(bytes(bad))
        opened = {".mat": path.with_name("scan.hdr"), ".dcm": path.parent}.get(path.suffix, path)
        yield Mutant(opened, f"{number}: {form.name} {how.__name__.strip('_')}")


def outcome(mutant: Mutant) -> str:
    """ "read", "doubted: " or "refused: " and the sentence.

    Raises what a reader must not, AssertionError for a poor answer.
    """
    try:
        describe(mutant.path)
        scan = open_scan(mutant.path)
    except ScanError as error:
        return f"refused: {_sound(str(error))}"
    data = scan.volume.data
    assert data.dtype == np.float32 and data.ndim == 3 and np.isfinite(data).all()
    sentence = doubt(scan)
    return "read" if sentence is None else f"doubted: {_sound(sentence)}"


def _sound(sentence: str) -> str:
    assert sentence.endswith(".") and "\n" not in sentence and ": " in sentence, sentence
    return sentence


def _flip_in_header(data: bytearray, form: Form, rng: np.random.Generator) -> bytearray:
    for at in rng.integers(0, min(form.header, len(data)), rng.integers(1, 12)):
        data[at] = rng.integers(256)
    return data


def _flip_anywhere(data: bytearray, form: Form, rng: np.random.Generator) -> bytearray:
    for at in rng.integers(0, len(data), rng.integers(1, 200)):
        data[at] ^= 1 << int(rng.integers(8))
    return data


def _cut(data: bytearray, form: Form, rng: np.random.Generator) -> bytearray:
    return data[: rng.integers(0, form.header * 2 if rng.random() < 0.5 else len(data))]


def _lie_in_a_field(data: bytearray, form: Form, rng: np.random.Generator) -> bytearray:
    if not form.fields:
        return _odd_bytes(data, form, rng)
    for _ in range(rng.integers(1, 4)):
        at, width = form.fields[rng.integers(len(form.fields))]
        number = _ODD_NUMBERS[rng.integers(len(_ODD_NUMBERS))] % (1 << 8 * width)
        data[at : at + width] = number.to_bytes(width, "little" if rng.random() < 0.5 else "big")
    return data


def _odd_bytes(data: bytearray, form: Form, rng: np.random.Generator) -> bytearray:
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, min(form.header, len(data))))
        data[at : at + 4] = _ODD_BYTES[rng.integers(len(_ODD_BYTES))]
    return data


def _grow(data: bytearray, form: Form, rng: np.random.Generator) -> bytearray:
    return data + bytes(int(rng.integers(1, 100_000)))


def _move(data: bytearray, form: Form, rng: np.random.Generator) -> bytearray:
    at = int(rng.integers(0, min(form.header, len(data))))
    return data[:at] + rng.bytes(int(rng.integers(1, 9))) + data[at:]


Way = Callable[[bytearray, Form, np.random.Generator], bytearray]
_WAYS: tuple[Way, ...] = (_flip_in_header, _flip_anywhere, _cut, _lie_in_a_field, _odd_bytes, _grow, _move)


def _dicom(data: np.ndarray) -> list[bytes]:
    import io

    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    slices = []
    for k in range(data.shape[2]):
        dataset = Dataset()
        dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, f"1.2.3.{k + 1}"
        dataset.SeriesInstanceUID, dataset.SeriesNumber, dataset.InstanceNumber = "1.2.3", 7, k + 1
        dataset.Modality, dataset.SeriesDescription, dataset.ImageType = "MR", "T1 MPRAGE", ["ORIGINAL", "PRIMARY"]
        dataset.Rows, dataset.Columns = data.shape[1], data.shape[0]
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.PixelSpacing, dataset.SliceThickness = [3.5, 3.0], 4.0
        dataset.ImageOrientationPatient, dataset.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [-30, -40, -45 + 4.0 * k]
        dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
        dataset.PixelData = np.ascontiguousarray(data[:, :, k].T).tobytes()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        file = io.BytesIO()
        dataset.save_as(file, enforce_file_format=True)
        slices.append(file.getvalue())
    return slices


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    answers: Counter[str] = Counter()
    wrong, slowest, largest = 0, (0.0, ""), (0, "")
    tracemalloc.start()
    with tempfile.TemporaryDirectory() as folder:
        for mutant in mutants(Path(folder), arguments.count, arguments.seed):
            tracemalloc.reset_peak()
            began = time.process_time()
            try:
                answer = outcome(mutant)
            except Exception as error:
                wrong += 1
                print(f"{mutant.what}: {type(error).__name__}: {error}")
                continue
            slowest = max(slowest, (time.process_time() - began, f"{mutant.what}: {answer}"))
            largest = max(largest, (tracemalloc.get_traced_memory()[1], f"{mutant.what}: {answer}"))
            answers[answer.partition(":")[0]] += 1
    print(dict(answers), f"anything else: {wrong}")
    print(f"slowest {slowest[0]:.2f} s of processor time ({slowest[1]})")
    print(f"most memory {largest[0] / 1e6:.1f} MB ({largest[1]})")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Broken files and things that are no head: one sentence each, and memory stays small."""

import tracemalloc
from pathlib import Path

import pytest

from engine.errors import ScanError
from engine.scans import describe, doubt, open_scan

_GEOMETRY = "has no usable geometry (its affine is zero, singular or not a number): convert it again."
_NO_NIFTI = "is not a NIfTI file, whatever its name says: choose a NIfTI, MGZ or DICOM scan."
_DIMENSIONS = "has a damaged header (its dimensions make no sense): convert it again."
_SLICE = "is a single slice: choose the file that holds the whole head."
_EMPTY = "is empty (0 bytes): copy it again from where it came."
_SURPLUS = "holds more data than its header says, so the picture would be scrambled: convert it again."

SENTENCES = {
    "affine_all_zero.nii.gz": _GEOMETRY,
    "affine_nan.nii.gz": _GEOMETRY,
    "all_constant.nii.gz": "is an empty picture (every voxel is 7): choose another file.",
    "all_nan.nii.gz": "is an empty picture (every voxel is 0): choose another file.",
    "all_zero.nii.gz": "is an empty picture (every voxel is 0): choose another file.",
    "bad_magic.nii.gz": "has a damaged NIfTI header (its signature is wrong): convert it again.",
    "corrupt_bytes.nii.gz": "is damaged (its packed data cannot be unpacked): copy it again from where it came.",
    "dims_negative.nii.gz": _DIMENSIONS,
    "dims_too_large.nii.gz": "stops early (0.23 of 15 MB): copy it again.",
    "dims_too_small.nii.gz": _SURPLUS,
    "dims_zero.nii.gz": "has no voxels (one of its dimensions is 0): convert it again.",
    "empty.nii": _EMPTY,
    "empty.nii.gz": _EMPTY,
    "fmri_epi_two_volumes.nii.gz": "has 4 dimensions (2 volumes): choose one volume, 0 to 1 (--volume N).",
    "other_format.nrrd": "is of a format that is not read: convert it to NIfTI (.nii, .nii.gz), MGZ or DICOM.",
    "picture_png.nii": _NO_NIFTI,
    "slice_2d.nii.gz": _SLICE,
    "slice_3d_one_thick.nii.gz": _SLICE,
    "text.nii": _NO_NIFTI,
    "text.nii.gz": _NO_NIFTI,
    "truncated.nii": "stops early (0.12 of 0.23 MB): copy it again.",
    "vox_offset_past_end.nii.gz": "cannot hold the 1000 MB its header speaks of: copy or convert it again.",
}
DOUBTS = {
    "brain_mask.nii.gz": "has only two values, so it is a mask: choose the T1 scan it belongs to.",
    "ct_head.nii.gz": "holds Hounsfield units, so it is a CT: choose a T1-weighted MRI.",
    "iguana_ct_CC-BY-NC.nii.gz": (
        "covers only 21 x 26 x 18 mm, less than a human head: choose a scan of a whole head."
    ),
    "label_map.nii.gz": "holds 41 labels in even patches, not a scan: choose the T1 scan it belongs to.",
    "mouse_head.nii.gz": "covers only 15 x 20 x 8 mm, less than a human head: choose a scan of a whole head.",
}
BOMBS = {
    "bomb_1GB_of_zeros.nii.gz": (
        "says it has 1024 x 1024 x 1000 voxels, more than a head scan can have: convert it again."
    ),
    "bomb_header_claims_2GB.nii.gz": (
        "says it has 1290 x 1290 x 1290 voxels, more than a head scan can have: convert it again."
    ),
    "bomb_header_claims_huge.nii.gz": (
        "says it has 32767 x 32767 x 32767 voxels, more than a head scan can have: convert it again."
    ),
    "bomb_small_header_then_zeros.nii.gz": _SURPLUS,
}


@pytest.mark.parametrize(("name", "sentence"), SENTENCES.items())
def test_the_sentence_names_the_file_the_fault_and_the_way_out(shared: Path, name: str, sentence: str) -> None:
    with pytest.raises(ScanError) as caught:
        open_scan(shared / "data" / "negatives" / name)
    assert str(caught.value) == f"{name} {sentence}"


@pytest.mark.parametrize(("name", "sentence"), DOUBTS.items())
def test_what_can_hardly_be_a_head_is_opened_with_a_reason(shared: Path, name: str, sentence: str) -> None:
    assert doubt(open_scan(shared / "data" / "negatives" / name)) == f"{name} {sentence}"


def test_no_real_head_is_doubted(shared: Path) -> None:
    heads = sorted((shared / "data" / "heads").glob("*.nii.gz"))
    assert len(heads) == 8
    assert {path.name: doubt(open_scan(path)) for path in heads} == {path.name: None for path in heads}


@pytest.mark.parametrize(("name", "sentence"), BOMBS.items())
def test_bombs_are_refused_with_little_memory(shared: Path, name: str, sentence: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ScanError) as caught:
            open_scan(shared / "data" / "negatives" / name)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(caught.value) == f"{name} {sentence}"
    assert peak < 8e6


def test_truncated_gzip_says_how_far_it_came(shared: Path) -> None:
    with pytest.raises(ScanError, match=r"^truncated.nii.gz stops early \(0.\d\d of 0.23 MB\): copy it again.$"):
        open_scan(shared / "data" / "negatives" / "truncated.nii.gz")


def test_thick_slices_are_read_with_a_note(shared: Path) -> None:
    header = describe(shared / "data" / "negatives" / "slabs_10mm.nii.gz")
    assert header.header_notes == ("slabs_10mm.nii.gz has 10.0 mm slices: the model needs 2 mm or finer.",)

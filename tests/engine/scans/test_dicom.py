from pathlib import Path

import numpy as np
import pytest

from engine.errors import ScanError
from engine.scans import describe, open_scan
from engine.volume import resample


@pytest.fixture(scope="module")
def dicom(shared: Path) -> Path:
    return shared / "data" / "dicom"


def test_the_t1_is_found_on_a_disc_among_other_series_and_strays(dicom: Path, shared: Path) -> None:
    header = describe(dicom / "study_philips_cd")
    assert [(s.number, s.modality) for s in header.series] == [(1301, "MR"), (1901, "MR"), (2001, "MR")]
    assert (header.shape, header.orientation, header.format) == ((128, 128, 85), "PIR", "DICOM")
    assert header.header_notes == ("study_philips_cd holds 3 series: 1301 ADNI_Sag3D MPRAGE was taken.",)
    scan = open_scan(dicom / "study_philips_cd")
    head = open_scan(shared / "data" / "heads" / "adult_m41_philips_3t_1mm_sag.nii.gz")
    same = resample(head.volume, scan.volume.grid).data
    assert np.corrcoef(same.ravel(), scan.volume.data.ravel())[0, 1] > 0.999


def test_magnitude_and_phase_at_the_same_places_are_two_volumes(dicom: Path) -> None:
    header = describe(dicom / "study_philips_cd", series=2001)
    assert (header.volumes, header.shape) == (2, (80, 80, 53))


def test_slices_are_sorted_by_position_not_by_name(dicom: Path, shared: Path) -> None:
    scan = open_scan(dicom / "oblique_child")
    head = open_scan(shared / "data" / "heads" / "child_m3_siemens_skyra_3t_0p9mm_oblique.nii.gz")
    same = resample(head.volume, scan.volume.grid).data
    assert np.corrcoef(same[same > 0], scan.volume.data[same > 0])[0, 1] > 0.999


def test_one_file_stands_for_its_series(dicom: Path) -> None:
    whole, one = open_scan(dicom / "oblique_child"), open_scan(dicom / "oblique_child" / "img0003.dcm")
    np.testing.assert_array_equal(one.volume.data, whole.volume.data)


def test_enhanced_multi_frame_equals_the_converted_head(dicom: Path, shared: Path) -> None:
    scan = open_scan(dicom / "enhanced_siemens_xa30")
    head = open_scan(shared / "data" / "heads" / "adult_m31_siemens_prisma_3t_2mm.nii.gz")
    np.testing.assert_array_equal(scan.volume.data, head.volume.data)
    np.testing.assert_allclose(scan.volume.affine, head.volume.affine, atol=1e-4)


def test_run_length_compression_is_read(dicom: Path) -> None:
    assert open_scan(dicom / "compressed_rle_child").volume.data.shape == (48, 64, 64)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "missing_slice_uih",
            "lacks 1 slice in the series (a gap of 4 mm where others have 2): copy it again from where it came.",
        ),
        ("ct_tilted_uneven", "has uneven gaps between the slices of the series (1.08 to 7 mm): choose another series."),
        ("odd", "holds 3 series, none of them a whole volume (1 CT, 1 MR, 6 ax_asc_35sl): choose another folder."),
        ("odd/siemens_mosaic_epi.dcm", "is a mosaic (many slices in one image): convert it with dcm2niix."),
        ("odd/MR_small.dcm", "is a single slice: choose the folder that holds the whole head."),
        ("odd/empty.dcm", "is empty (0 bytes): copy it again from where it came."),
        (
            "odd/preamble_only.dcm",
            "holds no DICOM image with a place in space: choose a scan, or a folder that holds a DICOM series.",
        ),
    ],
)
def test_what_cannot_be_stacked_is_refused(dicom: Path, name: str, sentence: str) -> None:
    with pytest.raises(ScanError) as caught:
        open_scan(dicom / name)
    assert str(caught.value) == f"{Path(name).name} {sentence}"


def test_a_damaged_file_is_told_from_a_compressed_one(dicom: Path, tmp_path: Path) -> None:
    whole = (dicom / "enhanced_siemens_xa30" / "T1_enhanced.dcm").read_bytes()
    for syntax, sentence in {
        b"1.2.840.1000X.1.2.1": "is damaged (its pixels cannot be read): copy it again from where it came.",
        b"1.2.840.10008.1.2.5": "is compressed (RLE Lossless) in a way that is not read: convert it with dcm2niix.",
    }.items():
        (tmp_path / "t1.dcm").write_bytes(whole.replace(b"1.2.840.10008.1.2.1", syntax, 1))
        with pytest.raises(ScanError) as caught:
            open_scan(tmp_path / "t1.dcm")
        assert str(caught.value) == f"t1.dcm {sentence}"


def test_a_folder_without_dicom_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScanError) as caught:
        open_scan(tmp_path / "empty")
    assert str(caught.value) == (
        "empty is a folder without DICOM images: choose a scan, or a folder that holds a DICOM series."
    )

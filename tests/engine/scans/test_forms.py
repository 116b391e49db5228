"""One head in a hundred forms: each must come out as the same volume in the same place."""

from pathlib import Path

import numpy as np
import pytest

from engine.errors import ScanError
from engine.scans import Scan, open_scan
from engine.volume import resample, world_from_voxel

SAME = [
    "big_endian_float32.nii.gz",
    "big_endian_int16.nii.gz",
    "dim4_one_volume.nii.gz",
    "dim5_one.nii.gz",
    "analyze_spm.hdr",
    "analyze_spm.img",
    "freesurfer.mgh",
    "freesurfer.mgz",
    "freesurfer_LIA_float.mgz",
    "gzip_three_members.nii.gz",
    "gzipped_but_named.nii",
    "header_extension_and_name.nii.gz",
    "Kopf_Größe_é_頭.nii.gz",
    "name with spaces (copy 2).nii.gz",
    "nifti2.nii.gz",
    "not_gzipped_but_named.nii.gz",
    "pair_nifti.hdr",
    "pair_nifti.img",
    "pixdim_lies.nii.gz",
    "qform_only.nii.gz",
    "qform_only_qfac_0.nii.gz",
    "qform_only_qfac_minus1.nii.gz",
    "scl_slope_0.nii.gz",
    "scl_slope_nan.nii.gz",
    "sform_only.nii.gz",
    "sform_qform_differ_s2_q1.nii.gz",
    "sub-01.run.2_T1w.v3.nii.gz",
    "type_float32.nii.gz",
    "type_float64.nii.gz",
    "type_int16.nii.gz",
    "type_int64.nii.gz",
    "type_uint32.nii.gz",
    "type_uint64.nii.gz",
    "uncompressed.nii",
    "UPPER.NII.GZ",
]


@pytest.fixture(scope="module")
def forms(shared: Path) -> Path:
    return shared / "data" / "forms"


@pytest.fixture(scope="module")
def plain(forms: Path) -> Scan:
    return open_scan(forms / "plain.nii.gz")


def _assert_same(scan: Scan, plain: Scan) -> None:
    np.testing.assert_array_equal(scan.volume.data, plain.volume.data)
    np.testing.assert_allclose(scan.volume.affine, plain.volume.affine, atol=1e-3)


def _ball_world(scan: Scan) -> np.ndarray:
    return world_from_voxel(scan.volume.affine, np.argwhere(scan.volume.data >= 225).mean(axis=0))


def test_all_48_orientations_are_the_same_volume_in_the_same_place(forms: Path, plain: Scan) -> None:
    files = sorted((forms / "orient").iterdir())
    assert len(files) == 48
    for file in files:
        scan = open_scan(file)
        _assert_same(scan, plain)
        assert scan.header.orientation == file.name[4:7]


def test_the_ball_is_on_the_right_temple(plain: Scan) -> None:
    np.testing.assert_allclose(_ball_world(plain), [76.8, 19.4, 66.4], atol=2.5)


@pytest.mark.parametrize("name", SAME)
def test_container_type_and_name_change_nothing(forms: Path, plain: Scan, name: str) -> None:
    _assert_same(open_scan(forms / name), plain)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("type_int8.nii.gz", lambda p: p // 3),
        ("type_uint16.nii.gz", lambda p: p * 250),
        ("type_int32.nii.gz", lambda p: p * 100000),
        ("scaled_int16.nii.gz", lambda p: p * 0.5 - 12.25),
        ("scl_slope_negative.nii.gz", lambda p: 255 - p),
        ("negative_values.nii.gz", lambda p: p - 1000),
    ],
)
def test_values_follow_type_and_scaling(forms: Path, plain: Scan, name: str, expected) -> None:
    np.testing.assert_array_equal(open_scan(forms / name).volume.data, expected(plain.volume.data))


@pytest.mark.parametrize(
    ("name", "correlation"),
    [
        ("oblique_a.nii.gz", 0.94),
        ("oblique_b.nii.gz", 0.94),
        ("shear_slight.nii.gz", 0.96),
        ("shear_gantry_tilt.nii.gz", 0.96),
    ],
)
def test_oblique_and_sheared_grids_keep_world_coordinates(
    forms: Path, plain: Scan, name: str, correlation: float
) -> None:
    scan = open_scan(forms / name)
    laid_over = resample(scan.volume, plain.volume.grid).data
    head = plain.volume.data > 0
    assert np.corrcoef(laid_over[head], plain.volume.data[head])[0, 1] > correlation
    np.testing.assert_allclose(_ball_world(scan), _ball_world(plain), atol=3)


def test_the_sform_wins_over_another_qform(forms: Path, plain: Scan) -> None:
    scan = open_scan(forms / "sform_qform_differ_s4_q1.nii.gz")
    turned = plain.volume.affine[:3, :3].T @ scan.volume.affine[:3, :3] / np.outer(*[plain.volume.spacing] * 2)
    assert np.degrees(np.arccos(turned[0, 0])) == pytest.approx(30, abs=1)
    assert "The file's sform and qform differ: the sform was used." in scan.notes


@pytest.mark.parametrize("name", ["no_orientation.nii.gz", "analyze75.hdr"])
def test_no_orientation_is_said_and_no_side_claimed(forms: Path, plain: Scan, name: str) -> None:
    scan = open_scan(forms / name)
    np.testing.assert_array_equal(scan.volume.data, plain.volume.data)
    assert not scan.header.sides_known
    assert scan.header.orientation == "unknown"
    assert f"{name} holds no orientation: left and right are a guess; set it before trusting a side." in scan.notes


def test_values_that_are_not_numbers_become_zero_with_a_note(forms: Path, plain: Scan) -> None:
    scan = open_scan(forms / "nan_inf_background.nii.gz")
    np.testing.assert_array_equal(scan.volume.data, plain.volume.data)
    assert scan.notes == (
        "nan_inf_background.nii.gz contains 124,092 values that are not numbers: they are shown and encoded as 0.",
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("dim4_three_volumes.nii.gz", "has 4 dimensions (3 volumes): choose one volume, 0 to 2 (--volume N)."),
        ("dim5_vector.nii.gz", "holds 3 numbers in each voxel (a vector image): choose the T1 scan itself."),
        ("type_rgb24.nii.gz", "is a colour picture: choose a scan with one real number per voxel."),
        ("type_rgba32.nii.gz", "is a colour picture: choose a scan with one real number per voxel."),
        ("type_complex64.nii.gz", "holds complex numbers: choose a scan with one real number per voxel."),
        ("type_binary1.nii.gz", "stores one bit per voxel: choose a scan with one real number per voxel."),
        (
            "pair_without_img.hdr",
            "needs its image data file pair_without_img.img, which is not beside it: put both in one folder.",
        ),
    ],
)
def test_what_is_no_single_volume_is_refused(forms: Path, name: str, sentence: str) -> None:
    with pytest.raises(ScanError) as caught:
        open_scan(forms / name)
    assert str(caught.value) == f"{name} {sentence}"


def test_a_chosen_volume_is_taken_from_four_dimensions(forms: Path, plain: Scan) -> None:
    file = forms / "dim4_three_volumes.nii.gz"
    _assert_same(open_scan(file, volume=0), plain)
    np.testing.assert_array_equal(open_scan(file, volume=1).volume.data, plain.volume.data // 2)
    with pytest.raises(ScanError, match=r"has no volume 3: choose 0 to 2."):
        open_scan(file, volume=3)

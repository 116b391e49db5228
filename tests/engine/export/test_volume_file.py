import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.errors import DiskError, UsageError
from engine.export import Provenance, sidecar_of, write_volume
from engine.export.provenance import OWN_SPACE
from engine.scans import as_stored, describe, open_scan, read
from engine.volume import Volume

SYNTHETIC = Provenance(kind="synthetic", description="Age moved.", form="model", changes={"age": 10.0}, age_shown=74.5)
AFFINE = np.array([[1.9, 0.1, 0, -70], [-0.1, 2.0, 0.2, -80], [0, -0.2, 2.1, -60], [0, 0, 0, 1.0]])


@pytest.fixture
def volume() -> Volume:
    return Volume(np.random.default_rng(3).random((40, 45, 38), dtype=np.float32), AFFINE)


def test_written_voxels_and_affine_come_back_exactly(tmp_path: Path, volume: Volume) -> None:
    path = write_volume(tmp_path / "Größe é 頭 (2).nii.gz", volume, SYNTHETIC)
    image = nib.load(path)
    assert image.get_data_dtype() == np.float32
    np.testing.assert_array_equal(image.get_fdata(dtype=np.float32), volume.data)
    np.testing.assert_allclose(image.affine, AFFINE, atol=1e-5)
    assert image.header["sform_code"] > 0


@pytest.mark.parametrize(("reference", "code"), [("mni152-sym-2009a", 4), (OWN_SPACE, 2), (None, 2)])
def test_readers_of_the_qform_alone_see_the_same_place(
    tmp_path: Path, volume: Volume, reference: str | None, code: int
) -> None:
    made = replace(SYNTHETIC, spatial_reference=reference)
    turned = np.eye(4)
    turned[:3, :3] = np.array([[0, 0.8, 0.6], [0, -0.6, 0.8], [1, 0, 0]]) * [2, -2.2, 1.9]
    turned[:3, 3] = -70, 40, 25
    header = nib.load(write_volume(tmp_path / "out.nii", Volume(volume.data, turned), made)).header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (code, code)
    np.testing.assert_allclose(header.get_qform(), turned, atol=1e-4)


def test_a_sheared_place_is_told_by_the_sform_alone(tmp_path: Path, volume: Volume) -> None:
    sheared = AFFINE.copy()
    sheared[:3, 0] += 0.1 * sheared[:3, 1]
    header = nib.load(write_volume(tmp_path / "out.nii", Volume(volume.data, sheared), SYNTHETIC)).header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (2, 0)
    np.testing.assert_allclose(header.get_sform(), sheared, atol=1e-5)


def test_generated_files_carry_all_marks_and_a_sidecar(tmp_path: Path, volume: Volume) -> None:
    path = write_volume(tmp_path / "out.nii.gz", volume, SYNTHETIC)
    header = nib.load(path).header
    assert bytes(header["descrip"]).rstrip(b"\0") == b"SYNTHETIC Neurolapse 0.1.0 age=74.5 not acquired"
    assert int(header["intent_code"]) == 1001
    assert bytes(header["intent_name"]).rstrip(b"\0") == b"SYNTHETIC"
    sidecar = json.loads(sidecar_of(path).read_text())
    assert json.loads(header.extensions[0].get_content()) == sidecar
    assert sidecar["Synthetic"] is True
    assert sidecar["Sliders"] == {"age": 10.0}
    assert str(tmp_path) not in sidecar_of(path).read_text()


@pytest.mark.parametrize("kind", ["scan", "copy", "synthetic"])
def test_kind_is_read_back_from_the_file(tmp_path: Path, volume: Volume, kind: str) -> None:
    path = write_volume(tmp_path / "out.nii", volume, Provenance(kind=kind, description="x"))
    assert describe(path).kind == kind


def test_a_synthetic_file_whose_extension_was_dropped_is_still_known(tmp_path: Path, volume: Volume) -> None:
    image = nib.load(write_volume(tmp_path / "out.nii.gz", volume, SYNTHETIC))
    image.header.extensions.clear()
    nib.save(image, tmp_path / "stripped.nii.gz")
    assert describe(tmp_path / "stripped.nii.gz").kind == "synthetic"


def test_a_damaged_mark_is_unknown(tmp_path: Path, volume: Volume) -> None:
    image = nib.Nifti1Image(volume.data, AFFINE)
    image.header.extensions.append(nib.nifti1.Nifti1Extension(6, b'{"Synthetic": true, "Kind": 4'))
    nib.save(image, tmp_path / "odd.nii.gz")
    assert describe(tmp_path / "odd.nii.gz").kind == "unknown"


@pytest.mark.parametrize(
    ("dtype", "slope", "inter"), [("int16", 1.0, 0.0), ("uint8", 2.008, 0.0), ("int16", 0.5, -12.25)]
)
def test_native_export_equals_the_scan_in_type_scaling_and_axes(
    tmp_path: Path, dtype: str, slope: float, inter: float
) -> None:
    rng = np.random.default_rng(0)
    stored = rng.integers(0, 255, (41, 36, 44)).astype(dtype)
    affine = np.array([[0, 0, 2.0, -40], [-2.0, 0, 0, 30], [0, -2.0, 0, 50], [0, 0, 0, 1]])
    image = nib.Nifti1Image(stored, affine)
    image.header.set_slope_inter(slope, inter)
    nib.save(image, tmp_path / "scan.nii.gz")
    scan = open_scan(tmp_path / "scan.nii.gz")
    path = write_volume(tmp_path / "out.nii.gz", scan.volume, SYNTHETIC, like=scan.header)
    written, original = nib.load(path), nib.load(tmp_path / "scan.nii.gz")
    assert written.get_data_dtype() == np.dtype(dtype)
    np.testing.assert_array_equal(written.get_fdata(), original.get_fdata())
    np.testing.assert_allclose(written.affine, original.affine, atol=1e-5)
    np.testing.assert_array_equal(read(path).volume.data, scan.volume.data)
    assert as_stored(scan.volume, scan.header).data.shape == stored.shape


def test_the_open_scan_is_never_overwritten(tmp_path: Path, volume: Volume) -> None:
    path = write_volume(tmp_path / "scan.nii.gz", volume, Provenance(kind="scan", description="x"))
    before = path.read_bytes()
    link = tmp_path / "link.nii.gz"
    link.symlink_to(path)
    for target in (path, link):
        with pytest.raises(DiskError, match="is the scan itself, which is never overwritten: choose another name"):
            write_volume(target, volume, SYNTHETIC, sources=[path])
    assert path.read_bytes() == before


def _full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_volume(tmp_path / "out.nii.gz", volume, SYNTHETIC)
    before = path.read_bytes(), sorted(tmp_path.iterdir())
    monkeypatch.setattr(nib.Nifti1Image, "to_stream", _full)
    with pytest.raises(
        DiskError, match=r"^out.nii.gz was not written: no room in folder .* \(\d+ MB free\): free some"
    ):
        write_volume(path, Volume(volume.data + 1, AFFINE), SYNTHETIC)
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == before


def test_a_disk_that_lies_is_noticed(tmp_path: Path, volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.scans.layout.Layout.stored", lambda layout, index: volume.data * 0)
    with pytest.raises(DiskError, match=r"out.nii was not written: the disk gave other data back"):
        write_volume(tmp_path / "out.nii", volume, SYNTHETIC)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_rename_of_the_image_takes_the_sidecar_away(
    tmp_path: Path, volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.replace

    def refuse_images(source: Path, target: Path) -> None:
        if str(target).endswith(".gz"):
            raise PermissionError(errno.EACCES, "denied")
        rename(source, target)

    monkeypatch.setattr("engine.export.atomic.os.replace", refuse_images)
    with pytest.raises(DiskError, match="cannot be written to: choose another"):
        write_volume(tmp_path / "out.nii.gz", volume, SYNTHETIC)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_named(tmp_path: Path, volume: Volume) -> None:
    with pytest.raises(DiskError) as caught:
        write_volume(tmp_path / "gone" / "out.nii.gz", volume, SYNTHETIC)
    assert str(caught.value) == (
        "out.nii.gz was not written: folder gone does not exist: create it, or choose another."
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_folder_without_permission_is_named(tmp_path: Path, volume: Volume) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DiskError, match="cannot be written to: choose another"):
        write_volume(tmp_path / "out.nii.gz", volume, SYNTHETIC)


def test_a_name_too_long_for_the_disk_is_told(tmp_path: Path, volume: Volume) -> None:
    with pytest.raises(DiskError, match="its name is too long: choose a shorter one"):
        write_volume(tmp_path / ("a" * 300 + ".nii.gz"), volume, SYNTHETIC)


def test_another_ending_is_wrong_usage(tmp_path: Path, volume: Volume) -> None:
    with pytest.raises(UsageError, match=r"^out.png is no NIfTI name"):
        write_volume(tmp_path / "out.png", volume, SYNTHETIC)

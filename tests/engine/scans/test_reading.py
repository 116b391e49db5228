import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ScanError
from engine.scans import describe, doubt, open_mask, open_scan, read
from engine.volume import voxel_from_world, world_from_voxel


def _save(path: Path, data: np.ndarray, affine: np.ndarray | None = None) -> Path:
    nib.save(nib.Nifti1Image(data, np.diag([3.0, 3.0, 3.0, 1.0]) if affine is None else affine), path)
    return path


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 2000, (31, 37, 29)).astype(np.int16)


def test_importing_scans_costs_no_torch() -> None:
    code = "import sys, engine, engine.scans; sys.exit(any(m in sys.modules for m in ('torch', 'ants', 'nilearn')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_header_is_told_without_the_voxels(tmp_path: Path, picture: np.ndarray) -> None:
    affine = np.array([[0, 0, 2.0, -40], [-2.5, 0, 0, 30], [0, -3.0, 0, 50], [0, 0, 0, 1]])
    header = describe(_save(tmp_path / "größe é (2).nii.gz", picture, affine))
    assert (header.shape, header.spacing_mm, header.orientation) == ((31, 37, 29), (2.5, 3.0, 2.0), "PIR")
    assert (header.format, header.dtype, header.kind, header.volumes) == ("NIfTI-1", "int16", "scan", 1)
    np.testing.assert_allclose(header.affine, affine)


@settings(max_examples=40, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-3.1, 3.1)] * 3),
    edges=st.tuples(*[st.floats(0.7, 5.0)] * 3),
    flip=st.sampled_from([-1.0, 1.0]),
    shear=st.floats(-0.1, 0.1),
    origin=st.tuples(*[st.floats(-200, 200)] * 3),
)
def test_every_voxel_stays_where_it_is_in_the_world(
    tmp_path_factory: pytest.TempPathFactory, angles, edges, flip, shear, origin
) -> None:
    from scipy.spatial.transform import Rotation

    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles).as_matrix() * np.array(edges) * [flip, 1, 1]
    affine[:3, 0] += shear * affine[:3, 1]
    affine[:3, 3] = origin
    data = np.arange(5 * 7 * 6, dtype=np.float32).reshape(5, 7, 6)
    path = _save(tmp_path_factory.mktemp("affine") / "scan.nii", data, affine)
    scan = read(path)
    index = np.array([4, 1, 5])
    stored = nib.load(path).affine
    found = voxel_from_world(scan.volume.affine, world_from_voxel(stored, index))
    np.testing.assert_allclose(found, np.rint(found), atol=1e-2)
    assert scan.volume.data[tuple(np.rint(found).astype(int))] == data[tuple(index)]


def test_a_missing_file_a_folder_and_another_format_are_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "folder.nii").mkdir()
    for name, sentence in {
        "gone.nii.gz": "does not exist: check the path.",
        "folder.nii": "is a folder: choose a file in it.",
        "notes.txt": "is of a format that is not read: convert it to NIfTI (.nii, .nii.gz), MGZ or DICOM.",
    }.items():
        with pytest.raises(ScanError) as caught:
            describe(tmp_path / name)
        assert str(caught.value) == f"{name} {sentence}"


def test_no_permission_is_said(tmp_path: Path, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _save(tmp_path / "scan.nii.gz", picture)

    def deny(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(ScanError) as caught:
        open_scan(path)
    assert str(caught.value) == "scan.nii.gz may not be read by you: change its permissions, or ask its owner."


def test_a_four_dimensional_file_tells_its_volumes(tmp_path: Path) -> None:
    header = describe(_save(tmp_path / "bold.nii.gz", np.zeros((30, 31, 29, 5), np.int16)))
    assert (header.shape, header.volumes) == ((30, 31, 29), 5)


def test_a_mask_is_opened_as_zero_and_one(tmp_path: Path) -> None:
    drawn = np.zeros((30, 31, 29), np.uint8)
    drawn[10:20, 5:25, 8:20] = 7
    mask = open_mask(_save(tmp_path / "mask.nii.gz", drawn))
    assert set(np.unique(mask.data)) == {0.0, 1.0}
    assert mask.data.sum() == (drawn > 0).sum()
    with pytest.raises(ScanError, match=r"^none.nii.gz is an empty mask"):
        open_mask(_save(tmp_path / "none.nii.gz", drawn * 0))


@pytest.mark.parametrize("seed", range(8))
def test_a_mutated_file_is_read_or_refused_and_nothing_else(tmp_path: Path, picture: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    whole = _save(tmp_path / "whole.nii", picture[:9, :8, :7]).read_bytes()
    for round_ in range(60):
        bad = bytearray(whole)
        for at in rng.integers(0, 360, rng.integers(1, 12)):
            bad[at] = rng.integers(0, 256)
        if round_ % 3 == 0:
            bad = bad[: rng.integers(0, len(bad))]
        path = tmp_path / "bad.nii"
        path.write_bytes(bytes(bad))
        try:
            finite = np.isfinite(read(path).volume.data).all()
        except ScanError:
            finite = True
        assert finite


def test_a_head_in_few_grey_levels_with_even_air_is_no_label_map(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    head = (rng.random((60, 61, 62)) < 0.02).astype(np.uint8)
    head[20:40, 20:40, 20:40] = rng.integers(10, 40, (20, 20, 20))
    assert doubt(open_scan(_save(tmp_path / "few.nii.gz", head))) is None
    labels = np.kron(rng.integers(1, 9, (15, 15, 15)), np.ones((4, 4, 4))).astype(np.uint8)
    sentence = doubt(open_scan(_save(tmp_path / "labels.nii.gz", labels)))
    assert sentence is not None and sentence.startswith("labels.nii.gz holds 8 labels in even patches")

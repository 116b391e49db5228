"""Where the points of a timeline lie, and the 4D file that holds them."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.errors import DiskError, UsageError
from engine.export.timeline import at_ages, equal_steps, provenance_of, year_step
from engine.export.timeline_file import write_timeline
from engine.scans import describe
from tests.engine.export.frames import AFFINE, frame, timeline


def test_each_gap_is_cut_into_equal_steps_of_its_own() -> None:
    points = equal_steps([60.0, 62.0, 70.0], between=1)
    assert [(point.gap, point.fraction, point.age) for point in points] == [
        (0, 0.0, 60.0),
        (0, 0.5, 61.0),
        (1, 0.0, 62.0),
        (1, 0.5, 66.0),
        (1, 1.0, 70.0),
    ]
    assert [point.visit for point in points] == [0, None, 1, None, 2]
    assert [point.start for point in points] == [0, 0, 1, 1, 2]


def test_without_ages_there_are_points_but_no_years() -> None:
    points = equal_steps([None, 62.0], between=3)
    assert [point.fraction for point in points] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert [point.age for point in points] == [None, None, None, None, 62.0]


def test_typed_ages_fall_into_their_gaps_and_beyond_the_visits_they_are_extrapolated() -> None:
    points = at_ages([60.0, 64.0, 72.0], [74.0, 66.0, 59.0, 63.0, 64.0, 66.0])
    assert [point.age for point in points] == [59.0, 60.0, 63.0, 64.0, 66.0, 72.0, 74.0]
    assert [(point.gap, point.fraction) for point in points] == [
        (0, -0.25),
        (0, 0.0),
        (0, 0.75),
        (1, 0.0),
        (1, 0.25),
        (1, 1.0),
        (1, 1.25),
    ]
    assert [point.extrapolated for point in points] == [True, *[False] * 5, True]


def test_typed_ages_need_the_ages_of_the_visits() -> None:
    with pytest.raises(UsageError, match="--ages"):
        at_ages([60.0, None], [61.0])


def test_the_4d_file_holds_all_frames_on_one_grid_with_years_in_pixdim(tmp_path: Path) -> None:
    frames = timeline()
    path = write_timeline(tmp_path / "p_timeline.nii.gz", frames, provenance_of(frames, seed=3))
    image = nib.load(path)
    assert image.shape == (15, 21, 13, 5)
    np.testing.assert_allclose(image.affine, AFFINE)
    assert image.header["pixdim"][4] == pytest.approx(1.5)
    assert image.header.get_xyzt_units() == ("mm", "unknown")
    assert image.get_data_dtype() == np.float32
    for number, one in enumerate(frames):
        np.testing.assert_array_equal(image.dataobj[..., number], one.volume.data)


def test_the_4d_file_is_marked_synthetic_and_its_sidecar_tells_each_frame(tmp_path: Path) -> None:
    frames = [*timeline(), frame(70.0, extrapolated=True)]
    path = write_timeline(tmp_path / "p_timeline.nii.gz", frames, provenance_of(frames, seed=3))
    header = nib.load(path).header
    record = json.loads((tmp_path / "p_timeline.json").read_text())
    assert bytes(header["descrip"]).startswith(b"SYNTHETIC Neurolapse") and int(header["intent_code"]) == 1001
    assert json.loads(header.extensions[0].get_content()) == record
    assert (record["Synthetic"], record["Seed"], record["Steps"], record["Model"]) == (True, 3, 4, {"Name": "tiny"})
    assert [line["Kind"] for line in record["Frames"]] == ["scan", *["synthetic"] * 3, "scan", "synthetic"]
    assert [line["Age"] for line in record["Frames"]] == [61.0, 62.5, 64.0, 65.5, 67.0, 70.0]
    assert [line["Extrapolated"] for line in record["Frames"]] == [*[False] * 5, True]
    assert describe(path).kind == "synthetic" and describe(path).volumes == 6


@pytest.mark.parametrize("last", [67.5, None])
def test_uneven_or_unknown_years_leave_the_step_at_1(tmp_path: Path, last: float | None) -> None:
    frames = [*timeline()[:-1], frame(last, "scan")]
    assert year_step(frames) is None
    path = write_timeline(tmp_path / "t.nii", frames, provenance_of(frames, seed=0))
    assert nib.load(path).header["pixdim"][4] == 1.0
    assert json.loads((tmp_path / "t.json").read_text())["YearStep"] is None


def test_scans_alone_are_no_timeline() -> None:
    with pytest.raises(UsageError, match="ask for points between them"):
        provenance_of([frame(61.0, "scan"), frame(62.0, "scan")], seed=0)


def test_a_disk_that_loses_the_last_frame_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.export import volume_file

    def lossy(path: Path, image: nib.Nifti1Image) -> None:
        data = np.array(image.dataobj)
        data[..., -1] = 0
        write(path, nib.Nifti1Image(data, image.affine, image.header))

    write = volume_file._write
    monkeypatch.setattr(volume_file, "_write", lossy)
    frames = timeline()
    with pytest.raises(DiskError, match="gave other data back"):
        write_timeline(tmp_path / "t.nii", frames, provenance_of(frames, seed=0))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "t.nii").write_text("before")
    monkeypatch.setattr("engine.export.volume_file._write", full)
    frames = timeline()
    with pytest.raises(DiskError, match="no room"):
        write_timeline(tmp_path / "t.nii", frames, provenance_of(frames, seed=0))
    assert [path.name for path in tmp_path.iterdir()] == ["t.nii"]
    assert (tmp_path / "t.nii").read_text() == "before"

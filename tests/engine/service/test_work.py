"""What the requests do, with the real library and an untrained model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.errors import DiskError, ModelError, ScanError
from engine.networks.segmentation import Segmentation, SegmentationConfig
from engine.service.messages import (
    Export,
    ExportTimeline,
    LoadModel,
    LoadNative,
    LoadOutline,
    MeasureVolumes,
    Prepare,
    Render,
    ScanSource,
)
from engine.service.shared_volume import OwnedVolume
from engine.service.work import Work
from engine.training.volumetry import add_judges
from tests.engine.untrained import write_untrained_bundle

ROOT = Path(__file__).resolve().parents[3]


class Ticks:
    """A job that only counts."""

    def __init__(self) -> None:
        self.count = 0

    def tick(self, step: int, of: int, what: str = "") -> None:
        self.count += 1


class Inline(Ticks):
    """Does here what is else done in a process of its own."""

    def apart(self, function: Callable[..., object], *arguments: object) -> object:
        return function(*arguments, progress=self.tick)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_untrained_bundle(ROOT / "configs" / "tiny.toml", tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def work(bundle: Path) -> Work:
    work = Work()
    work.load_model(LoadModel(1, "model", str(bundle), "cpu"), Ticks())
    return work


@pytest.fixture
def source(tmp_path: Path) -> ScanSource:
    """A bright ellipsoid on the tiny model's grid, as floats in [0, 1]."""
    shape, affine = (16, 24, 16), np.array([[10.0, 0, 0, -75], [0, 10, 0, -112], [0, 0, 10, -72], [0, 0, 0, 1]])
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in axes))
    data = np.where(radius < 0.9, 0.5 + 0.4 * np.cos(9 * radius), 0).astype(np.float32)
    path = tmp_path / "Gehirn ä.nii.gz"
    nib.save(nib.Nifti1Image(data, affine), path)
    return ScanSource(str(path))


@pytest.fixture
def target() -> Iterator[OwnedVolume]:
    volume = OwnedVolume((16, 24, 16))
    yield volume
    volume.close()


def test_a_model_says_what_the_window_needs(bundle: Path) -> None:
    description = Work().load_model(LoadModel(1, "model", str(bundle), "cpu"), Ticks())
    assert description.shape == (16, 24, 16)
    assert description.device.startswith("CPU")
    assert [direction.name for direction in description.directions] == ["age"]


def test_a_scan_on_the_grid_is_prepared_as_it_is_and_read(work: Work, source: ScanSource, target: OwnedVolume) -> None:
    reply = work.prepare(Prepare(2, "prepare", source, target.block), Ticks())
    assert np.array_equal(target.array, nib.load(source.path).get_fdata(dtype=np.float32))
    assert reply.readouts["age"].unit == "years"


def test_the_native_view_fills_a_block_of_another_shape(work: Work, source: ScanSource) -> None:
    block = OwnedVolume((24, 16, 16))
    reply = work.load_native(LoadNative(2, "native", source, block.block), Ticks())
    assert np.array_equal(block.array.reshape(reply.shape), nib.load(source.path).get_fdata(dtype=np.float32))
    block.close()


def test_a_second_move_costs_decoding_only(work: Work, source: ScanSource, target: OwnedVolume) -> None:
    first, second = Ticks(), Ticks()
    work.render(Render(2, "final", source, target.block, {"age": 5.0}), first)
    work.render(Render(3, "final", source, target.block, {"age": 6.0}), second)
    assert second.count < first.count


def test_the_copy_is_compared_with_its_scan(work: Work, source: ScanSource, target: OwnedVolume) -> None:
    copy = work.render(Render(2, "copy", source, target.block), Ticks())
    assert copy.ssim is not None
    assert copy.mean_absolute_difference is not None
    edited = work.render(Render(3, "final", source, target.block, {"age": 5.0}), Ticks())
    assert edited.ssim is None
    assert edited.readouts["age"].value == pytest.approx(copy.readouts["age"].value + 5.0, abs=0.1)


def test_the_same_request_gives_the_same_voxels(work: Work, source: ScanSource, target: OwnedVolume) -> None:
    work.render(Render(2, "final", source, target.block, {"age": 5.0}), Ticks())
    first = target.array.copy()
    work.render(Render(3, "final", source, target.block, {"age": 5.0}), Ticks())
    assert np.array_equal(first, target.array)


@pytest.mark.parametrize("space", ["model", "native"])
def test_an_export_is_a_nifti_on_the_right_grid(work: Work, source: ScanSource, tmp_path: Path, space: str) -> None:
    path = tmp_path / "out ö.nii.gz"
    reply = work.export(Export(2, "export", source, str(path), {"age": 5.0}, space=space), Ticks())  # type: ignore[arg-type]
    written = nib.load(reply.path)
    assert written.shape == (16, 24, 16)
    assert np.allclose(written.affine, nib.load(source.path).affine)
    assert path.with_name("out ö.json").exists()


def test_a_scan_in_a_bids_dataset_leaves_as_its_derivative(work: Work, source: ScanSource, tmp_path: Path) -> None:
    anat = tmp_path / "raw" / "sub-01" / "anat"
    anat.mkdir(parents=True)
    (tmp_path / "raw" / "participants.tsv").write_text("participant_id\tage\nsub-01\t60\n")
    shutil.copy(source.path, anat / "sub-01_T1w.nii.gz")
    mine = replace(source, path=str(anat / "sub-01_T1w.nii.gz"))
    folder = tmp_path / "raw" / "derivatives" / "neurolapse"
    place = "sub-01/anat/sub-01_desc-synthReconChange_T1w.nii.gz"
    order = Export(2, "export", mine, str(folder / place), space="native", dataset=str(folder))
    assert work.export(order, Ticks()).path == str(folder / place)
    assert json.loads((folder / place.replace(".nii.gz", ".json")).read_text())["Sources"] == [
        "bids:raw:sub-01/anat/sub-01_T1w.nii.gz"
    ]
    assert json.loads((folder / "dataset_description.json").read_text())["DatasetType"] == "derivative"
    assert (folder / "descriptions.tsv").read_text().count("synthReconChange") == 1


def test_a_point_between_two_visits_names_both_as_its_sources(work: Work, source: ScanSource, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "participants.tsv").write_text("participant_id\tage\nsub-01\t60\n")
    visits = []
    for session, age in (("ses-1", 60.0), ("ses-2", 70.0)):
        anat = raw / "sub-01" / session / "anat"
        anat.mkdir(parents=True)
        path = anat / f"sub-01_{session}_T1w.nii.gz"
        shutil.copy(source.path, path)
        visits.append(replace(source, path=str(path), age=age))
    first, second = visits
    folder = raw / "derivatives" / "neurolapse"
    path = folder / "sub-01" / "ses-1" / "anat" / "sub-01_ses-1_desc-synthT0p25Change_T1w.nii.gz"
    order = Export(2, "e", first, str(path), second=second, fraction=0.25, space="native", dataset=str(folder))
    work.export(order, Ticks())
    told = json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text())
    assert told["Sources"] == [f"bids:raw:sub-01/{at}/anat/sub-01_{at}_T1w.nii.gz" for at in ("ses-1", "ses-2")]
    assert (told["Fraction"], told["AgeAtScan"], told["AgeShown"]) == (0.25, 60.0, 62.5)


def test_an_export_without_a_folder_is_a_sentence(work: Work, source: ScanSource, tmp_path: Path) -> None:
    with pytest.raises(DiskError):
        work.export(Export(2, "export", source, str(tmp_path / "none" / "out.nii.gz")), Ticks())
    assert not (tmp_path / "none").exists()


def test_a_model_without_a_network_for_volumes_says_so(work: Work, target: OwnedVolume) -> None:
    assert work.measure_volumes(MeasureVolumes(2, "volumes", target.block), Ticks()).volumes_ml is None


def test_a_picture_is_measured_as_the_window_shows_it(bundle: Path, tmp_path: Path, target: OwnedVolume) -> None:
    judged = shutil.copytree(bundle, tmp_path / "judged")
    add_judges(judged, Segmentation(SegmentationConfig(("ventricles",), (16, 24, 16), (8, 8))), None)
    work = Work()
    work.load_model(LoadModel(1, "model", str(judged), "cpu"), Ticks())
    target.array[...] = np.random.default_rng(0).random((16, 24, 16))
    before = target.array.copy()
    reply = work.measure_volumes(MeasureVolumes(2, "volumes", target.block), Ticks())
    # An untrained network says that everything is as likely as the rest, on a grid of 6144 ml.
    assert reply.volumes_ml == {"ventricles": pytest.approx(3072, rel=1e-3)}
    assert np.array_equal(target.array, before)


def test_a_timeline_is_written_in_the_form_its_name_asks_for(work: Work, source: ScanSource, tmp_path: Path) -> None:
    later = tmp_path / "later.nii.gz"
    image = nib.load(source.path)
    nib.save(nib.Nifti1Image(image.get_fdata(dtype=np.float32)[::-1], image.affine), later)
    visits = (replace(source, age=60.0), ScanSource(str(later), age=63.0))
    for name in ("t.nii.gz", "t.csv"):
        request = ExportTimeline(3, "export", visits, str(tmp_path / name), points=2)
        assert work.export_timeline(request, Ticks()).path == str(tmp_path / name)
    written = nib.load(tmp_path / "t.nii.gz")
    assert written.shape == (16, 24, 16, 4) and written.header["pixdim"][4] == 1.0
    rows = [line.split(",") for line in (tmp_path / "t.csv").read_text().splitlines()[1:]]
    assert [(row[2], row[3]) for row in rows] == [
        ("scan", "60"),
        ("synthetic", "61"),
        ("synthetic", "62"),
        ("scan", "63"),
    ]


def test_a_timeline_over_a_visit_is_refused(work: Work, source: ScanSource, tmp_path: Path) -> None:
    before = Path(source.path).read_bytes()
    visits = (replace(source, age=60.0), replace(source, age=63.0))
    with pytest.raises(DiskError, match="is the scan itself"):
        work.export_timeline(ExportTimeline(3, "export", visits, source.path), Ticks())
    assert Path(source.path).read_bytes() == before


def test_without_a_model_a_sentence_says_so(source: ScanSource, target: OwnedVolume) -> None:
    with pytest.raises(ModelError):
        Work().prepare(Prepare(1, "prepare", source, target.block), Ticks())


def test_a_file_that_is_no_scan_is_refused_by_name(work: Work, tmp_path: Path, target: OwnedVolume) -> None:
    path = tmp_path / "text.nii.gz"
    path.write_text("text")
    with pytest.raises(ScanError, match=r"^text\.nii\.gz"):
        work.prepare(Prepare(2, "prepare", ScanSource(str(path)), target.block), Ticks())


def test_a_scan_prepared_by_hand_is_not_prepared_again_by_the_next_engine(
    work: Work, bundle: Path, source: ScanSource, target: OwnedVolume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told = replace(source, stripped=True, registered=True)
    work.prepare(Prepare(2, "prepare", told, target.block), Inline())
    first = target.array.copy()
    target.array.fill(0)
    after_its_death = Work()
    after_its_death.load_model(LoadModel(1, "model", str(bundle), "cpu"), Ticks())
    after_its_death.prepare(Prepare(2, "prepare", told, target.block), Ticks())  # has no process to prepare in
    assert np.array_equal(target.array, first)


def test_the_outline_of_the_brain_lies_on_the_scans_own_grid(work: Work, source: ScanSource) -> None:
    block = OwnedVolume((24, 16, 16))
    reply = work.load_outline(LoadOutline(2, "outline", source, block.block), Ticks())
    data = nib.load(source.path).get_fdata()
    assert np.array_equal(block.array.reshape(reply.shape), data > 0)
    assert reply.millilitres == pytest.approx((data > 0).sum())  # voxels of 10 mm
    block.close()

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.commands import main
from engine.evaluation.intervals import bootstrap, mean
from engine.evaluation.report import read_cohort, summary
from engine.evaluation.ventricles import fluid_ml
from engine.model.manifest import read_manifest, record_figures
from tests.tiny import AFFINE


def test_an_interval_holds_its_value_and_narrows_with_more_people() -> None:
    rng = np.random.default_rng(0)
    few, many = (bootstrap(mean, rng.normal(5, 1, n)) for n in (10, 1000))
    assert few[1] < few[0] < few[2]
    assert many[2] - many[1] < 0.3 * (few[2] - few[1])
    assert many[1] < 5 < many[2]


def test_paired_samples_are_drawn_together() -> None:
    truth = np.arange(20.0)
    value, low, high = bootstrap(lambda a, b: float(np.abs(a - b).max()), truth, truth + 1)
    assert (value, low, high) == (1.0, 1.0, 1.0)


def _ball(radius: float) -> np.ndarray:
    axes = np.meshgrid(*(np.arange(n) - n // 2 for n in (40, 44, 48)), indexing="ij")
    return np.asarray(np.sqrt(sum(a.astype(float) ** 2 for a in axes)) < radius)


def test_fluid_grows_by_the_volume_that_was_added() -> None:
    before, after = (np.where(_ball(radius), 0.2, 0.9).astype(np.float32) for radius in (8, 10))
    nothing = np.zeros(before.shape, bool)
    ventricles, white = _ball(8), ~_ball(14)
    measured = [fluid_ml(v, before, ventricles, white, nothing, 0.008) for v in (before, after)]
    assert measured == pytest.approx([_ball(8).sum() * 0.008, _ball(10).sum() * 0.008], rel=0.02)


def test_grey_matter_beside_the_ventricles_is_no_fluid() -> None:
    volume = np.where(_ball(8), 0.2, np.where(_ball(11), 0.58, 0.9)).astype(np.float32)
    nothing = np.zeros(volume.shape, bool)
    found = fluid_ml(volume, volume, _ball(8), ~_ball(14), nothing, 1.0)
    assert found == pytest.approx(_ball(8).sum())


@pytest.fixture
def labelled(tiny_cohort: Path, tmp_path: Path) -> Path:
    """The tiny cohort with labels, half of it the test people."""
    cohort = shutil.copytree(tiny_cohort, tmp_path / "cohort")
    rows = (cohort / "participants.tsv").read_text().splitlines()
    changed = [rows[0], *(r.replace("train", "test") if n % 2 else r for n, r in enumerate(rows[1:]))]
    (cohort / "participants.tsv").write_text("\n".join(changed) + "\n")
    (cohort / "labels.tsv").write_text("index\tname\tgroup\n1\tV\tventricles\n2\tW\twhite-matter\n")
    for image in cohort.rglob("*_T1w.nii.gz"):
        data = np.asarray(nib.load(image).dataobj)
        labels = np.where(data == 40, 1, np.where(data > 0, 2, 0)).astype(np.uint8)
        nib.save(nib.Nifti1Image(labels, AFFINE), image.with_name(image.name.replace("T1w", "dseg")))
    return cohort


def test_the_report_judges_test_people_alone(labelled: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    words = ["evaluate", "--bundle", str(tiny_bundle), "--cohort", str(labelled), "-o", str(tmp_path / "r"), "--quiet"]
    assert main([*words, "--device", "cpu"]) == 0
    report = json.loads((tmp_path / "r" / "report.json").read_text())
    assert set(report["age"]["read"]) == {"sub-01", "sub-03", "sub-05", "sub-07"}
    assert report["people"] == 4
    alone, both = (report["reconstruction"][name]["ssim"] for name in ("autoencoder", "roundtrip"))
    assert alone[1] <= alone[0] <= alone[2] < 1
    assert both[0] == pytest.approx(alone[0], abs=0.01)
    assert len(report["manipulation"]["rows"]) == 4
    assert report["manipulation"]["ventricles_percent"][0] != 0


def test_figures_are_kept_in_the_manifest_without_the_people(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    record_figures(bundle, summary({"age": {"mae": [1.0, 0.5, 2.0], "read": {"sub-01": [1, 2]}}}))
    assert read_manifest(bundle).figures == {"age": {"mae": [1.0, 0.5, 2.0]}}
    assert not list(bundle.glob(".*"))


def test_a_cohort_without_a_table_is_named(tmp_path: Path) -> None:
    from engine.errors import ScanError

    with pytest.raises(ScanError, match=r"holds no participants\.tsv"):
        read_cohort(tmp_path)

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from scipy import ndimage

from engine.cohort.rates import Rate
from engine.commands import main
from engine.edit.directions import Axis, load_axes, save_axis
from engine.evaluation import follow_ups
from engine.evaluation.report import NAMED, summary
from engine.model.card import read_card
from engine.model.manifest import Direction, read_manifest, record_figures, sha256
from engine.model.weights import save_weights
from engine.networks.segmentation import Segmentation, SegmentationConfig
from tests.engine.untrained import write_untrained_bundle
from tests.tiny import AFFINE, one_thread

TINY = Path(__file__).resolve().parents[3] / "configs" / "tiny.toml"

REGIONS = ("ventricles", "white-matter", "hippocampus")


@pytest.fixture(scope="module")
def labelled(tiny_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny cohort with labels, half of it the test people."""
    cohort = shutil.copytree(tiny_cohort, tmp_path_factory.mktemp("labelled") / "cohort")
    rows = (cohort / "participants.tsv").read_text().splitlines()
    changed = [rows[0], *(r.replace("train", "test") if n % 2 else r for n, r in enumerate(rows[1:]))]
    (cohort / "participants.tsv").write_text("\n".join(changed) + "\n")
    groups = "\n".join(f"{index}\t{name}\t{name}" for index, name in enumerate(REGIONS, 1))
    (cohort / "labels.tsv").write_text(f"index\tname\tgroup\n{groups}\n")
    for image in cohort.rglob("*_T1w.nii.gz"):
        data = np.asarray(nib.load(image).dataobj)
        # What lies between white matter and the rim is fluid: it takes up what the regions lose.
        inner = ndimage.binary_erosion(data > 0, iterations=2)
        labels = np.where(data == 40, 1, np.where(inner, 2, 0)).astype(np.uint8)
        labels[5:7, 10:14, 5:7] = 3
        nib.save(nib.Nifti1Image(labels, AFFINE), image.with_name(image.name.replace("T1w", "dseg")))
    return cohort


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A bundle with an age direction, which knows nothing."""
    return write_untrained_bundle(TINY, tmp_path / "bundle")


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with every direction and a volumetry network, none of which know anything."""
    bundle = write_untrained_bundle(TINY, tmp_path_factory.mktemp("complete") / "bundle")
    manifest = read_manifest(bundle)
    age = load_axes(bundle, manifest.directions)["age"]
    rng = np.random.default_rng(0)
    others = [
        Direction("atrophy", "Alzheimer-type atrophy (simulated)", "units", 0, 1, None),
        Direction("sex", "Sex", "0 F, 1 M", 0, 1, None),
        Direction("ventricles", "Ventricles", "ml", 10, 60, None),
    ]
    for about in others:
        size = float(np.linalg.norm(age.step))
        step, weight = (rng.normal(size=age.step.shape) * size for _ in "sw")
        save_axis(Axis(about, weight, 0.0, step), bundle)
    torch.manual_seed(0)
    config = SegmentationConfig(REGIONS, (16, 24, 16), (8, 8))
    save_weights(Segmentation(config), bundle / "volumetry.safetensors")
    files = sorted(bundle.rglob("*.safetensors"))
    made = replace(
        manifest,
        directions=(*manifest.directions, *others),
        trained_on={"people": 4, "mean_age": 50.0, "ages": [20.0, 80.0]},
        networks={**manifest.networks, "volumetry": asdict(config)},
        checksums={file.relative_to(bundle).as_posix(): sha256(file) for file in files},
    )
    (bundle / "manifest.json").write_text(made.to_json())
    return bundle


@pytest.fixture(scope="module", autouse=True)
def few_calls() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.evaluation.reconstruction.CURVE_CALLS", (2, 3))
        yield


@pytest.fixture
def gentle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow-ups as made-up brains of a few thousand voxels allow them: few months, small changes."""
    whole = follow_ups.plan()
    rates = {
        group: {"ventricles": Rate(ml, 0.2), "white-matter": Rate(-0.1, 0.02), "hippocampus": Rate(0.0, 0.0)}
        for group, ml in (("normal", 0.5), ("alzheimer", 1.5))
    }
    plan = replace(whole, months=(0, 18, 36), rates=rates)
    monkeypatch.setattr(follow_ups, "plan", lambda: plan)
    monkeypatch.setattr(follow_ups, "SERIES", plan.months)


def _evaluated(bundle: Path, cohort: Path, folder: Path) -> dict:
    words = ["evaluate", "--bundle", str(bundle), "--cohort", str(cohort), "-o", str(folder), "--quiet", "--debug"]
    with one_thread():
        assert main([*words, "--device", "cpu"]) == 0
    return json.loads((folder / "report.json").read_text())


def _keys(table: dict) -> set[str]:
    return {f"{name}.{key}" for name, inner in table.items() if isinstance(inner, dict) for key in _keys(inner)} | {
        name for name, inner in table.items() if not isinstance(inner, dict)
    }


def _figures(value: object) -> list[list[float]]:
    if isinstance(value, dict):
        return [figure for name, inner in value.items() if name != "rows" for figure in _figures(inner)]
    is_figure = isinstance(value, list) and len(value) == 3 and all(isinstance(v, float) for v in value)
    return [value] if is_figure else []


@pytest.fixture(scope="module")
def bare(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    """What is said of a bundle with an age direction alone, on scans without labels."""
    cohort = shutil.copytree(labelled, tmp_path_factory.mktemp("bare") / "cohort")
    for labels in cohort.rglob("*_dseg.nii.gz"):
        labels.unlink()
    bundle = write_untrained_bundle(TINY, cohort.parent / "bundle")
    return _evaluated(bundle, cohort, cohort.parent / "report"), bundle


def test_the_report_judges_test_people_alone(bare: tuple[dict, Path]) -> None:
    report, _ = bare
    assert {row["name"] for row in report["age"]["rows"]} == {"sub-01", "sub-03", "sub-05", "sub-07"}
    assert report["people"] == 4
    alone, both = (report["reconstruction"][name]["ssim"] for name in ("autoencoder", "roundtrip"))
    assert alone[1] <= alone[0] <= alone[2] < 1
    assert both[0] == pytest.approx(alone[0], abs=0.01)


def test_what_cannot_be_answered_is_null_and_the_reason_stands_beside_it(bare: tuple[dict, Path]) -> None:
    report, _ = bare
    assert _keys(dict(NAMED)) <= _keys(report)
    assert report["disease"]["auc"] is None and "no direction atrophy" in report["notes"]["disease"]
    assert report["interpolation"]["24"]["model"]["ssim"] is None and "label maps" in report["notes"]["interpolation"]
    assert report["volumetry"]["hippocampus"]["dice"] is None and "no volumetry" in report["notes"]["volumetry"]
    assert report["manipulation"]["sign_agreement"] is None
    assert 0 <= report["manipulation"]["identity"][0] <= 1
    assert report["age"]["mae"] and report["age"]["mae_volumes"] is None


def test_the_card_lies_in_the_bundle_and_says_on_whom(bare: tuple[dict, Path]) -> None:
    report, bundle = bare
    text = read_card(bundle)
    assert text is not None and "4 people of `cohort`" in text
    assert f"{report['age']['mae'][0]:.1f}" in text
    assert "not a medical device" in text and "--seed 0" in text


@pytest.mark.slow
@pytest.mark.usefixtures("gentle")
def test_a_whole_bundle_answers_everything_and_its_follow_ups_are_made_once(
    labelled: Path, complete: Path, tmp_path: Path
) -> None:
    report = _evaluated(complete, labelled, tmp_path / "r")
    answered = [name for name in NAMED if _figures(report[name])]
    assert answered == list(NAMED)
    assert all(low <= value + 1e-9 and value <= high + 1e-9 for value, low, high in _figures(report))
    for name in ("auc", "acc", "recall"):
        assert 0 <= report["disease"][name][0] <= 1
    assert report["interpolation"]["36"]["model"]["volume_error"][0] > 0
    assert report["interpolation"]["12"]["model"]["volume_error"] is None
    assert set(report["manipulation"]["directions"]) == {"age", "atrophy", "ventricles", "sex"}
    page = (tmp_path / "r" / "report.html").read_text()
    assert page.count("data:image/png;base64,") >= 5 and "http" not in page.replace("http-equiv", "")
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "r").rglob("*_T1w.nii.gz")}
    # The two people of 50 and more, in both groups, at two visits; and each of them once more in between.
    assert len(made) == 2 * 2 * 2 + 2
    again = _evaluated(complete, labelled, tmp_path / "r")
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert again["disease"] == report["disease"] and again["interpolation"] == report["interpolation"]


def test_figures_are_kept_in_the_manifest_without_the_people(plain: Path) -> None:
    record_figures(plain, summary({"age": {"mae": [1.0, 0.5, 2.0], "rows": [{"name": "sub-01"}]}}))
    assert read_manifest(plain).figures == {"age": {"mae": [1.0, 0.5, 2.0]}}
    assert not list(plain.glob(".*"))


def test_a_report_never_goes_into_the_cohort(labelled: Path, plain: Path, capfd: pytest.CaptureFixture) -> None:
    words = ["evaluate", "--bundle", str(plain), "--cohort", str(labelled), "-o", str(labelled), "--quiet"]
    assert main(words) == 1
    assert "never written to" in capfd.readouterr().err
    assert not (labelled / "report.json").exists()

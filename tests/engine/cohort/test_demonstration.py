"""The demonstration subject as it lies in the tree, and the program that made it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from engine.cohort import demonstration

FOLDER = Path(__file__).resolve().parents[3] / "resources" / "demo"
SESSIONS = ("ses-M000", "ses-M120")


def path_of(session: str, folder: Path = FOLDER) -> Path:
    return folder / "sub-demo" / session / "anat" / f"sub-demo_{session}_space-MNI152_T1w.nii.gz"


def levels(session: str) -> np.ndarray:
    return np.asarray(nibabel.load(path_of(session)).dataobj)


@pytest.mark.parametrize("session", SESSIONS)
def test_a_visit_lies_on_the_model_grid(session: str) -> None:
    image = nibabel.load(path_of(session))
    assert image.shape == (80, 96, 80)
    assert image.get_data_dtype() == np.uint8
    assert image.header["descrip"].item().startswith(b"Synthetic")
    np.testing.assert_array_equal(image.affine, [[2, 0, 0, -79], [0, 2, 0, -112], [0, 0, 2, -72], [0, 0, 0, 1]])
    sidecar = json.loads(path_of(session).with_suffix("").with_suffix(".json").read_text())
    assert sidecar["Synthetic"] is True


@pytest.mark.parametrize("session", SESSIONS)
def test_a_visit_follows_the_intensity_rule_of_real_scans(session: str) -> None:
    data = levels(session)
    assert np.all(data[[0, -1]] == 0)
    assert np.all(data[:, [0, -1]] == 0)
    assert np.percentile(data[data > 0], 98) == pytest.approx(230, abs=1)


def test_both_visits_fill_one_skull_and_the_second_holds_more_fluid() -> None:
    first, second = levels("ses-M000"), levels("ses-M120")
    assert np.array_equal(first > 0, second > 0)
    deep = (slice(20, 60), slice(30, 70), slice(30, 55))
    dark = [np.count_nonzero((data[deep] > 0) & (data[deep] < 100)) for data in (first, second)]
    assert dark[1] > 1.2 * dark[0]


def test_ten_years_change_the_volumes_as_published() -> None:
    rows = csv.DictReader((FOLDER / "truth_volumes.tsv").open(), delimiter="\t")
    volumes = {(row["region"], row["session_id"]): float(row["ml"]) for row in rows}
    for region, percent in demonstration.PERCENT_PER_YEAR.items():
        asked = (1.0 + percent / 100.0) ** demonstration.YEARS
        measured = volumes[region, "ses-M120"] / volumes[region, "ses-M000"]
        # The anatomy has more detail than the 2 mm grid it is steered on: a volume misses by a hundredth or so.
        assert measured == pytest.approx(asked, rel=0.05), region
        assert percent == 0.0 or (measured > 1.0) == (percent > 0.0), region


@pytest.mark.slow
def test_the_program_makes_the_files_in_the_tree(tmp_path: Path) -> None:
    demonstration.write(tmp_path, demonstration.make())
    for session in SESSIONS:
        made = np.asarray(nibabel.load(path_of(session, tmp_path)).dataobj).astype(int)
        # Other processors may round a transform the other way: a level in few voxels, not another brain.
        off = np.abs(made - levels(session))
        assert off.max() <= 1
        assert np.count_nonzero(off) < 100
    text = [path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".gz"]
    assert len(text) == 7
    for path in text:
        assert (tmp_path / path).read_text() == (FOLDER / path).read_text(), path


def test_the_same_visits_are_the_same_bytes(tmp_path: Path) -> None:
    data = np.zeros((80, 96, 80), np.uint8)
    visits = tuple(demonstration.Visit(session, 60.0, data, {"ventricles": 1.0}) for session in SESSIONS)
    for name in ("a", "b"):
        demonstration.write(tmp_path / name, (visits[0], visits[1]))
    assert path_of("ses-M000", tmp_path / "a").read_bytes() == path_of("ses-M000", tmp_path / "b").read_bytes()

"""The plain regression of age on volumes."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.errors import ModelError, ScanError
from engine.measure.volume_age import (
    counted,
    fit_to_cohort,
    fit_volume_age,
    load_volume_age,
    save_volume_age,
    volumes_of,
)


def _made_up(people: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    ages = rng.uniform(20, 80, people)
    volumes = rng.uniform(5, 6, (people, 3))
    volumes[:, 0] = 1 + ages / 40
    return volumes, ages


def test_a_share_that_follows_age_is_found() -> None:
    volumes, ages = _made_up()
    reader = fit_volume_age((4, 11, 23), volumes, ages)
    assert reader.error < 4.0
    assert np.abs(reader.read(volumes) - ages).mean() < 4.0


def test_the_size_of_a_head_and_the_unit_of_its_volumes_do_not_matter() -> None:
    volumes, ages = _made_up()
    reader = fit_volume_age((4, 11, 23), volumes, ages)
    assert np.allclose(reader.read(volumes * 125.0), reader.read(volumes))


def test_a_bundle_gives_back_what_it_was_given(tmp_path: Path) -> None:
    reader = fit_volume_age((4, 11, 23), *_made_up())
    assert load_volume_age(tmp_path) is None
    save_volume_age(reader, tmp_path)
    loaded = load_volume_age(tmp_path)
    assert loaded is not None
    assert np.array_equal(loaded.weight, reader.weight)
    assert replace(loaded, weight=reader.weight) == reader


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "volume_age.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ModelError, match=r"volume_age\.safetensors: cannot be read"):
        load_volume_age(tmp_path)


def test_someone_missing_from_the_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "roi_volumes_ml.tsv").write_text("participant_id\t4\t11\nsub-1\t1.5\t2\n")
    assert volumes_of(tmp_path, ["sub-1"], [11, 4]).tolist() == [[2.0, 1.5]]  # type: ignore[union-attr]
    with pytest.raises(ScanError, match="sub-2"):
        volumes_of(tmp_path, ["sub-2"], [4])
    assert fit_to_cohort(tmp_path / "elsewhere", [], np.array([])) is None


def test_real_people_are_read_within_seven_years_and_label_maps_agree_with_the_table(shared: Path) -> None:
    folder = shared / "data" / "ixi"
    with (folder / "participants.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    people = {part: [row for row in rows if row["split"] == part] for part in ("train", "test")}
    names = {part: [row["participant_id"] for row in found] for part, found in people.items()}
    ages = {part: np.array([float(row["age"]) for row in found]) for part, found in people.items()}
    reader = fit_to_cohort(folder, names["train"], ages["train"])
    assert reader is not None and reader.error < 6.5
    volumes = volumes_of(folder, names["test"], reader.labels)
    assert volumes is not None
    assert np.abs(reader.read(volumes) - ages["test"]).mean() < 7.0
    first = names["test"][0]
    label_map = np.asarray(nib.load(next((folder / first).rglob("*_dseg.nii.gz"))).dataobj)
    shares = counted(label_map, reader.labels) / (label_map > 0).sum()
    assert np.abs(shares - volumes[0] / volumes[0].sum()).max() < 0.01

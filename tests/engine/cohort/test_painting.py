"""A brain painted from a label map alone looks like a prepared scan and keeps the map's proportions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.cohort.groups import groups_in
from engine.cohort.painting import labels_table
from engine.cohort.sources import Anatomy, load_anatomy, read_sources
from engine.scans import read


@pytest.fixture(scope="module")
def maps(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    (folder / "labels_13.nii.gz").symlink_to((shared / "data" / "anatomy" / "labels_13.nii.gz").resolve())
    return folder


@pytest.fixture(scope="module")
def anatomy(maps: Path) -> Anatomy:
    (source,) = read_sources(maps, "train", (50, 90))
    assert (source.name, source.age, source.split) == ("sub-labels13", None, "train")
    return load_anatomy(source, groups_in(labels_table()), seed=0)


def test_the_table_of_labels_has_the_groups_of_every_cohort() -> None:
    groups = groups_in(labels_table())
    assert {"ventricles", "hippocampus", "amygdala", "cortical-grey", "white-matter", "csf/other"} < set(groups)
    assert groups["hippocampus"] == [17, 53] and groups["ventricles"] == [4, 5, 14, 15, 43, 44, 72]


@pytest.mark.slow
def test_a_painted_brain_has_the_grey_levels_of_a_prepared_scan(anatomy: Anatomy) -> None:
    assert anatomy.image.shape == (80, 96, 80)
    assert np.percentile(anatomy.image[anatomy.inside], 98) == pytest.approx(230, abs=2)
    median = {name: np.median(anatomy.image[region & anatomy.inside]) for name, region in anatomy.regions.items()}
    # Medians of 18 real people: 164, 217 and 178, the rest partial volume and one person's own levels.
    assert median["cortical-grey"] == pytest.approx(168, abs=15)
    assert median["white-matter"] == pytest.approx(217, abs=10)
    assert median["hippocampus"] == pytest.approx(178, abs=15)
    assert median["ventricles"] < 130


@pytest.mark.slow
def test_a_painted_brain_keeps_the_proportions_of_its_map(anatomy: Anatomy, maps: Path) -> None:
    codes = read(maps / "labels_13.nii.gz").volume.data
    tissue = {name: found for name, found in anatomy.groups.items() if name not in ("csf/other", "ventricles")}
    brain = np.isin(codes, np.concatenate(list(tissue.values()))).sum()
    volumes = anatomy.volumes_ml()
    for name, found in tissue.items():
        share = np.isin(codes, found).sum() / brain
        assert volumes[name] / sum(volumes[region] for region in tissue) == pytest.approx(share, rel=0.07), name


@pytest.mark.slow
def test_every_voxel_of_the_brain_has_a_label(anatomy: Anatomy) -> None:
    assert np.array_equal(anatomy.labels > 0, anatomy.inside)

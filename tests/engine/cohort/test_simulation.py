"""Visits with known truth: volumes as asked in picture, labels and figures; twins differ by their group alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.cohort.carried_labels import carried
from engine.cohort.groups import read_groups
from engine.cohort.simulation import Course, FollowedUp, Simulation, courses, followed_up, load_simulation
from engine.cohort.sources import Anatomy, load_anatomy, read_sources
from engine.cohort.variety import Variety
from tests.labelled import CONFIG, write_labelled_cohort

Visits = dict[tuple[str, int], FollowedUp]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_labelled_cohort(tmp_path_factory.mktemp("labelled"))


@pytest.fixture(scope="module")
def simulation(cohort: Path) -> Simulation:
    config = cohort / "simulate.toml"
    config.write_text(CONFIG)
    return load_simulation(config, str(cohort))


@pytest.fixture(scope="module")
def planned(cohort: Path, simulation: Simulation) -> list[Course]:
    return courses(simulation, read_sources(cohort, "train", (0, 150)), seed=3)


@pytest.fixture(scope="module")
def anatomy(cohort: Path, planned: list[Course]) -> Anatomy:
    return load_anatomy(planned[0].source, read_groups(cohort), seed=3)


@pytest.fixture(scope="module")
def visits(anatomy: Anatomy, planned: list[Course], simulation: Simulation) -> Visits:
    """The first person in both groups."""
    return {
        (course.group, month): visit
        for course in planned[:2]
        for month, visit in followed_up(anatomy, course, simulation, simulation.months, seed=3)
    }


def test_only_people_of_the_asked_split_are_followed_up(planned: list[Course]) -> None:
    assert [(course.source.name, course.group) for course in planned] == [
        ("sub-A1", "normal"),
        ("sub-A1", "alzheimer"),
        ("sub-A2", "normal"),
        ("sub-A2", "alzheimer"),
    ]


def test_every_change_is_met_within_a_twentieth(visits: Visits) -> None:
    for (_, month), visit in visits.items():
        for region, asked in visit.asked.items():
            assert visit.met[region] == pytest.approx(asked, rel=0.05), (month, region)


def test_ventricles_grow_and_hippocampi_shrink_faster_in_disease(visits: Visits) -> None:
    ill, well, before = visits["alzheimer", 24], visits["normal", 24], visits["normal", 0]
    for region, sign in {"ventricles": 1, "hippocampus": -1}.items():
        assert sign * (ill.volumes_ml[region] - well.volumes_ml[region]) > 0
        assert sign * (well.volumes_ml[region] - before.volumes_ml[region]) > 0


def test_nothing_folds(visits: Visits) -> None:
    assert all(0.0 < visit.smallest_jacobian <= 1.0 for visit in visits.values())


def test_fluid_takes_up_what_tissue_loses(visits: Visits) -> None:
    before, after = (sum(visits["alzheimer", month].volumes_ml.values()) for month in (0, 24))
    # Linear weights at the still border keep the sum but for rounding of the head's rim.
    assert after == pytest.approx(before, rel=2e-3)


def test_label_maps_hold_the_true_volumes(visits: Visits, anatomy: Anatomy) -> None:
    voxel_ml = 0.125
    for visit in visits.values():
        for group, indices in anatomy.groups.items():
            counted = np.isin(visit.labels, indices).sum() * voxel_ml
            assert counted == pytest.approx(visit.volumes_ml[group], abs=4 * voxel_ml), group


def test_labels_stay_on_their_side(visits: Visits) -> None:
    labels = visits["alzheimer", 24].labels
    assert set(np.unique(labels)) == {0, 1, 2, 3, 4, 47, 48}
    assert not np.isin(labels[: labels.shape[0] // 2], (2, 47)).any()


def test_the_picture_follows_the_labels(anatomy: Anatomy, planned: list[Course], simulation: Simulation) -> None:
    plain = replace(simulation, variety=Variety(), months=(0, 24))
    before, after = (visit for _, visit in followed_up(anatomy, planned[1], plain, (0, 24), seed=3))
    assert np.array_equal(before.image, anatomy.image)
    middle = (slice(6, 20), slice(8, 24), slice(8, 22))
    dark = [np.clip((220.0 - visit.image[middle]) / 175.0, 0.0, 1.0).sum() for visit in (before, after)]
    grown = after.volumes_ml["ventricles"] - before.volumes_ml["ventricles"]
    lost = before.volumes_ml["hippocampus"] - after.volumes_ml["hippocampus"]
    # Hippocampi are 70/175 as dark as fluid; a spline's overshoot at 5 mm voxels is the rest.
    assert 0.125 * (dark[1] - dark[0]) == pytest.approx(grown - 0.4 * lost, rel=0.3)


def test_twins_share_the_scan_and_its_noise(visits: Visits) -> None:
    assert np.array_equal(visits["normal", 0].image, visits["alzheimer", 0].image)
    differ = visits["normal", 24].image.astype(int) - visits["alzheimer", 24].image
    # Two noises of 2 grey levels would differ by 2.8 in the still rim of the head, one by its rounding and shading.
    still = (visits["normal", 24].labels == 1) & (visits["alzheimer", 24].labels == 1)
    assert np.median(np.abs(differ[still])) <= 1


def test_visits_of_one_person_have_noise_of_their_own(visits: Visits) -> None:
    differ = visits["normal", 6].image.astype(int) - visits["normal", 0].image
    assert differ[visits["normal", 6].image > 0].std() > 2.0


def test_a_visit_made_alone_is_the_same(
    anatomy: Anatomy, planned: list[Course], simulation: Simulation, visits: Visits
) -> None:
    ((month, alone),) = followed_up(anatomy, planned[0], simulation, [6], seed=3)
    assert month == 6
    assert np.array_equal(alone.image, visits["normal", 6].image)
    assert np.array_equal(alone.labels, visits["normal", 6].labels)
    assert alone.volumes_ml == visits["normal", 6].volumes_ml


def test_another_seed_is_another_course(cohort: Path, simulation: Simulation, planned: list[Course]) -> None:
    sources = read_sources(cohort, "train", (0, 150))
    assert courses(simulation, sources, seed=3)[0].rates == planned[0].rates
    assert courses(simulation, sources, seed=4)[0].rates != planned[0].rates


def test_without_twins_everyone_is_in_one_group(cohort: Path, simulation: Simulation) -> None:
    sources = read_sources(cohort, None, (0, 150))
    single = courses(replace(simulation, twins=False), sources, seed=3)
    assert [course.source.name for course in single] == ["sub-A1", "sub-A2", "sub-B1"]
    both = courses(simulation, sources, seed=3)
    assert all(course in both for course in single)


def test_labels_carried_nowhere_are_the_same(anatomy: Anatomy) -> None:
    still = np.zeros((3, *anatomy.image.shape))
    unchanged = carried(anatomy.labels, anatomy.groups, still, anatomy.spacing, dict.fromkeys(anatomy.groups, 0.0))
    assert np.array_equal(unchanged, anatomy.labels)


@pytest.mark.slow
def test_three_alzheimer_years_of_a_real_person(shared: Path) -> None:
    folder = shared / "data" / "ixi"
    simulation = load_simulation(Path(__file__).parents[3] / "configs" / "simulate.toml", str(folder))
    person = next(s for s in read_sources(folder, "train", (60, 90)))
    course = next(c for c in courses(simulation, [person], seed=0) if c.group == "alzheimer")
    anatomy = load_anatomy(person, read_groups(folder), seed=0)
    for month, visit in followed_up(anatomy, course, simulation, [6, 36], seed=0):
        for region, asked in visit.asked.items():
            assert visit.met[region] == pytest.approx(asked, rel=0.05), (month, region)
    assert visit.met["ventricles"] > 0.1 and visit.met["hippocampus"] < -0.05
    assert visit.smallest_jacobian > 0.0
    for group, indices in anatomy.groups.items():
        assert np.isin(visit.labels, indices).sum() * 0.008 == pytest.approx(visit.volumes_ml[group], rel=0.01), group
    assert np.array_equal(visit.image > 0, anatomy.image > 0)

"""Where the points of a timeline lie, without a window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.workspace import document
from app.workspace.document import Scan, Workspace
from app.workspace.timeline import Spot, neighbours, spots

AGES = {"scan-1": 60.0, "scan-2": 64.0, "scan-3": 80.0}


def age_of(scan: Scan) -> float | None:
    return scan.age


@pytest.fixture
def three() -> Workspace:
    scans = tuple(Scan(key, f"/{key}.nii", "sub-01", f"ses-{key[-1]}", age) for key, age in AGES.items())
    return Workspace(scans, current="scan-2", points=1)


def told(found: list[Spot]) -> list[tuple[float | None, str | None, bool]]:
    return [(spot.age, spot.visit.key if spot.visit else None, spot.extrapolated) for spot in found]


def test_each_gap_is_filled_alone(three: Workspace) -> None:
    found = spots(three, age_of)
    assert told(found) == [
        (60.0, "scan-1", False),
        (62.0, None, False),
        (64.0, "scan-2", False),
        (72.0, None, False),
        (80.0, "scan-3", False),
    ]
    assert [(spot.first.key, spot.second.key, spot.fraction) for spot in found if spot.visit is None] == [
        ("scan-1", "scan-2", 0.5),
        ("scan-2", "scan-3", 0.5),
    ]


def test_what_lies_beyond_goes_on_along_the_nearest_gap(three: Workspace) -> None:
    found = spots(replace(three, beyond=2.0), age_of)
    first, last = found[0], found[-1]
    assert (first.age, first.first.key, first.fraction, first.extrapolated) == (58.0, "scan-1", -0.5, True)
    assert (last.age, last.first.key, last.extrapolated) == (82.0, "scan-2", True)
    assert last.fraction == pytest.approx(1.125)


def test_no_point_lies_before_birth_or_past_every_age(three: Workspace) -> None:
    old = document.with_age(document.with_age(replace(three, beyond=20.0), "scan-1", 10.0), "scan-3", 110.0)
    found = spots(old, age_of)
    assert (found[0].age, found[-1].age) == (0.0, 120.0)
    assert spots(document.with_age(old, "scan-1", 0.0), age_of)[0].visit is not None


def test_typed_ages_take_the_place_of_equal_steps_for_their_person_alone(three: Workspace) -> None:
    typed = document.with_typed(three, "sub-01", (85.0, 61.0, 64.0))
    assert [spot.age for spot in spots(typed, age_of)] == [60.0, 61.0, 64.0, 80.0, 85.0]
    assert spots(document.with_typed(three, "sub-02", (61.0,)), age_of) == spots(three, age_of)
    assert spots(document.with_typed(typed, "sub-01", None), age_of) == spots(three, age_of)


def test_without_an_age_there_are_equal_steps_only(three: Workspace) -> None:
    undated = document.with_age(replace(three, beyond=2.0), "scan-3", None)
    assert told(spots(undated, age_of)) == [
        (60.0, "scan-1", False),
        (62.0, None, False),
        (64.0, "scan-2", False),
        (None, None, False),
        (None, "scan-3", False),
    ]


def test_visits_at_one_age_are_no_gap(three: Workspace) -> None:
    twice = document.with_typed(document.with_age(three, "scan-2", 60.0), "sub-01", (60.0, 70.0))
    found = spots(twice, age_of)
    assert [spot.age for spot in found] == [60.0, 60.0, 70.0, 80.0]
    assert found[2].first.key == "scan-2"


def test_where_all_visits_are_of_one_age_there_are_equal_steps_only(three: Workspace) -> None:
    for key in ("scan-1", "scan-3"):
        three = document.with_age(three, key, 64.0)
    for other in (document.with_typed(three, "sub-01", (60.0, 70.0)), replace(three, beyond=2.0)):
        assert spots(other, age_of) == spots(three, age_of)
    assert len(spots(three, age_of)) == 5


def test_a_middle_visit_lies_between_its_neighbours(three: Workspace) -> None:
    spot = neighbours(three, "scan-2", age_of)
    assert spot is not None
    assert (spot.first.key, spot.second.key, spot.fraction) == ("scan-1", "scan-3", 0.2)
    assert neighbours(three, "scan-1", age_of) is None and neighbours(three, "scan-3", age_of) is None


def test_the_same_file_again_is_no_visit_until_the_user_says_so(three: Workspace) -> None:
    scans = (*three.scans, Scan("scan-4", "/copy.nii", "sub-01", "ses-4", 90.0, twin=True))
    doubled = replace(three, scans=scans)
    assert [scan.key for scan in doubled.visits] == ["scan-1", "scan-2", "scan-3"]
    agreed = document.with_visit(doubled, "scan-4", "sub-01")
    assert agreed.visits[-1].key == "scan-4"
    assert document.as_it_was(agreed, doubled.scans, "scan-4") == doubled

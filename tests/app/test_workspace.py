from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.stage.view_state import Ruler, Tiles, ViewState
from app.workspace.bids import person_of, scans_below, years
from app.workspace.document import (
    PARTS,
    Bookmark,
    Comparison,
    Edit,
    Kept,
    OverlayFile,
    Part,
    Scan,
    Workspace,
    new_key,
    with_edit,
    with_scan,
    without_scan,
)
from app.workspace.files import load, save
from engine.errors import DiskError, ScanError


def scan(key: str, subject: str = "sub-01", visit: str = "ses-1", age: float | None = None) -> Scan:
    return Scan(key, f"/data/{subject}_{visit}.nii.gz", subject, visit, age)


@pytest.fixture
def two_visits() -> Workspace:
    workspace = with_scan(Workspace(), scan("scan-1", visit="ses-b", age=71.5))
    return with_scan(workspace, scan("scan-2", visit="ses-a", age=61.5))


def test_the_first_scan_becomes_current(two_visits: Workspace) -> None:
    assert two_visits.current == "scan-1"


def test_visits_stand_in_the_order_of_age(two_visits: Workspace) -> None:
    assert [visit.age for visit in two_visits.by_subject()["sub-01"]] == [61.5, 71.5]


def test_the_visits_on_the_stage_are_all_of_the_person_in_order(two_visits: Workspace) -> None:
    assert [visit.age for visit in two_visits.visits] == [61.5, 71.5]


def test_one_visit_makes_no_timeline() -> None:
    assert with_scan(Workspace(), scan("scan-1")).visits == ()


def test_a_direction_moved_back_to_zero_leaves_no_trace() -> None:
    assert Edit().moved("age", 5.0).moved("age", 0.0) == Edit()


def test_taking_out_the_current_scan_chooses_another_visit_and_forgets_its_edit(two_visits: Workspace) -> None:
    edited = with_edit(two_visits, "scan-1", Edit().moved("age", 5.0))
    left = without_scan(edited, "scan-1")
    assert left.current == "scan-2"
    assert not left.edits


def test_a_new_key_is_free(two_visits: Workspace) -> None:
    assert new_key(without_scan(two_visits, "scan-1")) == "scan-1"
    assert new_key(two_visits) == "scan-3"


def test_a_saved_workspace_comes_back_and_survives_moving_with_its_scans(tmp_path: Path) -> None:
    folder = tmp_path / "Ärztin A"
    folder.mkdir()
    here = replace(scan("scan-1", age=61.5), path=str(folder / "scan ü.nii.gz"), stripped=True)
    workspace = with_scan(Workspace(), here)
    workspace = with_edit(workspace, "scan-1", Edit().moved("age", 10.0))
    workspace = replace(workspace, view=ViewState(crosshair=(9.0, -20.0, 20.0), window=(0.1, 0.9)), page="time")
    save(workspace, folder / "a.neurolapse")
    assert load(folder / "a.neurolapse") == workspace
    moved = folder.rename(tmp_path / "B")
    assert load(moved / "a.neurolapse").scans[0].path == str(moved / "scan ü.nii.gz")


def test_a_saved_workspace_is_readable(tmp_path: Path) -> None:
    save(with_scan(Workspace(), scan("scan-1", age=61.5)), tmp_path / "a.neurolapse")
    assert json.loads((tmp_path / "a.neurolapse").read_text())["scans"][0]["age"] == 61.5


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"neurolapse": 1}', '{"neurolapse": 99}'])
def test_a_damaged_or_newer_workspace_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.neurolapse").write_text(content)
    with pytest.raises(ScanError, match=r"^a\.neurolapse "):
        load(tmp_path / "a.neurolapse")


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Any]:
    """A saved workspace with something of everything, as JSON."""
    edit = Edit((("age", 5.0),), 3, ("atrophy",), True, 40)
    view = ViewState(rulers=(Ruler(2, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)),), tiles=Tiles())
    parts = (Part("synthetic", "scan-1", edit), *PARTS[1:])
    workspace = Workspace(
        (replace(scan("scan-1", age=61.5), series=3, mask="/data/mask.nii"),),
        {"scan-1": edit},
        {"scan-1": "a note"},
        "scan-1",
        typed={"sub-01": (62.0, 63.0)},
        comparison=Comparison(parts, own={1: view}),
        kept=(Kept("later", "scan-1", edit),),
        view=view,
        overlays=(OverlayFile("overlay-1", "/data/atlas.nii"),),
        bookmarks=(Bookmark("here", (1.0, 2.0, 3.0)),),
    )
    save(workspace, tmp_path / "a.neurolapse")
    assert load(tmp_path / "a.neurolapse") == workspace
    content: dict[str, Any] = json.loads((tmp_path / "a.neurolapse").read_text())
    return content


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("scans/0/age", "62"),
        ("scans/0/age", math.nan),
        ("scans/0/kind", "zzz"),
        ("scans/0/path", None),
        ("scans/0/path", 5),
        ("scans/0/series", 1.5),
        ("scans/0/twin", "no"),
        ("scans/0", "scan"),
        ("scans", {}),
        ("edits/scan-1/seed", "3"),
        ("edits/scan-1/held", "age"),
        ("edits/scan-1/changes", {"age": "5"}),
        ("edits", []),
        ("notes", {"scan-1": 5}),
        ("current", "scan-9"),
        ("current", 1),
        ("page", "foo"),
        ("points", "3"),
        ("points", True),
        ("typed", {"sub-01": 62.0}),
        ("comparison/mode", "foo"),
        ("comparison/shape", "9x9"),
        ("comparison/parts/0/what", "nothing"),
        ("comparison/parts/0/key", "scan-9"),
        ("comparison/parts/0/edit", 1),
        ("comparison/own", {"first": {}}),
        ("comparison", None),
        ("film/rate", "fast"),
        ("film/layout", "heap"),
        ("kept/0/name", None),
        ("view/zoom", "2"),
        ("view/window", [0.0]),
        ("view/crosshair", [0.0, 0.0, "0"]),
        ("view/layers/0/opacity", None),
        ("view/tiles/rows", "3"),
        ("view/rulers/0/axis", 0.5),
        ("overlays/0/key", 1),
        ("bookmarks/0/point", [1.0, 2.0]),
    ],
)
def test_one_value_of_another_type_makes_a_workspace_damaged(
    tmp_path: Path, told: dict[str, Any], place: str, value: object
) -> None:
    *way, last = place.split("/")
    inside: Any = told
    for step in way:
        inside = inside[int(step) if isinstance(inside, list) else step]
    inside[int(last) if isinstance(inside, list) else last] = value
    (tmp_path / "a.neurolapse").write_text(json.dumps(told))
    with pytest.raises(ScanError, match=r"^a\.neurolapse is damaged or no workspace: open the scans themselves\.$"):
        load(tmp_path / "a.neurolapse")


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"^a\.neurolapse "):
        save(Workspace(), tmp_path / "none" / "a.neurolapse")


@pytest.fixture
def bids(tmp_path: Path) -> Path:
    (tmp_path / "participants.tsv").write_text("participant_id\tage\tsex\nsub-01\t89+\tF\nsub-02\tn/a\tM\n")
    for subject, session in (("sub-01", "ses-M00"), ("sub-01", "ses-M12"), ("sub-02", "ses-M00")):
        anat = tmp_path / subject / session / "anat"
        anat.mkdir(parents=True)
        (anat / f"{subject}_{session}_T1w.nii.gz").touch()
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tage\nses-M12\t90.5\n")
    return tmp_path


def test_the_age_at_a_visit_goes_before_the_persons(bids: Path) -> None:
    first, second, other = (person_of(path) for path in scans_below(bids))
    assert (first.subject, first.visit, first.age, first.sex) == ("sub-01", "ses-M00", 89.0, "F")
    assert second.age == 90.5
    assert (other.age, other.sex) == (None, "M")


def test_a_file_outside_bids_is_its_own_subject(tmp_path: Path) -> None:
    person = person_of(tmp_path / "Kopf ß 1.nii.gz")
    assert (person.subject, person.visit, person.age) == ("Kopf ß 1", "", None)


@pytest.mark.parametrize(("text", "age"), [("61.5", 61.5), (" 89+", 89.0), ("n/a", None), ("-3", None), ("", None)])
def test_ages_as_tables_write_them(text: str, age: float | None) -> None:
    assert years(text) == age

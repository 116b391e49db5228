"""A BIDS folder's scans, and the age that its tables tell for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ScanError
from engine.scans.bids import is_bids, visit_of, visits_in


@pytest.fixture
def people(tmp_path: Path) -> Path:
    root = tmp_path / "people"
    for place in (
        "sub-01/ses-M00/anat/sub-01_ses-M00_run-1_T1w.nii.gz",
        "sub-01/ses-M24/anat/sub-01_ses-M24_T1w.nii",
        "sub-01/ses-M48/anat/sub-01_ses-M48_T1w.nii",
        "sub-01/ses-M00/anat/sub-01_ses-M00_T2w.nii.gz",
        "sub-02/anat/sub-02_T1w.nii.gz",
        "sub-02/anat/.sub-02_T1w.nii.gz",
        "sub-03/anat/sub-03_T1w.nii.gz",
        "derivatives/other/sub-02/anat/sub-02_desc-x_T1w.nii.gz",
        "sourcedata/sub-02/anat/sub-02_T1w.nii.gz",
    ):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).touch()
    (root / "participants.tsv").write_text("\ufeffparticipant_id\tage\nsub-01\t70\nsub-02\t89+\nsub-03\tn/a\n")
    (root / "sub-01/sub-01_sessions.tsv").write_text("session_id\tage\nses-M00\t70.5\nses-M24\t72.5\nses-M48\tn/a\n")
    return root


def test_raw_t1_scans_are_found_with_subject_session_and_age(people: Path) -> None:
    assert [(v.place, v.subject, v.session, v.age) for v in visits_in(people)] == [
        ("sub-01/ses-M00/anat/sub-01_ses-M00_run-1_T1w.nii.gz", "sub-01", "ses-M00", 70.5),
        ("sub-01/ses-M24/anat/sub-01_ses-M24_T1w.nii", "sub-01", "ses-M24", 72.5),
        ("sub-01/ses-M48/anat/sub-01_ses-M48_T1w.nii", "sub-01", "ses-M48", 70.0),
        ("sub-02/anat/sub-02_T1w.nii.gz", "sub-02", "", 89.0),
        ("sub-03/anat/sub-03_T1w.nii.gz", "sub-03", "", None),
    ]


def test_a_capped_age_and_a_borrowed_one_are_noted(people: Path) -> None:
    notes = {visit.place: visit.notes for visit in visits_in(people) if visit.notes}
    assert notes == {
        "sub-01/ses-M48/anat/sub-01_ses-M48_T1w.nii": (
            "sub-01_ses-M48_T1w.nii: its session has no age of its own, so that in participants.tsv counts.",
        ),
        "sub-02/anat/sub-02_T1w.nii.gz": ("sub-02_T1w.nii.gz: the age 89+ in participants.tsv counts as 89.",),
    }


def test_one_file_knows_its_visit_and_others_have_none(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(people / "sub-02")
    visit = visit_of("anat/sub-02_T1w.nii.gz")
    assert visit is not None and visit.age == 89.0
    assert visit_of(people / "sourcedata/sub-02/anat/sub-02_T1w.nii.gz") is None
    assert visit_of(people.parent / "scan.nii.gz") is None


def test_folders_of_people_are_told_from_others(people: Path) -> None:
    assert is_bids(people)
    assert not is_bids(people / "sub-02" / "anat")
    assert not is_bids(people / "sub-02" / "anat" / "sub-02_T1w.nii.gz")
    (people / "participants.tsv").unlink()
    assert is_bids(people)


def test_a_folder_without_t1_scans_is_refused(tmp_path: Path) -> None:
    (tmp_path / "participants.tsv").write_text("participant_id\n")
    with pytest.raises(ScanError, match=r"is a BIDS folder without T1 scans .*: choose another\.$"):
        visits_in(tmp_path)


def test_a_table_that_cannot_be_read_tells_nothing(people: Path) -> None:
    (people / "participants.tsv").write_bytes(b"\xff\xfe\x00broken")
    assert {visit.subject: visit.age for visit in visits_in(people)}["sub-02"] is None

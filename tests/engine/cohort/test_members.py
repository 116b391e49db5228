from __future__ import annotations

from pathlib import Path

import pytest

from engine.cohort.members import has_judged, read_members
from engine.errors import ScanError


def _write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(line.split("|")) + "\n" for line in lines))


def _scan(folder: Path, name: str, session: str = "", labels: bool = False) -> None:
    place = folder / name / session / "anat" if session else folder / name / "anat"
    stem = f"{name}_{session}" if session else name
    _write(place / f"{stem}_T1w.nii.gz", "")
    if labels:
        _write(place / f"{stem}_dseg.nii.gz", "")


def test_test_people_alone_are_read_where_there_is_a_split(tmp_path: Path) -> None:
    _write(tmp_path / "participants.tsv", "participant_id|age|sex|split", "sub-1|50|F|train", "sub-2|89+|m|test")
    for name in ("sub-1", "sub-2"):
        _scan(tmp_path, name)
    (member,) = read_members(tmp_path)
    assert (member.name, member.age, member.sex, member.person) == ("sub-2", 89.0, "M", "sub-2")
    assert has_judged(tmp_path)
    assert len(read_members(tmp_path, None)) == 2


def test_everyone_is_read_where_there_is_no_split(tmp_path: Path) -> None:
    _write(tmp_path / "participants.tsv", "participant_id|age", "sub-1|n/a", "sub-2|60")
    for name in ("sub-1", "sub-2"):
        _scan(tmp_path, name)
    assert [member.age for member in read_members(tmp_path)] == [None, 60.0]
    assert not has_judged(tmp_path)


def test_visits_come_in_order_of_time_with_their_truth(tmp_path: Path) -> None:
    _write(tmp_path / "participants.tsv", "participant_id|age|person|group", "sub-1ad|60|sub-1|alzheimer")
    for session in ("ses-M00", "ses-M06", "ses-M100"):
        _scan(tmp_path, "sub-1ad", session, labels=session == "ses-M06")
    _write(
        tmp_path / "sub-1ad" / "sub-1ad_sessions.tsv",
        "session_id|age|group",
        "ses-M100|68.33|alzheimer",
        "ses-M06|60.5|alzheimer",
        "ses-M00|60|",
    )
    _write(tmp_path / "truth_volumes.tsv", "participant_id|session_id|region|ml", "sub-1ad|ses-M06|ventricles|30.5")
    (member,) = read_members(tmp_path)
    assert [visit.session for visit in member.visits] == ["ses-M00", "ses-M06", "ses-M100"]
    assert [visit.months for visit in member.visits] == [0.0, 6.0, 100.0]
    assert member.person == "sub-1"
    assert member.visits[1].truth_ml == {"ventricles": 30.5} and member.visits[1].labels is not None
    assert not member.visits[2].truth_ml and member.visits[2].labels is None


def test_ages_tell_the_months_where_sessions_have_other_names(tmp_path: Path) -> None:
    _write(tmp_path / "participants.tsv", "participant_id|age", "sub-1|60")
    for session in ("ses-baseline", "ses-followup"):
        _scan(tmp_path, "sub-1", session)
    _write(tmp_path / "sub-1" / "sub-1_sessions.tsv", "session_id|age", "ses-followup|62", "ses-baseline|60")
    assert [visit.months for visit in read_members(tmp_path)[0].visits] == [0.0, 24.0]


def test_a_cohort_without_a_table_or_with_nobody_to_judge_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match=r"holds no participants\.tsv"):
        read_members(tmp_path)
    _write(tmp_path / "participants.tsv", "participant_id|age|split", "sub-1|60|train")
    with pytest.raises(ScanError, match="names nobody of split test"):
        read_members(tmp_path)

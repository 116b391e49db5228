from __future__ import annotations

import os
import signal
from pathlib import Path

import fake_engine
import pytest
from fake_scan import write_scan
from pytestqt.qtbot import QtBot

from app.edit_pictures import EditPictures
from app.region_volumes import RegionVolumes
from app.session import Session
from app.time_pictures import TimePictures
from app.workspace.document import Edit

PATIENCE = 30000


def open_and_wait(qtbot: QtBot, session: Session, pictures: EditPictures, path: Path) -> None:
    session.open([path])
    qtbot.waitUntil(lambda: pictures.up_to_date, timeout=PATIENCE)


@pytest.fixture
def pictures(session: Session) -> EditPictures:
    return EditPictures(session)


def test_a_folder_opens_as_visits_with_their_ages(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    assert [(scan.visit, scan.age) for scan in session.workspace.scans] == [("ses-A", 60.0), ("ses-B", 80.0)]
    assert session.current and session.current.visit == "ses-A"
    assert pictures.shown and pictures.shown.recipe.is_copy


def test_the_picture_follows_a_held_handle_and_sharpens_on_release(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    qualities = []
    pictures.changed.connect(lambda: qualities.append(pictures.shown and pictures.shown.reply.quality))
    for age in (2.0, 4.0, 6.0, 8.0, 10.0):
        pictures.hold(Edit().moved("age", age))
    qtbot.waitUntil(lambda: pictures.shown is not None and dict(pictures.shown.recipe.changes) == {"age": 10.0})
    assert pictures.shown and pictures.shown.reply.quality == "preview"
    assert session.undo_stack.count() == 0
    pictures.release()
    qtbot.waitUntil(lambda: pictures.up_to_date, timeout=PATIENCE)
    assert pictures.shown.volume.data.sum() == pytest.approx(fake_engine.brain(70.0).sum())
    assert session.undo_stack.count() == 1


def test_undo_brings_back_the_picture_without_the_engine(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    session.set_edit(Edit().moved("age", 10.0))
    qtbot.waitUntil(lambda: pictures.up_to_date, timeout=PATIENCE)
    session.undo_stack.undo()
    assert pictures.up_to_date
    assert pictures.shown and pictures.shown.recipe.is_copy
    session.undo_stack.redo()
    assert pictures.up_to_date
    assert pictures.edit["age"] == 10.0


def test_a_bad_file_is_a_sentence_and_the_workspace_stays(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path, tmp_path: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    before = session.workspace
    text = tmp_path / "kein Bild ü.nii.gz"
    text.write_text("no scan")
    session.open([text])
    assert session.workspace == before
    assert session.refusals[0].sentence.startswith("kein Bild ü.nii.gz")


def test_a_scan_the_engine_refuses_leaves_the_workspace_as_it_was(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path, tmp_path: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    before = session.workspace
    with qtbot.waitSignal(session.refusals_changed, timeout=PATIENCE):
        session.open([write_scan(tmp_path / "broken.nii.gz")])
        assert session.current and session.current.name == "broken.nii.gz"
    assert session.workspace == before
    assert "stops early" in session.refusals[0].sentence


def test_the_known_age_is_the_sliders_zero_else_the_read_out(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path, tmp_path: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    other = write_scan(tmp_path / "anyone.nii.gz")
    session.open([other])
    qtbot.waitUntil(lambda: len(session.prepared) == 3, timeout=PATIENCE)
    by_name = {scan.name: session.zero_of("age", scan) for scan in session.workspace.scans}
    assert by_name["sub-01_ses-B_T1w.nii.gz"] == 80.0
    assert by_name["anyone.nii.gz"] == fake_engine.AGE


def test_points_between_two_visits_are_rendered_once_the_page_is_open(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path
) -> None:
    timeline = TimePictures(session, RegionVolumes(session))
    open_and_wait(qtbot, session, pictures, bids)
    assert [point.age for point in timeline.points] == [60.0, 65.0, 70.0, 75.0, 80.0]
    assert not any(point.picture for point in timeline.points)
    session.set_page("time")
    qtbot.waitUntil(lambda: timeline.finished, timeout=PATIENCE)
    assert timeline.points[2].volume is not None
    assert timeline.points[2].volume.data.sum() == pytest.approx(fake_engine.brain(70.0).sum())


def test_an_edit_is_finished_by_the_next_engine(
    qtbot: QtBot, session: Session, pictures: EditPictures, tmp_path: Path
) -> None:
    session.open([write_scan(tmp_path / "anyone.nii.gz")])
    qtbot.waitUntil(lambda: pictures.up_to_date, timeout=PATIENCE)
    pictures.hold(Edit().moved("age", 5.0))
    number = session.client.process_id
    assert number is not None
    os.kill(number, signal.SIGKILL)
    pictures.release()
    qtbot.waitUntil(lambda: pictures.up_to_date, timeout=PATIENCE)
    assert session.client.process_id != number
    assert pictures.edit["age"] == 5.0


def test_a_saved_workspace_opens_with_its_edit_and_its_view(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path, tmp_path: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    session.set_edit(Edit().moved("age", 10.0))
    session.set_window(0.2, 0.7)
    session.link.set(session.link.state.at((6.0, -2.0, 10.0)))
    session.save(tmp_path / "ä b.neurolapse")
    assert not session.edited
    session.set_edit(Edit())
    session.set_window(0.0, 1.0)
    session.question_asked.connect(lambda question: question.agree())
    session.open([tmp_path / "ä b.neurolapse"])
    qtbot.waitUntil(lambda: pictures.up_to_date, timeout=PATIENCE)
    assert pictures.edit["age"] == 10.0
    assert len(session.workspace.scans) == 2
    assert session.link.state.crosshair == (6.0, -2.0, 10.0)
    assert session.link.state.window == (0.2, 0.7)


def test_a_cancelled_preparation_leaves_the_workspace_as_it_was(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path, tmp_path: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    qtbot.waitUntil(lambda: not session.client.waiting, timeout=PATIENCE)
    before = session.workspace
    slow = write_scan(tmp_path / "slow.nii.gz")
    session.open([slow])
    session.client.cancel(f"prepare:{slow}")
    qtbot.waitUntil(lambda: not session.client.waiting, timeout=PATIENCE)
    assert session.workspace == before
    assert not session.refusals


def test_a_scan_of_a_saved_workspace_stays_when_one_of_its_key_is_dropped(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path, tmp_path: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    session.save(tmp_path / "w.neurolapse")
    for scan in session.workspace.scans:
        session.close_scan(scan.key)
    slow = write_scan(tmp_path / "slow.nii.gz")
    assert session.open([slow]) == ["scan-1"]
    session.question_asked.connect(lambda question: question.agree())
    session.open([tmp_path / "w.neurolapse"])
    session.client.cancel(f"prepare:{slow}")
    qtbot.waitUntil(lambda: not session.client.waiting, timeout=PATIENCE)
    assert [scan.key for scan in session.workspace.scans] == ["scan-1", "scan-2"]


def test_undoing_a_window_brings_the_old_one_back(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    before = session.link.state.window
    session.set_window(0.1, 0.5, done=False)
    session.set_window(0.2, 0.5)
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.link.state.window == before


def test_a_prepared_scan_is_first_seen_at_its_ventricles(
    qtbot: QtBot, session: Session, pictures: EditPictures, bids: Path
) -> None:
    open_and_wait(qtbot, session, pictures, bids)
    half_a_voxel = fake_engine.AFFINE[0][0] / 2
    assert session.link.state.crosshair == pytest.approx((1.0, -18.0, 20.0), abs=half_a_voxel)

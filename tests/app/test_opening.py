"""What is asked while scans are opened: which of several, and whose visit."""

from __future__ import annotations

from pathlib import Path

import fake_engine
import nibabel as nib
import numpy as np
import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dialogs.choice_dialog import ChoiceDialog
from app.dialogs.question_dialog import QuestionDialog
from app.theme.kinds import Kind
from app.visits import ask_visit
from app.window import Window
from app.workspace import files
from app.workspace.choices import choice_in
from app.workspace.document import Edit
from engine.scans import describe
from engine.scans.mark import DESCRIPTION_START, INTENT_CODE, INTENT_NAME

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def four(tmp_path: Path) -> Path:
    path = tmp_path / "vier ü.nii.gz"
    brain = fake_engine.brain(fake_engine.AGE)
    image = nib.Nifti1Image(np.stack([brain, brain, brain], axis=-1), np.array(fake_engine.AFFINE))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


def mark_synthetic(path: Path) -> Path:
    image = nib.load(path)
    image.header["descrip"] = f"{DESCRIPTION_START} age=70".encode()
    image.header.set_intent(INTENT_CODE, name=INTENT_NAME)
    nib.save(nib.Nifti1Image(image.get_fdata(dtype=np.float32), image.affine, image.header), path)
    return path


def agree(qtbot: QtBot, window: Window) -> str:
    dialog = window.findChild(QuestionDialog)
    sentence = dialog.accessibleDescription()
    qtbot.mouseClick(dialog.buttons["Use as a visit"], LEFT)
    return sentence


def test_of_a_4d_file_the_chosen_volume_is_opened(qtbot: QtBot, window: Window, four: Path) -> None:
    window.open([four])
    assert not window.session.workspace.scans
    dialog = window.findChild(ChoiceDialog)
    assert dialog.list.topLevelItemCount() == 3
    assert dialog.list.topLevelItem(0).text(2) == "40 × 48 × 36, 1 MB to open"
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    qtbot.mouseClick(dialog.open_button, LEFT)
    scan = window.session.current
    assert scan and (scan.volume, scan.source.volume, scan.visit) == (1, 1, "volume 1")
    qtbot.waitUntil(lambda: scan.source in window.session.prepared, timeout=PATIENCE)


def test_nothing_is_opened_when_nothing_is_chosen(qtbot: QtBot, window: Window, four: Path) -> None:
    window.open([four])
    window.findChild(ChoiceDialog).reject()
    assert not window.session.workspace.scans
    assert not window.session.refusals


def test_each_series_of_a_patient_disc_is_told_and_the_t1_proposed(shared: Path) -> None:
    choice = choice_in(describe(shared / "data" / "dicom" / "study_philips_cd"), None, None)
    assert choice is not None
    assert sorted(offer.series or 0 for offer in choice.offers) == [1301, 1901, 2001]
    proposed = choice.offers[choice.proposed]
    assert (proposed.series, proposed.modality, proposed.size) == (1301, "MR", "128 × 128 × 85, 21 MB to open")


def test_a_second_person_on_the_time_page_is_a_visit_only_when_said_so(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    window.open([write_scan(tmp_path / "sub-01_T1w.nii.gz")])
    assert window.findChild(QuestionDialog) is None
    window.session.set_page("time")
    window.open([write_scan(tmp_path / "sub-07_T1w.nii.gz")])
    assert window.session.workspace.visits == ()
    assert agree(qtbot, window) == (
        "These visits belong to sub-01 and sub-07: a timeline needs one person. Continue anyway?"
    )
    assert [scan.subject for scan in window.session.workspace.visits] == ["sub-01", "sub-07"]


def test_a_synthetic_file_of_the_person_is_a_visit_only_when_said_so(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    window.open([write_scan(tmp_path / "sub-01_ses-1_T1w.nii.gz")])
    window.open([mark_synthetic(write_scan(tmp_path / "sub-01_ses-2_T1w.nii.gz"))])
    assert window.session.workspace.visits == ()
    assert agree(qtbot, window) == (
        "sub-01_ses-2_T1w.nii.gz is marked synthetic, not acquired: use it as a visit anyway?"
    )
    assert window.session.workspace.visits[1].kind == "synthetic"


def test_a_synthetic_file_stays_marked_where_it_is_a_visit(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    window.open([write_scan(tmp_path / "sub-01_ses-1_T1w.nii.gz")])
    window.open([mark_synthetic(write_scan(tmp_path / "sub-01_ses-2_T1w.nii.gz"))])
    agree(qtbot, window)
    session = window.session
    for scan, age in zip(session.workspace.visits, (60.0, 70.0), strict=True):
        session.set_age(scan.key, age)
    session.choose(session.workspace.visits[1].key)
    qtbot.waitUntil(lambda: window.layers.row("scan") is not None, timeout=PATIENCE)
    assert window.layers.row("scan").name == "Synthetic file"
    qtbot.mouseClick(window.title_bar.tabs["time"], LEFT)
    qtbot.waitUntil(lambda: window.time_pictures.finished and len(window.time_player.frames) == 5, timeout=PATIENCE)
    column = window.time.columns[-1]
    assert (column.content.kind, column.header.heading.kind) == (Kind.SYNTHETIC, Kind.SYNTHETIC)
    axis = window.time.axis
    assert axis._points[-1].kind is Kind.SYNTHETIC
    assert axis._visits() == (60.0, 70.0)
    window.time_player.choose(4)
    qtbot.keyClick(axis, Qt.Key.Key_Delete)
    assert len(session.workspace.visits) == 2 and not session.workspace.typed


def test_runs_of_a_session_are_told_apart_and_the_first_is_the_visit(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    for session, run in (("ses-1", "_run-1"), ("ses-1", "_run-2"), ("ses-2", "")):
        write_scan(tmp_path / "sub-01" / session / "anat" / f"sub-01_{session}{run}_T1w.nii.gz")
    (tmp_path / "participants.tsv").write_text("participant_id\tage\tsex\nsub-01\t60\tF\n")
    window.open([tmp_path])
    workspace = window.session.workspace
    assert [scan.title for scan in workspace.scans] == ["sub-01 ses-1 run-1", "sub-01 ses-1 run-2", "sub-01 ses-2"]
    assert [scan.visit for scan in workspace.visits] == ["ses-1 run-1", "ses-2"]
    assert window.findChild(QuestionDialog) is None
    ask_visit(window.session, workspace.scans[1], "sub-01")
    assert agree(qtbot, window) == (
        "sub-01_ses-1_run-2_T1w.nii.gz is another run of a session that is open: use it as a visit too?"
    )
    assert len(window.session.workspace.visits) == 3
    kept = files.from_json(files.to_json(window.session.workspace, tmp_path), tmp_path)
    assert kept.scans == window.session.workspace.scans


def test_how_an_age_was_read_is_said(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    for session in ("ses-1", "ses-2"):
        write_scan(tmp_path / "sub-01" / session / "anat" / f"sub-01_{session}_T1w.nii.gz")
    (tmp_path / "participants.tsv").write_text("participant_id\tage\tsex\nsub-01\t89+\tF\n")
    said = []
    window.session.said.connect(lambda sentence, tone: said.append(sentence))
    window.open([tmp_path])
    first = "sub-01_ses-1_T1w.nii.gz"
    assert f"{first}: the age 89+ in participants.tsv counts as 89." in said
    assert f"{first}: its session has no age of its own, so that in participants.tsv counts." in said


def test_a_folder_of_loose_images_is_opened_as_its_files_would_be(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    for name in ("one.nii.gz", "two.nii.gz"):
        write_scan(tmp_path / name)
    (tmp_path / "one.json").write_text("{}")
    window.open([tmp_path])
    assert [scan.name for scan in window.session.workspace.scans] == ["one.nii.gz", "two.nii.gz"]
    assert not window.session.refusals
    many = tmp_path / "many"
    many.mkdir()
    for number in range(21):
        (many / f"{number}.nii.gz").touch()
    window.open([many])
    (refusal,) = window.session.refusals
    assert refusal.sentence == "many is no BIDS folder and holds 21 image files: choose those to open, 20 at most."


def test_a_workspace_comes_over_unsaved_work_only_when_agreed(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    session, saved = window.session, tmp_path / "older.neurolapse"
    window.open([write_scan(tmp_path / "scan.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    session.save(saved)
    session.set_edit(Edit().moved("age", 10.0))
    asked = []
    session.opened.connect(asked.append)
    for answer in ("Cancel", "Open"):
        window.open([saved])
        (dialog,) = (one for one in window.findChildren(QuestionDialog) if one.isVisible())
        assert dialog.accessibleDescription() == (
            "older has changes that are not saved: older.neurolapse would take their place."
        )
        assert session.workspace.edit("scan-1")["age"] == 10.0 and session.undo_stack.count() == 1 and not asked
        qtbot.mouseClick(dialog.buttons[answer], LEFT)
    assert session.workspace.edit("scan-1")["age"] == 0.0 and session.undo_stack.count() == 0
    assert asked == [[saved]]
    window.open([saved])
    assert not any(one.isVisible() for one in window.findChildren(QuestionDialog)), "nothing would be lost"

"""The export dialog where a person has two visits, and where not."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.dialogs.export_dialog import ExportDialog
from app.window import Window
from app.workspace.document import Edit
from app.workspace.export_names import TIMELINE, file_name, numbered

PATIENCE = 30000
LEFT = Qt.MouseButton.LeftButton


def test_a_timeline_leaves_in_every_form_that_is_ticked(
    qtbot: QtBot, window: Window, bids: Path, tmp_path: Path
) -> None:
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    qtbot.mouseClick(window.title_bar.tabs["time"], LEFT)
    (tmp_path / "sub-01_ses-A_T1w_timeline.gif").write_text("before")
    window.export()
    dialog = window.findChild(ExportDialog)
    assert [form for form, box in dialog.choices.items() if box.isChecked()] == ["timeline4d"]
    dialog.folder.setText(str(tmp_path))
    for form in ("gif", "csv"):
        dialog.choices[form].setChecked(True)
    with qtbot.waitSignal(dialog.written, timeout=PATIENCE):
        qtbot.mouseClick(dialog.write, LEFT)
    written = {path.name: path.read_text() for path in tmp_path.glob("sub-01_*") if path.is_file()}
    asked = "[60.0, 80.0] 3 scan 4"
    assert written == {
        "sub-01_ses-A_T1w_timeline.nii.gz": asked,
        "sub-01_ses-A_T1w_timeline.gif": "before",
        "sub-01_ses-A_T1w_timeline-2.gif": asked,
        "sub-01_ses-A_T1w_measures.csv": asked,
    }


def test_with_one_visit_there_is_no_timeline_to_export(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    window.open([write_scan(tmp_path / "scan.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    window.export()
    dialog = window.findChild(ExportDialog)
    assert [form for form, box in dialog.choices.items() if not box.isEnabled()] == ["difference", "bids", *TIMELINE]
    assert [target.form for target in dialog.targets()] == ["model"]
    dialog.reject()


def test_a_scan_in_a_bids_dataset_leaves_as_its_derivative(qtbot: QtBot, window: Window, bids: Path) -> None:
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    window.export()
    dialog = window.findChild(ExportDialog)
    for form, box in dialog.choices.items():
        box.setChecked(form == "bids")
    folder = bids / "derivatives" / "neurolapse"
    anat = folder / "sub-01" / "ses-A" / "anat"
    (target,) = dialog.targets()
    assert target.path == anat / "sub-01_ses-A_desc-synthReconChange_T1w.nii.gz"
    request = dialog._request(target)
    assert (request.dataset, request.space, request.form) == (str(folder), "native", "change")
    anat.mkdir(parents=True)
    target.path.touch()
    (again,) = dialog.targets()
    assert again.path.name == "sub-01_ses-A_desc-synthReconChange2_T1w.nii.gz"
    dialog.reject()


def test_no_file_of_a_scan_of_unknown_age_claims_one(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    (tmp_path / "participants.tsv").write_text("participant_id\tage\nsub-01\tn/a\n")
    window.open([write_scan(tmp_path / "sub-01" / "anat" / "sub-01_T1w.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    window.session.set_edit(Edit().moved("age", -4.5))
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    window.export()
    dialog = window.findChild(ExportDialog)
    for form, box in dialog.choices.items():
        box.setChecked(form in ("model", "bids"))
    targets = dialog.targets()
    assert [target.path.name for target in targets] == [
        "sub-01_T1w_space-ldae_synth-agebym4p5.nii.gz",
        "sub-01_desc-synthAgeBym4p5Change_T1w.nii.gz",
    ]
    assert [dialog._request(target).scan.age for target in targets] == [None, None]
    assert dialog._moved() == ", −4.5 y"
    shown = [label.text() for label in dialog._files.findChildren(QLabel)]
    assert f"in {tmp_path.name}/derivatives/neurolapse/sub-01/anat" in shown
    dialog.reject()


def test_the_bundled_sample_is_no_dataset_to_write_into(
    qtbot: QtBot, window: Window, bids: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    monkeypatch.setattr("app.dialogs.export_dialog.DEMO", bids)
    window.export()
    dialog = window.findChild(ExportDialog)
    assert not dialog.choices["bids"].isEnabled()
    assert "the demonstration is part of the program" in [label.text() for label in dialog.findChildren(QLabel)]
    assert not Path(dialog.folder.text()).is_relative_to(bids)
    dialog.reject()


def test_without_an_encoder_mp4_is_greyed_with_the_reason(
    qtbot: QtBot, window: Window, bids: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    monkeypatch.setattr("app.dialogs.export_dialog.has_encoder", lambda: False)
    window.export()
    dialog = window.findChild(ExportDialog)
    assert not dialog.choices["mp4"].isEnabled() and "no H.264 encoder" in dialog.choices["mp4"].text()
    assert dialog.choices["gif"].isEnabled()
    dialog.reject()


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("change", "x_space-native_synth-age75_change.nii.gz"),
        ("model", "x_space-ldae_synth-age75.nii.gz"),
        ("difference", "x_space-ldae_synth-age75_diff-copy.nii.gz"),
        ("timeline4d", "x_timeline.nii.gz"),
        ("gif", "x_timeline.gif"),
        ("mp4", "x_timeline.mp4"),
        ("csv", "x_measures.csv"),
    ],
)
def test_files_are_named_by_what_they_hold_and_numbered_where_taken(tmp_path: Path, form: str, name: str) -> None:
    path = tmp_path / file_name("x", form, "age75")  # type: ignore[arg-type]
    assert path.name == name and numbered(path) == path
    path.touch()
    ending = name[name.index(".") :]
    assert numbered(path).name == name.removesuffix(ending) + "-2" + ending

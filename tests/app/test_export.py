"""The export dialog where a person has two visits, and where not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.dialogs.export_dialog import ExportDialog
from app.places import folder_for
from app.session import DEMO
from app.window import Window
from app.workspace.bids import derivative_path, free_derivative, scans_below
from app.workspace.document import Edit, OverlayFile, Scan
from app.workspace.export_names import TIMELINE, file_name, numbered, point_label, written_words
from app.workspace.export_sizes import native_megabytes

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


def test_each_point_of_a_timeline_leaves_as_a_derivative(qtbot: QtBot, window: Window, bids: Path) -> None:
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    window.export()
    dialog = window.findChild(ExportDialog)
    for form, box in dialog.choices.items():
        box.setChecked(form in ("timelinebids", "missed"))
    folder = bids / "derivatives" / "neurolapse"
    missed, *points = dialog.targets()
    assert missed.path.name.endswith("_diff-scan.nii.gz") and dialog._request(missed).form == "minus scan"
    assert [point.path for point in points] == [
        folder / "sub-01" / "ses-A" / "anat" / f"sub-01_ses-A_desc-synthT{at}Change_T1w.nii.gz"
        for at in ("0p25", "0p5", "0p75")
    ]
    request = dialog._request(points[2])
    assert (request.scan.age, request.second.age, request.fraction) == (60.0, 80.0, 0.75)
    assert (request.dataset, request.space, request.form) == (str(folder), "native", "change")
    dialog.choices["missed"].setChecked(False)
    dialog._done.append(points[0])
    assert [target.path for target in dialog.targets()] == [point.path for point in points[1:]], "not written again"
    dialog._done.clear()
    points[1].path.parent.mkdir(parents=True)
    points[1].path.with_name("full change").touch()
    qtbot.mouseClick(dialog.write, LEFT)
    qtbot.waitUntil(lambda: "no room" in dialog._problem.text(), timeout=PATIENCE)
    points[1].path.with_name("full change").unlink()
    with qtbot.waitSignal(dialog.written, timeout=PATIENCE):
        qtbot.mouseClick(dialog.write, LEFT)
    assert all(point.path.read_bytes() == b"volume" for point in points)
    assert len(list(points[0].path.parent.glob("*.nii.gz"))) == 3


def test_points_close_together_have_names_of_their_own() -> None:
    fractions = (1 / 3, 1 / 3 + 0.004, 2 / 3, -0.25)
    names = [point_label(fraction, fractions) for fraction in fractions]
    assert names == ["synthT0p3333Change", "synthT0p3373Change", "synthT0p67Change", "synthTm0p25Change"]


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


@pytest.fixture
def dialog(qtbot: QtBot, window: Window, tmp_path: Path) -> ExportDialog:
    """Of one scan moved by ten years, to an empty folder; nothing is ticked."""
    window.open([write_scan(tmp_path / "scans" / "scan.nii.gz")])
    window.session.set_edit(Edit().moved("age", 10.0))
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date and not window.session.client.waiting, timeout=PATIENCE)
    window.export()
    dialog = window.findChild(ExportDialog)
    out = tmp_path / "out"
    out.mkdir()
    dialog.folder.setText(str(out))
    for box in dialog.choices.values():
        box.setChecked(False)
    return dialog


def tick(dialog: ExportDialog, *forms: str) -> None:
    for form in forms:
        dialog.choices[form].setChecked(True)  # type: ignore[index]


def folder(dialog: ExportDialog) -> Path:
    return Path(dialog.folder.text())


def test_while_files_are_written_nothing_of_it_can_be_changed(qtbot: QtBot, dialog: ExportDialog) -> None:
    out = folder(dialog)
    (out / "wait").touch()
    tick(dialog, "change", "plain")
    written = []
    dialog.written.connect(written.append)
    qtbot.mouseClick(dialog.write, LEFT)
    qtbot.mouseClick(dialog.choices["model"], LEFT)
    qtbot.mouseClick(dialog.write, LEFT)
    assert not dialog.choices["model"].isChecked() and not dialog.folder.isEnabled() and not dialog.existing.isEnabled()
    assert not dialog.write.isEnabled() and dialog.write.text() == "Writing…"
    (out / "wait").unlink()
    qtbot.waitUntil(lambda: bool(written), timeout=PATIENCE)
    assert written == [[str(out / f"scan_space-native_synth-ageby10_{form}.nii.gz") for form in ("change", "plain")]]
    assert {path.name for path in out.iterdir()} == {Path(path).name for path in written[0]}


def test_a_failure_tells_what_was_written_before_it_and_that_is_not_written_again(
    qtbot: QtBot, window: Window, dialog: ExportDialog
) -> None:
    out = folder(dialog)
    (out / "full plain").touch()
    tick(dialog, "change", "plain")
    qtbot.mouseClick(dialog.write, LEFT)
    qtbot.waitUntil(lambda: "no room" in dialog._problem.text(), timeout=PATIENCE)
    assert dialog._problem.text().endswith("choose another folder. Before it, 1 file written to out.")
    assert [target.form for target in dialog.targets()] == ["plain"] and dialog.choices["change"].isEnabled()
    (out / "full plain").unlink()
    qtbot.mouseClick(dialog.write, LEFT)
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=PATIENCE)
    assert "2 files written to out." in window.status.words
    assert len(list(out.iterdir())) == 2


@pytest.mark.parametrize(("held_up", "said"), [("change", "nothing was written."), ("plain", "1 file written to out.")])
def test_escape_while_writing_says_what_was_written(
    qtbot: QtBot, window: Window, dialog: ExportDialog, held_up: str, said: str
) -> None:
    out = folder(dialog)
    (out / f"wait {held_up}").touch()
    tick(dialog, "change", "plain")
    qtbot.mouseClick(dialog.write, LEFT)
    if held_up == "plain":
        qtbot.waitUntil(lambda: bool(list(out.glob("*_change.nii.gz"))), timeout=PATIENCE)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: f"Cancelled: {said}" in window.status.words, timeout=PATIENCE)
    assert len(list(out.glob("*.nii.gz"))) == (held_up == "plain")


def test_what_is_open_is_never_replaced(qtbot: QtBot, window: Window, dialog: ExportDialog) -> None:
    out = folder(dialog)
    tick(dialog, "model")
    (target,) = dialog.targets()
    write_scan(target.path)
    opened = window.session.open([target.path])
    dialog.existing.setCurrentText("Replace")
    assert dialog._problem.text() == (
        f"{target.path.name} is open here and is never overwritten: choose New number, or another folder."
    )
    assert not dialog.write.isEnabled()
    dialog.existing.setCurrentText("New number")
    assert dialog.write.isEnabled()
    window.session.close_scan(opened[0])
    overlay = OverlayFile("overlay-1", str(target.path))
    window.session.change(lambda workspace: replace(workspace, overlays=(overlay,)))
    dialog.existing.setCurrentText("Replace")
    assert "is open here" in dialog._problem.text()
    window.session.change(lambda workspace: replace(workspace, overlays=()))
    dialog.folder.setText(str(out))
    dialog._refresh()
    assert dialog.write.isEnabled()
    dialog.reject()


def test_a_json_of_the_name_stands_in_the_way_like_the_volume(dialog: ExportDialog, bids: Path) -> None:
    out = folder(dialog)
    tick(dialog, "model")
    (target,) = dialog.targets()
    target.path.with_name(target.path.name.replace(".nii.gz", ".json")).write_text("somebody’s own")
    (free,) = dialog.targets()
    assert free.path == out / target.path.name.replace(".nii.gz", "-2.nii.gz")
    dialog.existing.setCurrentText("Leave out")
    assert not dialog.targets()
    dialog.existing.setCurrentText("Replace")
    assert [one.text() for one in dialog._files.findChildren(QLabel)][-1] == "replaces a file"
    dialog.reject()
    scan = bids / "sub-01" / "ses-A" / "anat" / "sub-01_ses-A_T1w.nii.gz"
    sidecar = derivative_path(scan, bids, "synthRecon").with_name("sub-01_ses-A_desc-synthRecon_T1w.json")
    sidecar.parent.mkdir(parents=True)
    sidecar.touch()
    assert free_derivative(scan, bids, "synthRecon").name == "sub-01_ses-A_desc-synthRecon2_T1w.nii.gz"


def test_no_folder_among_the_raw_scans_of_a_dataset_is_proposed(bids: Path, tmp_path: Path) -> None:
    scan = bids / "sub-01" / "ses-A" / "anat" / "sub-01_ses-A_T1w.nii.gz"
    assert folder_for(scan) == tmp_path
    derived = bids / "derivatives" / "neurolapse"
    derived.mkdir(parents=True)
    assert folder_for(scan) == derived.parent
    (derived / "dataset_description.json").touch()
    assert folder_for(scan) == derived
    assert folder_for(tmp_path / "scan.nii.gz") == tmp_path
    assert [folder_for(demo) for demo in scans_below(DEMO)] == [Path.home(), Path.home()]


def test_files_in_several_folders_are_counted_by_folder() -> None:
    assert written_words(["/a/out/x.nii.gz"]) == "1 file written to out."
    assert (
        written_words(["/a/out/x.nii.gz", "/a/anat/z.nii.gz", "/a/out/y.gif"]) == "2 files written to out, 1 to anat."
    )


def test_the_size_of_a_native_file_is_that_of_the_scan(tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.nii.gz")
    assert native_megabytes(Scan("scan-1", str(path), "scan")) == path.stat().st_size / 1e6

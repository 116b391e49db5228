"""The models at hand, and published weights made into one."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from app import settings
from app.dialogs.import_dialog import ImportDialog
from app.dialogs.models_dialog import ModelsDialog
from app.dialogs.question_dialog import QuestionDialog
from app.window import Window

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def ready(qtbot: QtBot, window: Window) -> Window:
    qtbot.waitUntil(lambda: window.session.model is not None, timeout=PATIENCE)
    return window


@pytest.fixture
def dialog(qtbot: QtBot, ready: Window) -> ModelsDialog:
    qtbot.mouseClick(ready.status.model, LEFT)
    dialog = ready.findChild(ModelsDialog)
    qtbot.waitUntil(lambda: dialog.list.count() == 2, timeout=PATIENCE)
    return dialog


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    paths = {name: tmp_path / f"{name}.pth" for name in ("autoencoder", "encoder", "decoder")}
    for path in paths.values():
        path.touch()
    return {name: str(path) for name, path in paths.items()}


def test_the_model_in_use_is_named_and_can_neither_be_used_again_nor_removed(dialog: ModelsDialog) -> None:
    assert dialog.list.currentItem().text() == "compact, in use"
    assert not dialog.use.isEnabled()
    assert not dialog.remove.isEnabled()


def test_another_model_is_used_from_now_on_and_at_the_next_start(
    qtbot: QtBot, ready: Window, dialog: ModelsDialog, tmp_path: Path
) -> None:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    ready.doors._store = store
    ready.open([write_scan(tmp_path / "one.nii.gz")])
    qtbot.waitUntil(lambda: ready.edit_pictures.up_to_date, timeout=PATIENCE)
    before = ready.edit_pictures.shown
    dialog.list.setCurrentRow(1)
    qtbot.mouseClick(dialog.use, LEFT)
    assert ready.session.client.bundle == "mine"
    assert ready.edit_pictures.shown is None, "a picture of the old model must not stay"
    qtbot.waitUntil(lambda: ready.edit_pictures.up_to_date, timeout=PATIENCE)
    assert ready.edit_pictures.shown is not before
    assert settings.kept_model(store) == "mine"


def test_an_imported_model_is_removed_once_that_is_said_twice(qtbot: QtBot, dialog: ModelsDialog) -> None:
    dialog.list.setCurrentRow(1)
    qtbot.mouseClick(dialog.remove, LEFT)
    question = dialog.findChild(QuestionDialog)
    assert "mine (3.5 GB)" in question.accessibleDescription()
    qtbot.mouseClick(question.buttons["Remove"], LEFT)
    qtbot.waitUntil(lambda: dialog.list.count() == 1, timeout=PATIENCE)


def filled(ready: Window, files: dict[str, str], name: str) -> ImportDialog:
    dialog = ready.doors.import_weights()
    for which, path in files.items():
        dialog.fields[which].setText(path)
    dialog.name.setText(name)
    return dialog


def test_what_lacks_is_said_before_it_can_begin(ready: Window, files: dict[str, str]) -> None:
    dialog = filled(ready, {}, "new")
    assert not dialog.start.isEnabled()
    assert dialog.sentence.text() == "Choose autoencoder, encoder and decoder, or one checkpoint."
    for which, path in files.items():
        dialog.fields[which].setText(path)
    assert dialog.start.isEnabled()
    dialog.fields["probe"].setText(files["encoder"])
    assert "belong together" in dialog.sentence.text()
    dialog.fields["probe"].setText("")
    dialog.fields["encoder"].setText("/nowhere/encoder.pth")
    assert dialog.sentence.text() == "encoder.pth is not there: choose the file again."
    assert not dialog.start.isEnabled()


def test_imported_weights_stand_among_the_models(qtbot: QtBot, ready: Window, files: dict[str, str]) -> None:
    dialog = filled(ready, files, "new")
    with qtbot.waitSignal(dialog.imported, timeout=PATIENCE) as made:
        qtbot.mouseClick(dialog.start, LEFT)
    assert made.args == ["new"]
    assert ready.findChild(ModelsDialog) is not None


def test_every_tensor_that_lacks_is_listed(qtbot: QtBot, ready: Window, files: dict[str, str]) -> None:
    dialog = filled(ready, files, "broken")
    qtbot.mouseClick(dialog.start, LEFT)
    qtbot.waitUntil(dialog.keys.isVisible, timeout=PATIENCE)
    assert dialog.keys.toPlainText() == "missing: out.2.bias\nextra: stranger"
    assert dialog.sentence.text() == "decoder.pth: lacks tensors."
    assert dialog.start.isEnabled()


def test_closing_an_import_cancels_it(qtbot: QtBot, ready: Window, files: dict[str, str]) -> None:
    dialog = filled(ready, files, "slow")
    qtbot.mouseClick(dialog.start, LEFT)
    qtbot.waitUntil(lambda: "1 of 1,000 MB" in dialog.sentence.text(), timeout=PATIENCE)
    with qtbot.waitSignal(ready.session.client.dropped, timeout=PATIENCE):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()

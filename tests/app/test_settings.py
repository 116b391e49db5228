"""Settings act at once and are there again at the next start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app import bindings, settings
from app.dialogs.keys_dialog import KeysDialog
from app.dialogs.settings_dialog import SettingsDialog
from app.settings import Settings
from app.theme import style
from app.theme.current import current
from app.window import Window

PATIENCE = 30000
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def store(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture(autouse=True)
def _as_before(qapp: QApplication) -> Iterator[None]:
    yield
    bindings.use("Default")
    style.apply(qapp, "dark")


def test_what_was_saved_is_loaded_and_nonsense_counts_as_unsaid(store: QSettings) -> None:
    wanted = Settings("ITK-SNAP", "light", "neurological", 1.15, True)
    settings.save(wanted, store)
    store.sync()
    again = QSettings(store.fileName(), QSettings.Format.IniFormat)
    assert settings.load(again) == wanted
    again.setValue("settings/preset", "vi")
    again.setValue("settings/text_scale", "huge")
    assert settings.load(again) == replace(wanted, preset="Default", text_scale=1.0)


@pytest.mark.parametrize("preset", bindings.PRESETS)
def test_every_key_of_every_preset_has_something_to_do(window: Window, preset: bindings.Preset) -> None:
    window.apply(replace(window.settings, preset=preset))
    keys = bindings.current().places["window"]
    assert len(window._shortcuts) == len(keys)
    assert set(keys.values()) <= set(window._actions)
    assert all(not shortcut.key().isEmpty() for shortcut in window._shortcuts)


def test_a_preset_acts_at_once_and_f1_shows_it(qtbot: QtBot, window: Window, store: QSettings, tmp_path: Path) -> None:
    window._store = store
    window.open([write_scan(tmp_path / "one.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    window.title_bar.settings_asked.emit()
    dialog = window.findChild(SettingsDialog)
    dialog.pickers["preset"].setCurrentIndex(bindings.PRESETS.index("ITK-SNAP"))
    dialog.pickers["convention"].setCurrentIndex(1)
    dialog.accept()
    link = window.session.link
    assert link.state.convention == "neurological"
    link.set(link.state.zoomed(2.0))
    qtbot.keyClick(window, Qt.Key.Key_R)
    assert link.state.zoom == 2.0
    qtbot.keyClick(window, Qt.Key.Key_F, CTRL)
    assert link.state.zoom == 1.0
    qtbot.keyClick(window, Qt.Key.Key_X, SHIFT)
    assert not link.state.crosshair_shown
    before = link.state.overlay.strength
    qtbot.keyClick(window, Qt.Key.Key_Q)
    assert link.state.overlay.strength == pytest.approx(before - 0.1)
    qtbot.keyClick(window, Qt.Key.Key_Backslash)
    assert window.explore.scan_column.is_filled and window.explore.edit_column.is_filled
    qtbot.keyClick(window, Qt.Key.Key_F1)
    texts = {label.text() for label in window.findChild(KeysDialog).findChildren(QLabel)}
    assert {"Mouse and keys as in ITK-SNAP", "Ctrl+F"} <= texts
    window.findChild(KeysDialog).accept()
    assert settings.load(store) == Settings("ITK-SNAP", convention="neurological")


def test_theme_text_and_motion_act_at_once(window: Window, store: QSettings) -> None:
    window._store = store
    window.title_bar.settings_asked.emit()
    dialog = window.findChild(SettingsDialog)
    for field, index in (("theme", 2), ("text_scale", 3), ("reduced_motion", 1)):
        dialog.pickers[field].setCurrentIndex(index)
    assert (current().name, current().text_scale, current().reduced_motion) == ("light", 1.3, True)
    window.title_bar.theme_asked.emit()
    assert (current().name, current().text_scale) == ("dark", 1.3)
    assert settings.load(store).theme == "dark"
    dialog.accept()

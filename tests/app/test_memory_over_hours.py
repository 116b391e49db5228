"""What a long day leaves behind: nothing that is not looked at any more. A few rounds on an engine without a model.

``scripts/endurance.py`` does the same for hours with the real one and looks at the memory of both processes.
"""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
from fake_scan import write_scan
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from app.pictures import MOST_FREE_BYTES, Blocks
from app.window import Window
from app.workspace.document import Edit

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton
SEGMENTS = Path("/dev/shm")


def segments() -> set[str]:
    return {path.name for path in SEGMENTS.iterdir()} if SEGMENTS.is_dir() else set()


def one_round(qtbot: QtBot, window: Window, scan: Path, number: int) -> None:
    """Opens a scan, edits it, looks at every page and some dialogs, and closes it."""
    session = window.session
    (key,) = session.open([scan])
    session.choose(key)
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    for change in (5.0, 10.0):
        session.set_edit(Edit().moved("age", change + number))
        qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    session.undo_stack.undo()
    for page in ("compare", "time", "explore"):
        qtbot.mouseClick(window.title_bar.tabs[page], LEFT)
        qtbot.wait(1)
    for door in (window.export, window.doors.keys, window.doors.settings):
        before = set(window.findChildren(QDialog))
        door()
        for dialog in set(window.findChildren(QDialog)) - before:
            dialog.reject()
    session.close_scan(key)
    qtbot.waitUntil(lambda: not session.client.waiting, timeout=PATIENCE)


@pytest.mark.slow
def test_a_round_of_work_leaves_no_volume_no_dialog_and_no_widget_behind(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    session = window.session
    one_round(qtbot, window, write_scan(tmp_path / "first.nii.gz"), 0)
    volumes: list[weakref.ref[object]] = []
    session.scan_changed.connect(lambda scan: volumes.append(weakref.ref(session.stage_volume(scan))))
    widgets, shared = len(window.findChildren(QWidget)), segments()
    for number in range(1, 4):
        one_round(qtbot, window, write_scan(tmp_path / f"{number}.nii.gz"), number)
    QApplication.sendPostedEvents()
    qtbot.wait(1)
    gc.collect()
    assert len(volumes) >= 3, "each scan was seen"
    assert not session.prepared and not session.natives
    # The last one may still be meant by panes and thumbnails that are not seen now.
    assert sum(volume() is not None for volume in volumes) <= 1
    assert len(window.findChildren(QWidget)) <= widgets
    assert not [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]
    assert len(segments() - shared) <= 2, "blocks of shared memory are used again"


def test_a_session_gives_all_its_shared_memory_back(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    window.open([write_scan(tmp_path / "scan.nii.gz")])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    lent = {volume.block.name for volume in window.session._blocks._free}
    assert lent
    window.session.close()
    assert not lent & segments()


def test_blocks_of_scans_of_many_sizes_do_not_pile_up() -> None:
    blocks = Blocks()
    for number in range(1, 30):
        blocks.lend(number, (128, 128, 100 + number))
        blocks.give_back(number)
    assert sum(free.array.nbytes for free in blocks._free) <= MOST_FREE_BYTES
    again = blocks.lend(99, (128, 128, 129))
    assert again.block.shape == (128, 128, 129) and np.all(again.array == 0)
    blocks.close()

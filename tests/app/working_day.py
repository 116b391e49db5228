"""A whole working day in a real window in a process of its own, by mouse and keys, and the window after it.

working_day.py work stand-in|real FOLDER     the day; ends by saying "at work" and going on until it is killed
working_day.py restore stand-in|real FOLDER  starts, takes the offer to restore, saves, and closes

FOLDER holds ``sub-01``, a person of two visits. What the panes show at the end of the day is written to
``FOLDER/work``, what they show after the restore to ``FOLDER/restore``, the document beside each as JSON. What does not
go as it should ends the process with its traceback.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

import fake_engine
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt, QTimer, QVariantAnimation
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QPushButton, QWidget

import app.application
from app import start
from app.dialogs.export_dialog import ExportDialog
from app.dialogs.question_dialog import QuestionDialog
from app.dialogs.settings_dialog import SettingsDialog
from app.engine_client import EngineClient
from app.stage.slice_pane import SlicePane
from app.stage.slicing import Plane
from app.stage.volume_view import VolumeView
from app.theme.kinds import Kind
from app.window import Window
from app.workspace import files

Ready = Callable[[], bool]
Steps = Generator[Ready, None, None]
"""Each step waits until what it yields holds."""

PATIENCE_S = 600
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
CTRL, SHIFT, ALT = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("Control", "Shift", "Alt"))
NONE = Qt.KeyboardModifier.NoModifier
Key = Qt.Key
FIRST, SECOND = (f"sub-01/ses-{visit}/anat/sub-01_ses-{visit}_T1w.nii.gz" for visit in "AB")
SAVED = "day.neurolapse"
PAGES = ("explore", "compare", "time")


class Hands:
    """Mouse and keys on a window.

    What a click or a key opens may hold up whoever did it, so that each is a turn of the event loop of its own.
    """

    def __init__(self, window: Window) -> None:
        self.window, self.session = window, window.session

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> Steps:
        """A key for whatever has the focus, once the window is active."""
        yield self.active
        QTimer.singleShot(0, lambda: QTest.keyClick(QApplication.focusWidget() or self.window, key, held))
        yield once()

    def click(self, widget: QWidget) -> Steps:
        """Once it can be clicked."""
        yield lambda: widget.isVisible() and widget.isEnabled() and (widget.isActiveWindow() or self.active())
        QTimer.singleShot(0, lambda: QTest.mouseClick(widget, LEFT))
        yield once()

    def segment(self, segments: Any, word: str) -> None:
        place = segments._boxes()[segments._words.index(word)].center().toPoint()
        QTest.mouseClick(segments, LEFT, pos=place)

    def file(self, path: Path) -> Steps:
        """Name a file in the dialog that is open."""
        yield lambda: isinstance(QApplication.activeModalWidget(), QFileDialog)
        dialog = QApplication.activeModalWidget()
        name = dialog.findChild(QLineEdit, "fileNameEdit")
        name.setText(str(path))  # typed, a list of proposals would take the Enter
        QTimer.singleShot(0, lambda: QTest.keyClick(name, Key.Key_Return))
        yield lambda: QApplication.activeModalWidget() is not dialog

    def type(self, slider: Any, text: str) -> Steps:
        """A value into the field behind the slider's own."""
        yield self.active
        QTest.mouseClick(slider, LEFT, pos=slider._value_box().center())
        yield lambda: isinstance(QApplication.focusWidget(), QLineEdit)
        field = QApplication.focusWidget()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Key.Key_Return)

    def dialog(self, kind: type[QDialog]) -> QDialog | None:
        return next((dialog for dialog in self.window.findChildren(kind) if dialog.isVisible()), None)

    def choose_habit(self, words: str) -> Steps:
        self.window.title_bar.settings_asked.emit()
        yield lambda: self.dialog(SettingsDialog) is not None
        settings = self.dialog(SettingsDialog)
        picker = settings.pickers["preset"]
        QTest.keyClick(picker, Key.Key_Home)
        for _ in range(picker.findText(words)):
            QTest.keyClick(picker, Key.Key_Down)
        assert picker.currentText() == words
        yield from self.click(next(one for one in settings.findChildren(QPushButton) if one.text() == "Close"))
        yield lambda: not settings.isVisible()

    def active(self) -> bool:
        """Without a window manager, what a dialog that closes leaves may overtake being asked for."""
        if not self.window.isActiveWindow() and QApplication.activeModalWidget() is None:
            self.window.activateWindow()
        return self.window.isActiveWindow()

    @property
    def settled(self) -> bool:
        """Whether nothing more will change in the views."""
        if self.session.client.waiting or not self.window.edit_pictures.up_to_date:
            return False
        seen = [pane for pane in panes(self.window) if pane.isVisible()]
        still = QVariantAnimation.State.Running
        return all(pane.is_drawn if isinstance(pane, VolumeView) else pane._fading.state() != still for pane in seen)


def once() -> Ready:
    """Holds from the turn after the next on: what was put off until the next has begun by then."""
    turns = iter((False,))
    return lambda: next(turns, True)


def panes(window: Window) -> list[SlicePane | VolumeView]:
    pages = (window.explore, window.compare, window.time)
    return [pane for page in pages for kind in (SlicePane, VolumeView) for pane in page.findChildren(kind)]


def wheel(pane: SlicePane, held: Qt.KeyboardModifier = NONE, turned: int = 120) -> None:
    middle, phase = QPointF(pane.rect().center()), Qt.ScrollPhase.NoScrollPhase
    nothing = Qt.MouseButton.NoButton
    event = QWheelEvent(middle, pane.mapToGlobal(middle), QPoint(), QPoint(0, turned), nothing, held, phase, False)
    QApplication.sendEvent(pane, event)


def drag(pane: QWidget, button: Qt.MouseButton, by: QPoint, held: Qt.KeyboardModifier = NONE) -> None:
    start = pane.rect().center()
    QTest.mousePress(pane, button, held, start)
    QTest.mouseMove(pane, start + by / 2)
    QTest.mouseMove(pane, start + by)
    QTest.mouseRelease(pane, button, held, start + by)


def open_raw(hands: Hands, folder: Path) -> Steps:
    """A raw head by the first page's button; prepared, and shown beside its copy."""
    window, session = hands.window, hands.session
    yield lambda: session.model is not None
    yield from hands.click(window.welcome.open_scans)
    yield from hands.file(folder / FIRST)
    yield lambda: session.current is not None and not session.is_preparing(session.current)
    if session.workspace.page == "preparation":  # something warns
        yield from hands.click(window.checks_panel.yes)
    yield lambda: hands.settled
    assert session.workspace.page == "explore"
    assert window.explore.edit_column.content.kind is Kind.COPY
    assert session.current.age == 62.0


def look(hands: Hands) -> Steps:
    """Each tool's habits, on one pane."""
    window, link = hands.window, hands.session.link
    pane = window.explore.scan_column.panes[Plane.AXIAL]
    step = abs(float(pane.volume.affine[2, 2]))

    def height() -> float:
        return link.state.crosshair[2]

    def through(turn: Callable[[], None]) -> float:
        before = height()
        turn()
        return round((height() - before) / step, 3)

    assert through(lambda: wheel(pane)) == 1
    QTest.mouseClick(pane, LEFT, pos=pane.rect().center() + QPoint(30, -20))
    place = link.state.crosshair
    assert (window.explore.edit_column.panes[Plane.CORONAL].link.state.crosshair, height()) == (place, place[2])

    yield from hands.choose_habit("FSLeyes")
    assert through(lambda: wheel(pane)) == 0
    assert through(lambda: wheel(pane, SHIFT)) == 1
    drag(pane, Qt.MouseButton.RightButton, QPoint(60, 60))
    assert link.state.zoom > 1.5
    yield from hands.key(Key.Key_R, ALT)
    assert link.state.zoom == 1.0

    yield from hands.choose_habit("ITK-SNAP")
    assert through(lambda: wheel(pane)) == 1
    drag(pane, LEFT, QPoint(0, -60), CTRL)
    assert link.state.zoom > 1.2
    yield from hands.key(Key.Key_F, CTRL)
    assert link.state.zoom == 1.0
    yield from hands.key(Key.Key_X, SHIFT)
    assert not link.state.crosshair_shown
    yield from hands.key(Key.Key_X, SHIFT)

    yield from hands.choose_habit("3D Slicer")
    before = link.state.crosshair
    QTest.mouseClick(pane, LEFT, pos=pane.rect().center() - QPoint(40, 10))
    assert link.state.crosshair == before, "a plain click is not Slicer's crosshair"
    pane.setFocus()
    assert through(lambda: QTest.keyClick(pane, Key.Key_B)) == -1
    drag(pane, MIDDLE, QPoint(25, 15))
    assert link.state.pan != (0.0, 0.0, 0.0)
    yield from hands.key(Key.Key_R)
    assert link.state.pan == (0.0, 0.0, 0.0)
    yield from hands.choose_habit("Neurolapse")


def change(hands: Hands) -> Steps:
    """Older by fifteen years: dragged, typed, undone, redone; the others held; the scan under Space; kept."""
    window, session = hands.window, hands.session
    pictures, slider = window.edit_pictures, window.attributes.sliders["age"]
    handle = slider.focus_area()[0].center()
    QTest.mousePress(slider, LEFT, pos=handle)
    QTest.mouseMove(slider, handle + QPoint(20, 0))
    QTest.mouseMove(slider, handle + QPoint(30, 0))
    yield lambda: pictures.shown is not None and bool(pictures.shown.recipe.changes)
    QTest.mouseRelease(slider, LEFT, pos=handle + QPoint(30, 0))
    yield from hands.type(slider, "77")
    assert pictures.edit["age"] == 15.0
    yield lambda: hands.settled
    older = pictures.shown
    assert window.explore.edit_column.content.kind is Kind.SYNTHETIC
    assert window.explore.edit_column.content.age == "77.0 y"
    for _ in range(2):
        yield from hands.key(Key.Key_Z, CTRL)
    yield lambda: hands.settled
    assert pictures.edit.is_zero and window.explore.edit_column.content.kind is Kind.COPY
    for _ in range(2):
        yield from hands.key(Key.Key_Z, CTRL | SHIFT)
    assert pictures.edit["age"] == 15.0 and pictures.shown is older, "what was seen comes back from memory"
    if window.attributes.hold_others.isVisible():  # of a model that knows more than one direction
        QTest.mouseClick(window.attributes.hold_others, LEFT, pos=QPoint(10, 10))
        assert set(pictures.edit.held) == set(window.attributes.sliders)
    yield lambda: hands.settled
    edit_column = window.explore.edit_column
    QTest.keyPress(window, Key.Key_Space)
    assert edit_column.content.kind is Kind.SCAN
    QTest.keyRelease(window, Key.Key_Space)
    assert edit_column.content.kind is Kind.SYNTHETIC
    yield from hands.key(Key.Key_D, SHIFT)
    assert session.link.state.overlay.shown
    yield from hands.key(Key.Key_K, CTRL)
    assert len(session.workspace.kept) == 1


def compare(hands: Hands) -> Steps:
    """Laid over each other in four ways, then four cells side by side."""
    window, session = hands.window, hands.session
    yield from hands.click(window.title_bar.tabs["compare"])
    yield lambda: session.workspace.page == "compare" and window.compare_pictures.finished
    pane = window.compare.left.panes[Plane.AXIAL]
    shown = set()
    for word, mode in (("Wipe", "wipe"), ("Fade", "fade"), ("Checker", "checkerboard"), ("Flicker", "flicker")):
        hands.segment(window.compare_bar.modes, word)
        assert session.workspace.comparison.mode == mode
        yield lambda: hands.settled
        if mode != "flicker":
            picture = pane.grab().toImage()  # named, or its bits are gone before they are copied
            shown.add(bytes(picture.constBits()))
    assert len(shown) == 3, "each way looks different"
    turns: set[float] = set()
    yield lambda: turns.add(pane._fade) is None and turns == {0.0, 1.0}
    hands.segment(window.compare_bar.modes, "Side by side")
    hands.segment(window.cells.shapes, "2×2")
    yield lambda: window.compare_pictures.finished and hands.settled
    assert [column.isVisible() for column in window.compare.columns] == [True] * 4


def follow_time(hands: Hands, folder: Path) -> Steps:
    """A second visit, three points between the two, and a film of them."""
    window, session = hands.window, hands.session
    yield from hands.key(Key.Key_O, CTRL)
    yield from hands.file(folder / SECOND)
    yield lambda: len(session.prepared) == 2
    if session.workspace.page == "preparation":
        yield from hands.click(window.checks_panel.yes)
    yield from hands.click(window.title_bar.tabs["time"])
    yield lambda: len(window.time.columns) == 5 and window.time_pictures.finished and hands.settled
    ages = [column.content.age for column in window.time.columns]
    assert ages == ["62.0 y", "64.5 y", "67.0 y", "69.5 y", "72.0 y"], ages
    seen: set[int] = set()
    yield from hands.key(Key.Key_P)
    assert window.time_player.playing
    yield lambda: seen.add(window.time_player.chosen) is None and len(seen) == 5
    yield from hands.key(Key.Key_P)
    assert not window.time_player.playing
    yield from hands.key(Key.Key_Comma)


def export(hands: Hands, folder: Path) -> Steps:
    """Everything there is of the first visit's edit and of the timeline."""
    window, session = hands.window, hands.session
    yield from hands.click(window.title_bar.tabs["explore"])
    tree = window.left.scans.tree
    first = next(item for item in tree_items(tree) if "A" in item.text(0))
    QTest.mouseClick(tree.viewport(), LEFT, pos=tree.visualItemRect(first).center())
    yield lambda: session.current.visit.endswith("A") and hands.settled
    assert window.edit_pictures.edit["age"] == 15.0, "each visit has its own edit"
    yield from hands.key(Key.Key_E, CTRL)
    yield lambda: hands.dialog(ExportDialog) is not None
    dialog = hands.dialog(ExportDialog)
    (folder / "out").mkdir()
    dialog.folder.selectAll()
    QTest.keyClicks(dialog.folder, str(folder / "out"))
    for box in dialog.choices.values():
        if box.isEnabled() and not box.isChecked():
            QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
    ticked = {form for form, box in dialog.choices.items() if box.isChecked()}
    assert ticked >= {*dialog.choices} - {"mp4"}, f"not to be had: {[*dialog.choices]} less {ticked}"
    asked = dialog.targets()
    assert {target.form for target in asked} == ticked
    yield from hands.click(dialog.write)
    yield lambda: not dialog.isVisible() or bool(dialog._problem.text())
    assert not dialog.isVisible(), dialog._problem.text()
    missing = [target.path.name for target in asked if not target.path.exists()]
    assert not missing, missing


def tree_items(tree: Any) -> list[Any]:
    tops = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    return [child for top in tops for child in (top.child(place) for place in range(top.childCount()))]


def save(hands: Hands, folder: Path) -> Steps:
    """Ctrl+S, and a little more work after it, which is never saved."""
    window, session = hands.window, hands.session
    yield from hands.key(Key.Key_S, CTRL)
    yield from hands.file(folder / SAVED)
    yield (folder / SAVED).is_file
    assert not session.edited
    slider = window.attributes.sliders["age"]
    slider.setFocus()
    yield from hands.key(Key.Key_Left)
    pane = window.explore.scan_column.panes[Plane.AXIAL]
    QTest.mouseClick(pane, LEFT, pos=pane.rect().center() + QPoint(-20, 25))
    wheel(pane)
    drag(pane, LEFT, QPoint(20, -10), CTRL | SHIFT)
    yield lambda: hands.settled and session.edited


def write_views(hands: Hands, folder: Path) -> Steps:
    """Every pane of every page, and the document."""
    window, session = hands.window, hands.session
    folder.mkdir()
    for page in PAGES:
        yield from hands.click(window.title_bar.tabs[page])
        finished = {"compare": window.compare_pictures, "time": window.time_pictures}.get(page)
        yield lambda page=page: session.workspace.page == page
        yield lambda finished=finished: hands.settled and (finished is None or finished.finished)
        for number, pane in enumerate(pane for pane in panes(window) if pane.isVisible()):
            assert pane.grab().toImage().save(str(folder / f"{page}-{number:02}.png"))
    yield from hands.click(window.title_bar.tabs["explore"])
    yield lambda: session.workspace.page == "explore" and hands.settled
    content = files.to_json(session.document(), folder)
    (folder / "document.json").write_text(json.dumps(content, indent=1))


def kept(window: Window) -> Ready:
    """Whether the draft on the disk is the document as it is now."""
    autosave, session = window._autosave, window.session
    return lambda: autosave._path.is_file() and files.load(autosave._path) == session.document()


def work(window: Window, folder: Path) -> Steps:
    hands = Hands(window)
    yield from open_raw(hands, folder)
    yield from look(hands)
    yield from change(hands)
    yield from compare(hands)
    yield from follow_time(hands, folder)
    yield from export(hands, folder)
    yield from save(hands, folder)
    yield from write_views(hands, folder / "work")
    yield kept(window)
    tell("at work", window.session.client.process_id)
    yield lambda: False


def restore(window: Window, folder: Path) -> Steps:
    hands = Hands(window)
    session = window.session
    yield lambda: hands.dialog(QuestionDialog) is not None
    yield from hands.click(hands.dialog(QuestionDialog).buttons["Restore"])
    yield lambda: bool(session.workspace.scans) and hands.settled
    assert session.path == folder / SAVED
    assert session.edited, "what was never saved is not saved by a crash"
    assert session.undo_stack.index() > 5, "the steps of undo come back too"
    yield from write_views(hands, folder / "restore")
    yield from hands.key(Key.Key_S, CTRL)
    yield lambda: not session.edited
    window.close()
    assert not window.isVisible(), "what is saved closes without a question"
    tell("closed", None)


def tell(words: str, engine: int | None) -> None:
    print(json.dumps([words, engine]), flush=True)


def go_through(steps: Steps) -> None:
    """Takes each step in a turn of the event loop, once what the one before it yielded holds."""
    timer = QTimer(QApplication.instance())
    waits: list[tuple[Ready, float]] = [(lambda: True, time.monotonic() + PATIENCE_S)]

    def turn() -> None:
        ready, until = waits[-1]
        try:
            if ready():
                waits[:] = [(next(steps), time.monotonic() + PATIENCE_S)]
            elif time.monotonic() > until:
                steps.throw(TimeoutError(f"waited {PATIENCE_S} s in vain"))
        except StopIteration:
            timer.stop()
        except BaseException:
            traceback.print_exc()
            os._exit(3)

    timer.timeout.connect(turn)
    timer.start(5)


def run(what: str, engine: str, folder: Path) -> None:
    opens = app.application.open_window

    def open_window(*arguments: Any, **named: Any) -> Window:
        window = opens(*arguments, **named)
        go_through({"work": work, "restore": restore}[what](window, folder))
        return window

    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    if engine == "stand-in":
        app.application.EngineClient = partial(EngineClient, entry=fake_engine.run)
    app.application.open_window = open_window
    app.application.FirstStart.take = staticmethod(lambda: False)
    sys.exit(start.run(["--bundle", "several"] if engine == "stand-in" else []))


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

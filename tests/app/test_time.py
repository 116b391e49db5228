"""Time as a person uses it: points chosen, stepped through and played, the ends as scans or copies."""

from __future__ import annotations

from pathlib import Path

import fake_engine
import pytest
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.controls.segmented import Segmented
from app.stage.slicing import Plane
from app.theme import style
from app.theme.kinds import Kind
from app.time_pictures import Point
from app.time_player import TimePlayer, next_frame
from app.window import Window
from app.workspace import files
from app.workspace.document import Film, Workspace

PATIENCE = 60000
LEFT = Qt.MouseButton.LeftButton


def played(frames: list[int], start: int, count: int, bounce: bool) -> list[int]:
    now, towards, seen = start, 1, []
    for _ in range(count):
        now, towards = next_frame(frames, now, towards, bounce)
        seen.append(now)
    return seen


def test_a_loop_begins_again_after_the_last_frame() -> None:
    assert played([0, 1, 3, 4], 1, 6, bounce=False) == [3, 4, 0, 1, 3, 4]


def test_back_and_forth_shows_the_ends_once() -> None:
    assert played([0, 1, 3, 4], 3, 8, bounce=True) == [4, 3, 1, 0, 1, 3, 4, 3]


def test_a_film_starts_from_a_point_that_is_not_finished() -> None:
    assert played([0, 4], 2, 2, bounce=False) == [4, 0]
    assert played([0, 1], 3, 2, bounce=True) == [1, 0]


class Desk(QObject):
    """What a player needs of a session and of the timeline's pictures: here the first and the third point wait."""

    document_changed = Signal()
    changed = Signal()
    said = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.workspace = Workspace(page="time", film=Film(rate=30))
        self.points = [Point(Kind.SYNTHETIC, at / 4, None, finished=at not in (0, 2)) for at in range(5)]


@pytest.fixture
def player(qtbot: QtBot, qapp: QApplication) -> TimePlayer:
    style.apply(qapp, "dark")
    desk = Desk()
    made = TimePlayer(desk, desk)  # type: ignore[arg-type]
    made.desk = desk  # type: ignore[attr-defined]
    return made


def test_only_finished_points_are_played_and_new_ones_join_in(qtbot: QtBot, player: TimePlayer) -> None:
    seen: list[int] = []
    player.changed.connect(lambda: seen.append(player.chosen))
    player.toggle()
    qtbot.waitUntil(lambda: len(seen) > 8, timeout=PATIENCE)
    assert set(seen[1:]) == {1, 3, 4}
    desk = player.desk  # type: ignore[attr-defined]
    desk.points[0] = Point(Kind.SYNTHETIC, 0.0, None, finished=True)
    desk.changed.emit()
    qtbot.waitUntil(lambda: 0 in seen, timeout=PATIENCE)
    assert player.playing


def test_a_film_ends_with_its_page_and_runs_at_the_rate_asked_for(qtbot: QtBot, player: TimePlayer) -> None:
    desk = player.desk  # type: ignore[attr-defined]
    player.toggle()
    assert player._clock.interval() == 33
    desk.workspace = Workspace(page="time", film=Film(rate=1))
    desk.document_changed.emit()
    assert player._clock.interval() == 1000
    desk.workspace = Workspace(page="explore")
    desk.document_changed.emit()
    assert not player.playing


def test_reduced_motion_plays_nothing_and_says_so(qtbot: QtBot, qapp: QApplication, player: TimePlayer) -> None:
    style.apply(qapp, "dark", reduced_motion=True)
    with qtbot.waitSignal(player.desk.said) as said:  # type: ignore[attr-defined]
        player.toggle()
    assert not player.playing
    assert "step through the points" in said.args[0]
    style.apply(qapp, "dark")


def test_the_way_it_is_shown_is_kept_in_the_workspace() -> None:
    film = Film("single", "copy", 12, "bounce")
    kept = files.from_json(files.to_json(Workspace(film=film), Path("/")), Path("/"))
    assert kept.film == film


def test_a_workspace_from_before_films_still_opens() -> None:
    content = files.to_json(Workspace(), Path("/"))
    del content["film"]
    assert files.from_json(content, Path("/")).film == Film()


@pytest.fixture
def timeline(qtbot: QtBot, window: Window, bids: Path) -> Window:
    """Two visits at 60 and 80 years, three points between, all rendered."""
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    qtbot.mouseClick(window.title_bar.tabs["time"], LEFT)
    qtbot.waitUntil(lambda: window.time_pictures.finished and not window.session.client.waiting, timeout=PATIENCE)
    return window


def choose(qtbot: QtBot, control: Segmented, word: str) -> None:
    place = list(control._words).index(word)
    qtbot.mouseClick(control, LEFT, pos=control._boxes()[place].center().toPoint())


def test_keys_step_and_play_and_the_chosen_point_is_marked(qtbot: QtBot, timeline: Window) -> None:
    player = timeline.time_player
    assert player.chosen == 2
    qtbot.keyClick(timeline, Qt.Key.Key_Period)
    assert player.chosen == 3
    qtbot.keyClick(timeline, Qt.Key.Key_Comma)
    qtbot.keyClick(timeline, Qt.Key.Key_Comma)
    assert player.chosen == 1
    assert [column.header._selected for column in timeline.time.columns] == [False, True, False, False, False]
    timeline.time_bar.rate.setValue(30)
    qtbot.keyClick(timeline, Qt.Key.Key_P)
    assert player.playing and timeline.time_bar.play.accessibleName() == "Pause"
    seen = set()
    player.changed.connect(lambda: seen.add(player.chosen))
    qtbot.waitUntil(lambda: seen == {0, 1, 2, 3, 4}, timeout=PATIENCE)
    qtbot.mouseClick(timeline.time_bar.play, LEFT)
    assert not player.playing
    qtbot.mouseClick(timeline.time.columns[4].panes[Plane.AXIAL], LEFT, pos=QPoint(60, 60))
    assert player.chosen == 4
    assert not timeline.session.undo_stack.canUndo()


def test_one_point_at_a_time_shows_what_is_chosen(qtbot: QtBot, timeline: Window) -> None:
    choose(qtbot, timeline.time_bar.layouts, "Single")
    single = timeline.time.single
    assert single.isVisible() and not any(column.isVisible() for column in timeline.time.columns)
    for place, age in enumerate((60.0, 65.0, 70.0, 75.0, 80.0)):
        timeline.time_player.choose(place)
        assert single.content.age == f"{age:.1f} y"
        assert single.content.volume is timeline.time.columns[place].content.volume
    between = single.panes[Plane.AXIAL]
    assert between.width() > 2 * timeline.time.columns[0].width() * 0.7
    assert not timeline.grab().isNull()
    choose(qtbot, timeline.time_bar.layouts, "Strip")
    for column in timeline.time.columns:
        assert [plane for plane, pane in column.panes.items() if pane.isVisible()] == [Plane.AXIAL]
    choose(qtbot, timeline.time_bar.layouts, "Columns")
    assert all(pane.isVisible() for pane in timeline.time.columns[0].panes.values())


def test_the_ends_show_the_scans_or_their_copies(qtbot: QtBot, timeline: Window) -> None:
    choose(qtbot, timeline.timeline.ends, "Copies")
    qtbot.waitUntil(lambda: timeline.time_pictures.finished, timeout=PATIENCE)
    kinds = [column.content.kind for column in timeline.time.columns]
    assert kinds == [Kind.COPY, *[Kind.SYNTHETIC] * 3, Kind.COPY]
    assert timeline.time.columns[0].header.heading.quality == "final, 6 steps"
    assert timeline.time.columns[0].content.volume.data.sum() == pytest.approx(fake_engine.brain(60).sum(), rel=1e-5)
    choose(qtbot, timeline.timeline.ends, "Scans")
    assert timeline.time.columns[0].content.kind is Kind.SCAN
    assert not timeline.session.undo_stack.canUndo()


def test_the_curve_runs_through_the_copies(timeline: Window) -> None:
    # At 80 years the engine reads 60 from the scan as from its copy; what it made between rises by 5.
    assert timeline.time_pictures.through_copies("age") == pytest.approx([60.0, 65.0, 70.0, 75.0, 60.0])

"""Time as a person uses it: points chosen, stepped through and played, the ends as scans or copies."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import fake_engine
import numpy as np
import pytest
from fake_scan import write_scan
from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.controls.segmented import Segmented
from app.panels.part_drag import part_data
from app.panels.timeline_panel import duration
from app.session import Question
from app.stage.slicing import Plane
from app.theme import style
from app.theme.kinds import Kind
from app.theme.tokens import signed
from app.time_pictures import Point
from app.time_player import TimePlayer, followed, next_frame
from app.window import Window
from app.workspace import files
from app.workspace.document import Film, Part, Workspace
from engine.service.messages import DirectionDescription
from engine.volume import Volume

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


FIVE = [("a", 60.0), ("", 65.0), ("", 70.0), ("", 75.0), ("b", 80.0)]


@pytest.mark.parametrize(
    ("after", "chosen", "now", "why"),
    [
        (FIVE, 1, 1, "nothing changed"),
        ([("c", 40.0), ("", 50.0), ("d", 60.0)], 0, 1, "someone else: the middle"),
        ([*FIVE[:3], ("b", 80.0), ("", 85.0)], 3, 4, "a point went past a visit"),
        ([*FIVE[:2], ("", 66.0), *FIVE[2:]], 4, 2, "a point came"),
        ([FIVE[0], *FIVE[2:]], 1, 1, "the chosen one is gone: the nearest"),
        ([FIVE[0], *FIVE[2:]], 3, 2, "another one is gone"),
        ([("a", 62.0), ("", 66.5), ("", 71.0), ("", 75.5), ("b", 80.0)], 1, 1, "another age of a visit"),
        ([("a", 60.0), ("", 62.5), ("b", 80.0), ("", 81.0), ("", 82.0)], 4, 2, "the visit is the same"),
    ],
)
def test_the_chosen_point_is_followed(after: list[tuple[str, float]], chosen: int, now: int, why: str) -> None:
    assert followed(FIVE, after, chosen) == now, why


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


def test_it_says_when_there_is_enough_to_play(qtbot: QtBot, player: TimePlayer) -> None:
    desk = player.desk  # type: ignore[attr-defined]
    waiting = [Point(Kind.SYNTHETIC, at / 4, None, finished=at == 0) for at in range(5)]
    for points, playable in ((waiting, False), ([*waiting[:4], Point(Kind.SYNTHETIC, 1.0, None, finished=True)], True)):
        desk.points = points
        with qtbot.waitSignal(player.changed):
            desk.changed.emit()
        assert player.playable is playable
        with qtbot.assertNotEmitted(player.changed):
            desk.changed.emit()


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


def test_time_leaves_the_layout_of_explore_alone(qtbot: QtBot, timeline: Window) -> None:
    view, button = timeline.session.link.state, timeline.tool_bar.layout_button
    assert not button.isEnabled()
    qtbot.keyClick(timeline, Qt.Key.Key_L)
    qtbot.keyClick(timeline, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(timeline, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert (timeline.session.link.state, timeline.tool_bar.layouts.isVisible()) == (view, False)
    qtbot.mouseClick(timeline.title_bar.tabs["explore"], LEFT)
    assert button.isEnabled()
    qtbot.keyClick(timeline, Qt.Key.Key_L)
    assert timeline.session.link.state.layout == "grid"


def test_the_time_that_points_will_take_is_told_before_they_are_made(qtbot: QtBot, timeline: Window) -> None:
    told = timeline.timeline.points.expected
    assert not told.isVisible(), "all is there"
    qtbot.mouseClick(timeline.title_bar.tabs["explore"], LEFT)
    timeline.session.set_timeline("6 points between", points=6)
    assert timeline.time_pictures.to_be_made == 6
    per_point = timeline.time_pictures.seconds_left / 6
    timeline.session.set_timeline("2 points between", points=2)
    assert timeline.time_pictures.seconds_left == pytest.approx(2 * per_point)
    assert told.text().startswith("2 pictures to be made, a few seconds on this computer")
    assert [duration(seconds) for seconds in (4.0, 41.0, 200.0)] == ["a few seconds", "about 40 s", "about 3 min"]


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
    choose(qtbot, timeline.timeline.places.ends, "Copies")
    qtbot.waitUntil(lambda: timeline.time_pictures.finished, timeout=PATIENCE)
    kinds = [column.content.kind for column in timeline.time.columns]
    assert kinds == [Kind.COPY, *[Kind.SYNTHETIC] * 3, Kind.COPY]
    assert timeline.time.columns[0].header.heading.quality == "final, 6 steps"
    assert timeline.time.columns[0].content.volume.data.sum() == pytest.approx(fake_engine.brain(60).sum(), rel=1e-5)
    choose(qtbot, timeline.timeline.places.ends, "Scans")
    assert timeline.time.columns[0].content.kind is Kind.SCAN
    assert not timeline.session.undo_stack.canUndo()


def test_the_curve_runs_through_the_copies(timeline: Window) -> None:
    # At 80 years the engine reads 60 from the scan as from its copy; what it made between rises by 5.
    assert timeline.time_pictures.through_copies("age") == pytest.approx([60.0, 65.0, 70.0, 75.0, 60.0])


@pytest.fixture
def three(qtbot: QtBot, several: Window, bids: Path) -> Window:
    """A third visit at 64 years between the two, one point in each gap."""
    sessions = bids / "sub-01" / "sub-01_sessions.tsv"
    sessions.write_text(sessions.read_text() + "ses-C\t64.0\n")
    write_scan(bids / "sub-01" / "ses-C" / "anat" / "sub-01_ses-C_T1w.nii.gz")
    several.open([bids])
    several.session.set_timeline("1 point", points=1)
    qtbot.waitUntil(lambda: several.edit_pictures.up_to_date, timeout=PATIENCE)
    qtbot.mouseClick(several.title_bar.tabs["time"], LEFT)
    settle(qtbot, several)
    return several


def settle(qtbot: QtBot, window: Window) -> None:
    def settled() -> bool:
        return window.time_pictures.finished and not window.session.client.waiting

    qtbot.waitUntil(settled, timeout=PATIENCE)


def ages(window: Window) -> list[tuple[float | None, Kind]]:
    return [(point.age, point.kind) for point in window.time_pictures.points]


def test_three_visits_fill_each_gap_and_go_beyond_in_their_own_style(qtbot: QtBot, three: Window) -> None:
    scan, made, beyond = Kind.SCAN, Kind.SYNTHETIC, Kind.EXTRAPOLATED
    assert ages(three) == [(60.0, scan), (62.0, made), (64.0, scan), (72.0, made), (80.0, scan)]
    places = three.timeline.places
    qtbot.mouseClick(places.beyond, LEFT, pos=QPoint(10, 10))
    settle(qtbot, three)
    assert (ages(three)[0], ages(three)[-1]) == ((57.5, beyond), (82.5, beyond))
    assert three.time.columns[0].header.heading.kind is beyond
    three.session.undo_stack.undo()
    assert len(ages(three)) == 5


def test_a_marker_is_dragged_beyond_and_moved_added_and_taken_away_by_key_and_mouse(
    qtbot: QtBot, three: Window
) -> None:
    axis = three.time.axis
    start = QPoint(round(axis._xs()[3]), round(axis._axis_y()))
    target = QPoint(round(axis._x(83.0)), start.y())
    qtbot.mousePress(axis, LEFT, pos=start)
    qtbot.mouseMove(axis, (start + target) / 2)
    qtbot.mouseMove(axis, target)
    qtbot.mouseRelease(axis, LEFT, pos=target)
    last, kind = ages(three)[-1]
    assert last == pytest.approx(83.0, abs=0.2) and kind is Kind.EXTRAPOLATED
    assert three.time_player.chosen == 4, "the point that was dragged"
    assert three.session.undo_stack.undoText().startswith("Point to 8")
    three.time_player.choose(1)
    axis.setFocus()
    qtbot.keyClick(axis, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert ages(three)[1] == (62.5, Kind.SYNTHETIC)
    qtbot.mouseDClick(axis, LEFT, pos=QPoint(round(axis._x(75.0)), start.y()))
    assert ages(three)[three.time_player.chosen][0] == pytest.approx(75.0, abs=0.2)
    three.time_player.choose(1)
    qtbot.keyClick(axis, Qt.Key.Key_Delete)
    assert all(age != 62.5 for age, _ in ages(three))
    assert three.time_player.chosen == 1, "the nearest to what was taken away"
    for _ in range(4):
        three.session.undo_stack.undo()
    assert [age for age, _ in ages(three)] == [60.0, 62.0, 64.0, 72.0, 80.0]


def test_typed_ages_are_taken_and_a_wrong_one_is_marked(qtbot: QtBot, three: Window) -> None:
    places = three.timeline.places
    choose(qtbot, places.steps, "Typed ages")
    places.ages.setFocus()
    places.ages.selectAll()
    qtbot.keyClicks(places.ages, "61, 70.5 y 90")
    qtbot.keyClick(places.ages, Qt.Key.Key_Return)
    assert [age for age, _ in ages(three)] == [60.0, 61.0, 64.0, 70.5, 80.0, 90.0]
    places.ages.selectAll()
    qtbot.keyClicks(places.ages, "61 old")
    qtbot.keyClick(places.ages, Qt.Key.Key_Return)
    assert places.ages.property("wrong") == "true"
    assert places._hint.text().startswith("“old” is no age")
    for typed, sentence in (
        ("130", "Ages go from 0 to 120 years"),
        ("-3", "Ages go"),
        ("64,66.5,70", "“64,66.5,70” is"),
    ):
        places.ages.selectAll()
        qtbot.keyClicks(places.ages, typed)
        qtbot.keyClick(places.ages, Qt.Key.Key_Return)
        assert places._hint.text().startswith(sentence)
        assert places._hint.text().endswith("The points stay as they were.")
    assert len(ages(three)) == 6
    places.ages.selectAll()
    qtbot.keyClicks(places.ages, "61 70.5 90")
    qtbot.keyClick(places.ages, Qt.Key.Key_Return)
    assert places.ages.property("wrong") == "" and places._hint.text().startswith("Drag a point")
    choose(qtbot, places.steps, "Equal steps")
    assert [age for age, _ in ages(three)] == [60.0, 62.0, 64.0, 72.0, 80.0]


def test_the_curve_is_of_the_measure_that_is_chosen(qtbot: QtBot, three: Window) -> None:
    qtbot.waitUntil(lambda: "region:ventricles" in three.time_pictures.measures, timeout=PATIENCE)
    curve = three.timeline.curve
    place = curve.measure.findData("region:ventricles")
    curve.measure.setCurrentIndex(place)
    curve.measure.activated.emit(place)
    qtbot.waitUntil(lambda: None not in three.time_pictures.values("region:ventricles"), timeout=PATIENCE)
    values = three.time_pictures.values("region:ventricles")
    expected = float(((fake_engine.brain(70) > 0.1) & (fake_engine.brain(70) < 0.3)).sum() * 0.064)
    assert values[1] == pytest.approx(expected)
    assert three.time.axis._title == "Ventricles, ml"
    three.session.show_film(measure="value at the crosshair")
    assert three.time_pictures.values("value at the crosshair")[0] == pytest.approx(0.2)


def test_a_point_moved_by_key_stops_where_ages_end(qtbot: QtBot, three: Window) -> None:
    three.session.set_timeline("Ages", typed={"sub-01": (0.3, 119.8)})
    axis = three.time.axis
    axis.setFocus()
    for place, key, end in ((0, Qt.Key.Key_Left, 0.0), (4, Qt.Key.Key_Right, 120.0)):
        three.time_player.choose(place)
        qtbot.keyClick(axis, key, Qt.KeyboardModifier.ShiftModifier)
        assert ages(three)[place][0] == end


def test_visits_of_one_age_are_told_and_drawn(qtbot: QtBot, timeline: Window) -> None:
    session, places = timeline.session, timeline.timeline.places
    choose(qtbot, timeline.time_bar.layouts, "Single")
    session.set_age(session.workspace.visits[1].key, 60.0)
    assert places._hint.text() == "Both visits have one age: set it in the list of scans."
    assert not any(field.isEnabled() for field in (places.steps, places.ages, places.beyond))
    for layout in ("Single", "Columns", "Strip"):
        choose(qtbot, timeline.time_bar.layouts, layout)
        assert not timeline.grab().isNull()
    qtbot.mouseDClick(timeline.time.axis, LEFT, pos=QPoint(20, round(timeline.time.axis._axis_y())))
    assert len(timeline.time_pictures.points) == 5


def test_points_and_figures_that_go_leave_no_room_behind(qtbot: QtBot, timeline: Window) -> None:
    panel = timeline.timeline
    before = panel.points.sizeHint().height()
    timeline.session.close_scan(timeline.session.workspace.visits[1].key)
    qtbot.wait(100)
    assert panel.points._grid.sizeHint().height() == panel.curve._grid.sizeHint().height() == 0
    assert panel.points.sizeHint().height() < before


def test_without_a_model_no_point_is_said_to_be_rendered(timeline: Window) -> None:
    session = timeline.session
    session.model_problem, session.client.model = "Its weights are gone.", None
    session.set_timeline("2 points", points=2)
    assert timeline.time.columns[1].panes[Plane.AXIAL]._empty_text == "Needs a model."


def test_the_held_out_check_knows_the_ages_of_now(three: Window) -> None:
    session, visit = three.session, three.timeline.held_out.visit
    session.set_age(session.workspace.visits[1].key, 66.0)
    assert [visit.itemText(place) for place in range(visit.count())] == ["ses-C, 66.0 y"]


def test_a_measure_without_a_unit_has_no_hanging_comma(timeline: Window) -> None:
    model = timeline.session.client.model
    sex = DirectionDescription("sex", "Sex (0 female, 1 male)", "", 0.0, 1.0)
    timeline.session.client.model = replace(model, directions=(*model.directions, sex))
    assert timeline.time_pictures.measures["sex"] == "Sex (0 female, 1 male) read"
    assert [timeline.time_pictures.unit_of(measure) for measure in ("age", "sex")] == ["y", ""]


def test_the_figures_follow_the_crosshair(qtbot: QtBot, timeline: Window) -> None:
    later = timeline.session.workspace.visits[1].source
    prepared = timeline.session.prepared[later]
    inverse = Volume(1 - prepared.volume.data, prepared.volume.affine)
    timeline.session.prepared[later] = replace(prepared, volume=inverse)
    timeline.session.show_film(measure="value at the crosshair")
    found = set()
    for place in (QPoint(80, 80), QPoint(120, 60)):
        qtbot.mouseClick(timeline.time.columns[0].panes[Plane.AXIAL], LEFT, pos=place)
        first, *_, last = timeline.time_pictures.values("value at the crosshair")
        told = timeline.timeline.curve.figures[0][1]
        assert told == signed(last - first, 3)
        found.add(told)
    assert len(found) == 2


def test_two_visits_with_nothing_between_fill_the_page(qtbot: QtBot, timeline: Window) -> None:
    places = timeline.timeline.places
    choose(qtbot, places.steps, "Typed ages")
    places.ages.setFocus()
    places.ages.selectAll()
    qtbot.keyClick(places.ages, Qt.Key.Key_Delete)
    qtbot.keyClick(places.ages, Qt.Key.Key_Return)
    first, last = timeline.time.columns
    qtbot.waitUntil(lambda: last.geometry().right() <= timeline.time.width(), timeout=5000)
    assert first.width() == last.width() > timeline.time.width() * 0.48


def test_a_hidden_visit_is_predicted_and_shown_beside_what_was_acquired(qtbot: QtBot, three: Window) -> None:
    section = three.timeline.held_out
    assert section.visit.currentText() == "ses-C, 64.0 y"
    qtbot.mouseClick(section.check, LEFT)
    qtbot.waitUntil(section.show_it.isVisible, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "its own copy" in section.words.text(), timeout=PATIENCE)
    # Between 60 and 80 years lies a fifth of the way: the engine makes 64 of it, and 60 of every scan.
    wrong = float(np.abs(fake_engine.brain(64) - fake_engine.brain(60)).mean())
    assert f"differ by {wrong:.4f} on average" in section.words.text()
    qtbot.mouseClick(section.show_it, LEFT)
    qtbot.waitUntil(lambda: three.compare_pictures.finished, timeout=PATIENCE)
    kinds = [column.content.kind for column in three.compare.columns[:3]]
    assert kinds == [Kind.SCAN, Kind.SYNTHETIC, Kind.CHANGE]
    np.testing.assert_allclose(three.compare.columns[1].content.volume.data, fake_engine.brain(64), atol=1e-5)


def test_a_scan_of_somebody_else_dropped_on_the_axis_is_a_visit_only_when_confirmed(
    qtbot: QtBot, timeline: Window, tmp_path: Path
) -> None:
    session = timeline.session
    session.open([write_scan(tmp_path / "sub-02_ses-A_T1w.nii.gz")])
    stranger = session.workspace.scans[-1].key
    session.choose(session.workspace.scans[0].key)
    asked: list[Question] = []
    session.question_asked.connect(asked.append)
    part = part_data(Part("scan", stranger))
    where = QPointF(timeline.time.axis.geometry().center())
    timeline.time.dropEvent(QDropEvent(where, Qt.DropAction.CopyAction, part, LEFT, Qt.KeyboardModifier.NoModifier))
    assert "a timeline needs one person" in asked[-1].sentence
    assert stranger not in [scan.key for scan in session.workspace.visits]
    asked[-1].agree()
    assert stranger in [scan.key for scan in session.workspace.visits]
    assert timeline.timeline.places._who.text() == "sub-01 and sub-02"
    assert "sub-02 ses-A" in [point.name for point in timeline.time_pictures.points]
    session.undo_stack.undo()
    assert stranger not in [scan.key for scan in session.workspace.visits]


def test_the_same_file_as_another_visit_is_asked_about(qtbot: QtBot, timeline: Window, bids: Path) -> None:
    session = timeline.session
    asked: list[Question] = []
    session.question_asked.connect(asked.append)
    first = bids / "sub-01" / "ses-A" / "anat" / "sub-01_ses-A_T1w.nii.gz"
    again = bids / "sub-01" / "ses-D" / "anat" / "sub-01_ses-D_T1w.nii.gz"
    again.parent.mkdir(parents=True)
    shutil.copy(first, again)
    session.open([again])
    assert [question.sentence for question in asked] == ["Both visits are the same file."]
    assert len([scan for scan in session.workspace.scans if scan.is_visit]) < len(session.workspace.scans)


def test_a_second_visit_that_is_dropped_on_the_page_can_be_played(
    qtbot: QtBot, several: Window, bids: Path, tmp_path: Path
) -> None:
    first, second = (bids / "sub-01" / name / "anat" / f"sub-01_{name}_T1w.nii.gz" for name in ("ses-A", "ses-B"))
    several.open([first])
    qtbot.mouseClick(several.title_bar.tabs["time"], LEFT)
    assert not several.time_bar.play.isEnabled()
    several.open([second])
    settle(qtbot, several)
    assert several.time_bar.play.isEnabled()

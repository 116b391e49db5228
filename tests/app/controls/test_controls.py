from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from app.controls.colour_bar import ColourBar
from app.controls.histogram import WindowHistogram
from app.controls.segmented import Segmented
from app.controls.time_axis import AxisPoint, TimeAxis
from app.controls.toggle import Toggle
from app.theme.kinds import Kind


@pytest.fixture
def histogram(qtbot) -> WindowHistogram:
    made = WindowHistogram()
    qtbot.addWidget(made)
    made.set_data(np.random.default_rng(3).random((9, 11, 7)).astype(np.float32), unit_scale=255)
    made.set_window(12 / 255, 243 / 255)
    made.resize(208, 130)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_window_is_written_in_the_unit_people_read(histogram):
    assert (histogram.low_field.text(), histogram.high_field.text()) == ("12", "243")


def test_dragging_a_handle_moves_that_end_alone_and_commits_once(qtbot, histogram):
    dragged, committed = [], []
    histogram.window_dragged.connect(lambda low, high: dragged.append((low, high)))
    histogram.window_committed.connect(lambda low, high: committed.append((low, high)))
    plot = histogram.plot
    y = plot.height() - 5
    start = QPoint(plot.focus_area()[0].center().x(), y)
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(plot, QPoint(60, y))
    qtbot.mouseMove(plot, QPoint(80, y))
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(80, y))
    assert len(committed) == 1
    low, high = committed[0]
    assert high == pytest.approx(243 / 255)
    assert 0.3 < low < 0.5
    assert dragged[-1] == committed[0]
    assert histogram.low_field.text() == f"{low * 255:.0f}"


def test_the_ends_cannot_pass_each_other(qtbot, histogram):
    plot = histogram.plot
    y = plot.height() - 5
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(10, y))
    qtbot.mouseMove(plot, QPoint(207, y))
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(207, y))
    low, high = plot.limits
    assert low < high == pytest.approx(243 / 255)


def test_a_typed_end_is_committed_and_a_wrong_one_marked(qtbot, histogram):
    with qtbot.waitSignal(histogram.window_committed) as heard:
        histogram.low_field.setText("51")
        qtbot.keyClick(histogram.low_field, Qt.Key.Key_Return)
    assert heard.args == pytest.approx([0.2, 243 / 255], abs=0.003)
    histogram.high_field.setText("2x")
    with qtbot.assertNotEmitted(histogram.window_committed):
        qtbot.keyClick(histogram.high_field, Qt.Key.Key_Return)
    assert histogram.high_field.property("wrong") == "true"


def test_the_end_that_was_not_typed_keeps_its_decimals(qtbot, histogram):
    high = histogram.plot.limits[1]
    with qtbot.waitSignal(histogram.window_committed) as heard:
        histogram.low_field.setText("0.6")
        qtbot.keyClick(histogram.low_field, Qt.Key.Key_Return)
    assert heard.args == [pytest.approx(0.6 / 255), high]
    assert histogram.low_field.text() == "0.60"


def test_leaving_a_field_untouched_changes_nothing(qtbot, histogram):
    with qtbot.assertNotEmitted(histogram.window_committed):
        qtbot.keyClick(histogram.low_field, Qt.Key.Key_Return)


POINTS = [
    AxisPoint(61.5, Kind.SCAN, 38.2, 37.6, visit=True),
    AxisPoint(64.0, Kind.SYNTHETIC, 41.2),
    AxisPoint(66.5, Kind.SYNTHETIC, 44.8),
    AxisPoint(71.5, Kind.SCAN, 54.2, visit=True),
]


@pytest.fixture
def axis(qtbot) -> TimeAxis:
    made = TimeAxis()
    qtbot.addWidget(made)
    made.resize(900, 226)
    made.set_points(POINTS, "Lateral ventricles, ml")
    made.show()
    qtbot.waitExposed(made)
    return made


def place(axis: TimeAxis, index: int) -> QPoint:
    axis.set_selected(index)
    return axis.focus_area()[0].center()


def test_unequal_steps_are_drawn_to_scale(axis):
    xs = [place(axis, index).x() for index in range(4)]
    assert (xs[3] - xs[2]) / (xs[1] - xs[0]) == pytest.approx(2.0, abs=0.02)


def test_equal_steps_stand_under_their_columns(axis):
    axis.set_points([AxisPoint(60 + 2.5 * step, Kind.SYNTHETIC) for step in range(4)])
    axis.set_columns([130, 350, 570, 790])
    assert [place(axis, index).x() for index in range(4)] == pytest.approx([130, 350, 570, 790], abs=1)


def test_click_on_a_mark_tells_its_index_and_elsewhere_nothing(qtbot, axis):
    at = place(axis, 2)
    with qtbot.waitSignal(axis.point_clicked) as heard:
        qtbot.mouseClick(axis, Qt.MouseButton.LeftButton, pos=at)
    assert heard.args == [2]
    with qtbot.assertNotEmitted(axis.point_clicked):
        qtbot.mouseClick(axis, Qt.MouseButton.LeftButton, pos=at + QPoint(50, 0))


def test_synthetic_points_can_be_dragged_to_another_age_and_visits_cannot(qtbot, axis):
    axis.set_movable(True)
    start, end = place(axis, 0), place(axis, 3)
    at = place(axis, 1)
    by = round((end.x() - start.x()) / 10)  # one year
    qtbot.mousePress(axis, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(axis, at + QPoint(by, 0))
    with qtbot.waitSignal(axis.point_dropped) as heard:
        qtbot.mouseRelease(axis, Qt.MouseButton.LeftButton, pos=at + QPoint(by, 0))
    assert heard.args == [1, pytest.approx(65.0, abs=0.11)]
    with qtbot.assertNotEmitted(axis.point_dropped):
        qtbot.mousePress(axis, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(axis, start + QPoint(60, 0))
        qtbot.mouseRelease(axis, Qt.MouseButton.LeftButton, pos=start + QPoint(60, 0))


def test_visits_are_solid_and_synthetic_points_hollow_without_colour(axis):
    picture = axis.grab().toImage()
    solid, hollow = place(axis, 0), place(axis, 1)
    axis.set_selected(None)
    picture = axis.grab().toImage()
    assert picture.pixelColor(solid).lightness() > 200
    assert picture.pixelColor(hollow).lightness() < 60


def test_keys_choose_the_neighbour(qtbot, axis):
    axis.set_selected(1)
    with qtbot.waitSignal(axis.point_clicked) as heard:
        qtbot.keyClick(axis, Qt.Key.Key_Right)
    assert heard.args == [2]
    assert "chosen: 66.5 years, synthetic" in axis.accessibleName()


def test_axis_without_points_paints_nothing_and_takes_clicks(qtbot, axis):
    axis.set_points([])
    axis.set_selected(2)
    axis.grab()
    qtbot.mouseClick(axis, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.keyClick(axis, Qt.Key.Key_Right)


def test_one_point_alone_can_be_shown(axis):
    axis.set_points([AxisPoint(61.5, Kind.SCAN, 38.2)], "Lateral ventricles, ml")
    axis.set_columns([450])
    axis.grab()
    assert place(axis, 0).x() > 0


def test_two_visits_at_one_age_stand_under_their_columns(axis):
    axis.set_points([AxisPoint(61.5, Kind.SCAN, 38.2), AxisPoint(61.5, Kind.SCAN, 38.4)], "Lateral ventricles, ml")
    axis.set_columns([100, 700])
    axis.set_selected(0)
    axis.grab()
    assert (place(axis, 0).x(), place(axis, 1).x()) == (100, 700)


def apart(boxes) -> bool:
    return not any(one.intersects(other) for one, other in combinations(boxes, 2))


def test_words_of_close_points_do_not_lie_over_each_other_and_the_chosen_one_has_its_own(axis):
    ages = (62.0, 63.0, 63.1, 63.2, 72.0)
    visits = [age in (62.0, 72.0) for age in ages]
    axis.set_points(
        [AxisPoint(age, Kind.SYNTHETIC, age, visit=v) for age, v in zip(ages, visits, strict=True)], "Age, y"
    )
    for chosen in (1, 2, 3):
        axis.set_selected(chosen)
        told = axis._age_words()
        assert {0, chosen, 4} <= {index for index, _, _ in told}
        assert apart(box for _, _, box in told)
        values = axis._value_words(axis._scale())
        assert f"{ages[chosen]:.1f}" in [text for text, _ in values]
        assert apart(box for _, box in values)


def test_values_have_the_figures_that_tell_them_apart(axis):
    axis.set_points([AxisPoint(age, Kind.SCAN, value) for age, value in ((61.5, 0.7641), (71.5, 0.7902))], "Value")
    assert sorted(text for text, _ in axis._value_words(axis._scale())) == ["0.764", "0.790"]


def test_between_visits_of_one_age_no_other_age_is_asked_for(qtbot, axis):
    axis.set_movable(True)
    axis.set_points([AxisPoint(61.5, kind) for kind in (Kind.SCAN, Kind.SYNTHETIC, Kind.SCAN)])
    axis.set_columns([100, 400, 700])
    at = place(axis, 1)
    with qtbot.assertNotEmitted(axis.point_dropped), qtbot.assertNotEmitted(axis.age_asked):
        qtbot.mousePress(axis, Qt.MouseButton.LeftButton, pos=at)
        qtbot.mouseMove(axis, at + QPoint(60, 0))
        qtbot.mouseRelease(axis, Qt.MouseButton.LeftButton, pos=at + QPoint(60, 0))
        qtbot.mouseDClick(axis, Qt.MouseButton.LeftButton, pos=at + QPoint(100, 0))


@pytest.mark.parametrize("columns", [[], [100, 300, 500, 700]])
@pytest.mark.parametrize("ages", [(61.5, 61.5, 61.5, 61.5), (61.5, 61.5, 64.0, 71.5), (61.5, 61.5, 61.5, 61.6)])
def test_points_of_one_age_are_painted_whatever_their_values(qtbot, axis, columns, ages):
    values = (38.2, 39.0, 44.0, 54.2)
    points = [AxisPoint(age, Kind.SCAN, value) for age, value in zip(ages, values, strict=True)]
    axis.set_points(points, "Lateral ventricles, ml")
    axis.set_columns(columns)
    assert not axis.grab().isNull()


def test_toggle_switches_by_space(qtbot):
    toggle = Toggle("Hold the others still")
    qtbot.addWidget(toggle)
    toggle.show()
    with qtbot.waitSignal(toggle.toggled) as heard:
        qtbot.keyClick(toggle, Qt.Key.Key_Space)
    assert heard.args == [True]
    assert toggle.accessibleName() == "Hold the others still"


def test_segmented_words_are_chosen_by_mouse_and_arrows_and_silently_by_code(qtbot):
    words = Segmented(["Columns", "Strip", "Single"])
    qtbot.addWidget(words)
    words.show()
    heard: list[str] = []
    words.chosen.connect(heard.append)
    qtbot.mouseClick(words, Qt.MouseButton.LeftButton, pos=QPoint(words.width() - 5, 10))
    qtbot.keyClick(words, Qt.Key.Key_Left)
    words.choose("Columns")
    assert heard == ["Single", "Strip"]
    assert words.choice == "Columns"
    with pytest.raises(KeyError):
        words.choose("Nowhere")


def test_colour_bar_ends_in_the_colours_of_the_map_and_hatches_what_is_not_drawn(qtbot):
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.resize(300, 30)
    bar.set_scale(8, 60)
    picture = bar.grab().toImage()
    ends = (picture.pixelColor(0, 4), picture.pixelColor(299, 4))
    for end, expected in zip(ends, ("#C4E9FF", "#FFE0A6"), strict=True):
        wanted = QColor(expected)
        assert (end.red(), end.green(), end.blue()) == pytest.approx(
            (wanted.red(), wanted.green(), wanted.blue()), abs=4
        )
    assert "nothing drawn below 8" in bar.accessibleName()


def test_a_colour_bar_of_a_spread_begins_at_0_and_one_without_threshold_says_none(qtbot):
    bar = ColourBar(Qt.Orientation.Vertical)
    qtbot.addWidget(bar)
    bar.resize(52, 190)
    bar.set_scale(0.0, 0.24)
    assert bar.accessibleName() == "Change from −0.24 darker to +0.24 brighter"
    bar.set_two_sided(False)
    bar.set_scale(0.03, 0.24)
    assert bar.accessibleName() == "Spread from 0 to 0.24, nothing drawn below 0.03"
    picture = bar.grab().toImage()
    middle, highest = picture.pixelColor(5, 95), picture.pixelColor(5, 10)
    assert middle.red() > middle.blue() + 50, "half way up to the limit, not the hatching of the middle"
    assert (highest.red(), highest.green(), highest.blue()) == pytest.approx((0xFF, 0xE0, 0xA6), abs=8)

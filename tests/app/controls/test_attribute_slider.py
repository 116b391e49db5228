from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit

from app.controls.attribute_slider import Attribute, AttributeSlider

AGE = Attribute("Age", seen=(20, 86), limits=(14, 94), unit="y", unit_spoken="years", beyond="Beyond (20–86).")


@pytest.fixture
def slider(qtbot) -> AttributeSlider:
    made = AttributeSlider(AGE)
    qtbot.addWidget(made)
    made.resize(400, made.sizeHint().height())
    made.set_scan_value(61.5)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


class Heard:
    def __init__(self, slider: AttributeSlider) -> None:
        self.dragged: list[float] = []
        self.committed: list[float] = []
        slider.value_dragged.connect(self.dragged.append)
        slider.value_committed.connect(self.committed.append)


def handle(slider: AttributeSlider) -> QPoint:
    return slider.focus_area()[0].center()


def type_value(qtbot, slider: AttributeSlider, text: str) -> QLineEdit:
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 10, 10))
    field = slider.findChild(QLineEdit)
    assert field.isVisible()
    field.selectAll()
    if text.isascii():
        qtbot.keyClicks(field, text)
    else:
        field.insert(text)  # no key of the test's keyboard has a true minus
    qtbot.keyClick(field, Qt.Key.Key_Return)
    return field


def test_a_drag_tells_each_value_and_commits_once(qtbot, slider):
    heard = Heard(slider)
    at = handle(slider)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(slider, at + QPoint(20, 0))
    qtbot.mouseMove(slider, at + QPoint(50, 0))
    assert slider.look == "held"
    assert heard.committed == []
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=at + QPoint(50, 0))
    assert heard.dragged[-1] == pytest.approx(71.5, abs=0.3)
    assert heard.dragged == sorted(heard.dragged)
    assert heard.committed == [slider.number]
    assert slider.look == "final"


def test_near_the_scan_the_handle_falls_into_its_value(qtbot, slider):
    at = handle(slider)
    slider.set_number(80.0)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=handle(slider))
    qtbot.mouseMove(slider, at + QPoint(2, 0))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=at + QPoint(2, 0))
    assert slider.is_zero
    assert slider.look == "zero"


@pytest.mark.parametrize(
    ("key", "shift", "value"),
    [(Qt.Key.Key_Right, False, 62.0), (Qt.Key.Key_Left, False, 61.0), (Qt.Key.Key_Right, True, 66.5)],
)
def test_arrows_move_by_small_and_large_steps(qtbot, slider, key, shift, value):
    heard = Heard(slider)
    keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(slider, key, keys)
    assert heard.committed == [value]


def test_a_typed_value_is_committed(qtbot, slider):
    heard = Heard(slider)
    field = type_value(qtbot, slider, "71,5")
    assert heard.committed == [71.5]
    assert not field.isVisible()


def test_a_wrong_entry_stays_open_says_so_and_commits_nothing(qtbot, slider):
    heard = Heard(slider)
    field = type_value(qtbot, slider, "7l.5")
    assert field.isVisible()
    assert slider.note == "not a number"
    assert heard.committed == []
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()
    assert slider.note == ""
    assert slider.number == 61.5


def test_a_wrong_entry_is_let_go_of_when_the_focus_goes_elsewhere(qtbot, slider):
    field = type_value(qtbot, slider, "abc")
    assert slider.note == "not a number"
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    field.clearFocus()
    assert not field.isVisible()
    assert (slider.note, slider.number) == ("", 61.5)


def test_typed_values_stay_inside_the_limits_and_the_end_is_told(qtbot, slider):
    type_value(qtbot, slider, "300")
    assert slider.number == 94.0
    assert slider.note == "The slider ends at 94.0. Beyond (20–86)."
    type_value(qtbot, slider, "70")
    assert slider.note == ""
    type_value(qtbot, slider, "1")
    assert slider.note.startswith("The slider ends at 14.0.")
    slider.clearFocus()
    assert slider.note == "Beyond (20–86)."


@pytest.mark.parametrize(("text", "value"), [("+5", 66.5), ("−5", 56.5), ("-5.5 y", 56.0), ("5", 14.0)])
def test_a_signed_entry_is_a_distance_from_the_scan(qtbot, slider, text, value):
    slider.set_number(80.0)
    type_value(qtbot, slider, text)
    assert slider.number == value


def test_a_minus_is_the_values_own_where_values_may_be_negative(qtbot):
    made = AttributeSlider(Attribute("Score", (-2, 2), (-3, 3)))
    qtbot.addWidget(made)
    made.resize(400, made.sizeHint().height())
    made.set_scan_value(1.0)
    made.show()
    type_value(qtbot, made, "-1.5")
    assert made.number == -1.5
    type_value(qtbot, made, "+1.5")
    assert made.number == 2.5


def test_a_sign_begins_to_type(qtbot, slider):
    slider.setFocus()
    for key in "+5":
        qtbot.keyClicks(slider if key == "+" else slider.findChild(QLineEdit), key)
    qtbot.keyClick(slider.findChild(QLineEdit), Qt.Key.Key_Return)
    assert slider.number == 66.5


def test_a_click_on_the_handle_leaves_it_where_it_is(qtbot, slider):
    slider.set_number(62.6)
    heard = Heard(slider)
    for reach in (-4, 0, 5):
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=handle(slider) + QPoint(reach, 0))
        assert (slider.number, heard.dragged, heard.committed) == (62.6, [], [])


def test_a_held_handle_keeps_its_distance_from_the_pointer(qtbot, slider):
    slider.set_number(70.0)
    at = handle(slider) + QPoint(5, 0)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(slider, at + QPoint(50, 0))
    assert slider.number == pytest.approx(80.0, abs=0.05)
    qtbot.mouseMove(slider, at)
    heard = Heard(slider)
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=at)
    assert heard.committed == [70.0]


@pytest.mark.parametrize(("effect", "end"), [(-300.0, "left"), (300.0, "right")])
def test_the_handle_stays_on_its_track_whatever_others_do(slider, effect, end):
    slider.set_note("Weight −42.0 moves this by −300.0; hold it still?")
    slider.set_effect(effect)
    ring = slider.focus_area()[0]
    assert slider.rect().contains(ring)
    picture = slider.grab().toImage()
    tip = 2 if end == "left" else slider.width() - 3
    ink = picture.pixelColor(tip, ring.center().y())
    assert ink.green() > 150, "no arrowhead"
    assert slider.note == "Beyond (20–86). Weight −42.0 moves this by −300.0; hold it still?"


def test_a_side_effect_is_counted_from_the_exact_value(slider):
    slider.set_scan_value(61.54)
    slider.set_effect(0.12)
    assert slider._value_text() == "61.7 y"


def test_where_the_scans_own_value_is_only_read_the_change_is_written_and_typed(qtbot):
    made = AttributeSlider(replace(AGE, relative=True))
    qtbot.addWidget(made)
    made.resize(400, made.sizeHint().height())
    made.set_scan_value(51.0)
    made.show()
    assert made._value_text() == "0.0 y"
    type_value(qtbot, made, "24")
    assert (made.number, made._value_text(), made._delta_text()) == (75.0, "+24.0 y", "")
    assert made.accessibleName() == (
        "Age, slider, +24.0 years, counted from the 51.0 that is read of the scan, model has seen 20 to 86"
    )
    type_value(qtbot, made, "−4")
    assert made.number == 47.0
    type_value(qtbot, made, "100")
    assert made.note.startswith("The slider ends at +43.0.")


def test_double_click_on_the_name_goes_back_to_the_scan(qtbot, slider):
    slider.set_number(75.0)
    heard = Heard(slider)
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(10, 12))
    assert heard.committed == [61.5]
    assert slider.is_zero


def test_outside_the_training_range_it_warns(slider):
    slider.set_note("final, 20 steps")
    slider.set_number(86.0)
    assert (slider.look, slider.note) == ("final", "final, 20 steps")
    slider.set_number(86.1)
    assert (slider.look, slider.note) == ("beyond", "Beyond (20–86).")


def test_a_value_from_the_document_is_not_announced(slider):
    heard = Heard(slider)
    slider.set_number(70.0)
    assert (heard.dragged, heard.committed) == ([], [])
    assert slider.number == 70.0


def test_screen_readers_hear_value_unit_distance_and_range(slider):
    slider.set_number(71.5)
    assert slider.accessibleName() == "Age, slider, 71.5 years, 10.0 more than the scan, model has seen 20 to 86"


def test_without_a_scan_it_is_off_and_says_what_to_do(qtbot, slider):
    slider.set_scan_value(None)
    assert not slider.isEnabled()
    assert slider.note == "Open a scan to use this"


def test_scores_keep_two_decimals(qtbot):
    made = AttributeSlider(Attribute("Atrophy", (0, 1), (-0.2, 1.4), decimals=2, small_step=0.02, large_step=0.1))
    qtbot.addWidget(made)
    made.set_scan_value(0.13)
    qtbot.keyClick(made, Qt.Key.Key_Right)
    assert made.number == pytest.approx(0.15)


def test_a_held_slider_is_not_moved_by_the_document(qtbot, slider):
    at = handle(slider)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=at + QPoint(50, 0))
    held = slider.number
    slider.set_number(30.0)
    assert slider.number == held
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=at + QPoint(50, 0))

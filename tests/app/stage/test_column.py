import gc
import weakref

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.stage.column import Column
from app.stage.slicing import Plane
from app.stage.view_link import ViewLink
from app.theme.kinds import Kind
from engine.volume import Volume


@pytest.fixture
def column(qtbot, blob) -> Column:
    made = Column(ViewLink())
    qtbot.addWidget(made)
    made.resize(501, 852)
    made.show_volume(blob, Kind.SYNTHETIC, "sub-01 ses-M00", "71.5 y", "+10.0", grid_label="model 2.0 mm")
    return made


def heights(column: Column) -> tuple[int, int]:
    return column.panes[Plane.AXIAL].height(), column.panes[Plane.CORONAL].height()


def test_tall_column_divides_its_height_as_the_design_says(column):
    column.show()
    room = 852 - 34 - 4
    axial, coronal = heights(column)
    assert (axial / room, coronal / room) == pytest.approx((0.47, 0.26), abs=0.005)
    assert column.view_3d.height() / room == pytest.approx(0.27, abs=0.005)
    assert column.panes[Plane.CORONAL].width() / 499 == pytest.approx(0.47, abs=0.005)
    assert column.panes[Plane.SAGITTAL].geometry().right() == 500


def test_without_3d_the_slices_take_its_room(column):
    column.set_3d_shown(False)
    axial, coronal = heights(column)
    assert (axial / 816, coronal / 816) == pytest.approx((0.64, 0.36), abs=0.005)
    assert column.view_3d.isHidden()


def test_one_pane_fills_the_column_and_gives_it_back(column):
    column.fill_with(Plane.SAGITTAL)
    assert column.panes[Plane.SAGITTAL].height() == 852 - 34
    assert column.panes[Plane.AXIAL].isHidden()
    column.unfill()
    assert not column.panes[Plane.AXIAL].isHidden()


def test_rows_have_the_heights_they_are_given(qtbot, blob):
    column = Column(ViewLink(), arrangement="rows")
    qtbot.addWidget(column)
    column.set_heights(190, 140, 141)
    column.resize(column.sizeHint())
    column.show()
    assert [column.panes[plane].height() for plane in Plane] == [190, 140, 141]
    assert column.view_3d is None


def test_a_hidden_plane_leaves_its_room_to_the_others(column):
    link = column.panes[Plane.AXIAL].link
    link.set(link.state.toggled(0))
    assert column.panes[Plane.SAGITTAL].isHidden()
    assert column.panes[Plane.CORONAL].width() == 501
    link.set(link.state.toggled(2))
    assert column.panes[Plane.AXIAL].isHidden()
    assert column.panes[Plane.CORONAL].height() / (852 - 34 - 2) == pytest.approx(26 / 53, abs=0.005)
    link.set(link.state.toggled(1))
    assert not column.panes[Plane.CORONAL].isHidden(), "the last plane stays"
    link.set(link.state.toggled(0).toggled(2))
    assert not any(pane.isHidden() for pane in column.panes.values())


def test_header_says_how_done_the_pictures_are(column):
    column.set_state("preview", 6)
    assert column.header.heading.quality == "preview, 6 steps"
    column.set_state("final", 20)
    assert column.accessibleName() == "sub-01 ses-M00, synthetic, 71.5 y, final, 20 steps"


def test_unlinked_column_goes_its_own_way(column):
    shared = column.panes[Plane.AXIAL].link
    own = ViewLink(shared.state)
    column.set_link(own, "own window")
    shared.change(crosshair=(10.0, 10.0, 10.0))
    assert "S 0.0" in column.panes[Plane.AXIAL].accessibleName()
    own.change(crosshair=(10.0, 10.0, 10.0))
    assert "S 10.0" in column.panes[Plane.AXIAL].accessibleName()


def test_arrows_on_the_column_move_the_crosshair(qtbot, column):
    column.show()
    qtbot.keyClick(column, Qt.Key.Key_Up)
    assert column.panes[Plane.AXIAL].link.state.crosshair[1] == pytest.approx(2.0)


def test_a_click_in_any_pane_activates_the_column(qtbot, column):
    column.show()
    with qtbot.waitSignal(column.activated):
        qtbot.mouseClick(column.panes[Plane.SAGITTAL], Qt.MouseButton.LeftButton)


def test_cleared_column_holds_nothing(column):
    column.clear("Drop a scan\nor a kept state here")
    assert column.content is None
    assert column.accessibleName() == "Column, empty"
    assert column.panes[Plane.AXIAL].accessibleName() == "Axial, empty"


def test_a_scan_is_never_called_final(column, blob):
    column.show_volume(blob, Kind.SCAN, "sub-01 ses-M00", "61.5 y")
    column.set_state("final")
    assert column.header.heading.quality == ""


def test_a_dismissed_column_lets_go_of_its_volumes_at_once(qtbot, blob):
    column = Column(ViewLink(), arrangement="rows")
    column.resize(300, 700)
    volumes = [Volume(np.array(blob.data), blob.affine) for _ in range(3)]
    column.show_volume(volumes[0], Kind.SCAN)
    column.set_overlay(volumes[1])
    column.set_second(volumes[2])
    with qtbot.waitExposed(column):
        column.show()
    column.grab()
    left = [weakref.ref(volume) for volume in volumes]
    volumes.clear()
    gc.disable()
    try:
        column.dismiss()
        assert not [one() for one in left if one() is not None]
    finally:
        gc.enable()

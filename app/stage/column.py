"""A column is a volume: its header above, three slices and the 3D view below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.stage.camera import CameraLink
from app.stage.kind_header import Heading, KindHeader
from app.stage.pane_marks import PictureState, StateName
from app.stage.slice_pane import ChangeOver, SlicePane
from app.stage.slicing import Plane, axes_of
from app.stage.view_link import ViewLink
from app.stage.view_state import Layout, Tiles, ViewState
from app.stage.volume_view import VolumeView
from app.theme.current import scaled
from app.theme.kinds import Kind
from app.theme.tokens import steps_words
from engine.volume import Grid, Volume

Arrangement = Literal["tall", "flat", "wide", "rows"]
Row = tuple[float, list[tuple[float, QWidget]]]

GAP = 2
CORONAL_SHARE = 0.47
# axial, coronal and sagittal, 3D: of the height below the header
SHARES_WITH_3D: tuple[float, ...] = (0.47, 0.26, 0.27)
SHARES_WITHOUT_3D: tuple[float, ...] = (0.64, 0.36)
LARGE = 0.72
"""Share of the one large pane above a strip."""


@dataclass(frozen=True)
class ColumnContent:
    """What a column shows. ``age`` and ``delta`` as written ("71.5 y", "+10.0"); ``grid_label`` names the grid."""

    volume: Volume
    kind: Kind
    title: str = ""
    age: str = ""
    delta: str = ""
    grid_label: str = ""


class Column(QWidget):
    """``tall``: axial above coronal and sagittal above 3D; ``flat``: the same without 3D. ``rows``: axial, coronal,
    sagittal with given heights; ``wide``: side by side, as high as those rows together.

    One stop for Tab; keys then act on the axial pane, Tab goes on to the panes.
    """

    pane_double_clicked = Signal(object)
    """(Plane, or None for the 3D view)"""
    wiped = Signal(float, bool)
    """The divider of a pane was moved to this fraction of the width; true once it is let go."""
    activated = Signal()
    """Clicked anywhere, or reached by keyboard."""

    def __init__(
        self,
        link: ViewLink,
        camera: CameraLink | None = None,
        arrangement: Arrangement = "tall",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._arrangement = arrangement
        self._link = link
        self._heights = (224, 184, 184)
        self._filled: object = self
        self._tiles: list[SlicePane] = []
        self._content: ColumnContent | None = None
        self.header = KindHeader(compact=arrangement == "rows", parent=self)
        self.panes = {plane: SlicePane(plane, link, self) for plane in Plane}
        self.view_3d: VolumeView | None = None
        if arrangement == "tall":
            self.view_3d = VolumeView(link, camera or CameraLink(self), self)
            self.view_3d.double_clicked.connect(lambda: self.pane_double_clicked.emit(None))
        self._shown_3d = self.view_3d is not None
        for plane, pane in self.panes.items():
            pane.set_name_shown(arrangement != "rows")
            pane.wiped.connect(self.wiped)
            pane.double_clicked.connect(lambda plane=plane: self.pane_double_clicked.emit(plane))
        for child in self._children():
            child.installEventFilter(self)
        self.header.clicked.connect(self.activated)
        link.changed.connect(self._on_view)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumWidth(120)
        self.setAccessibleName("Column, empty")

    def sizeHint(self) -> QSize:  # noqa: N802
        rows = sum(self._heights) + 2 * GAP + scaled(34)
        return QSize(500, rows if self._arrangement in ("rows", "wide") else 850)

    # What is shown

    @property
    def link(self) -> ViewLink:
        return self._link

    @property
    def content(self) -> ColumnContent | None:
        return self._content

    def show_volume(
        self,
        volume: Volume,
        kind: Kind,
        title: str = "",
        age: str = "",
        delta: str = "",
        quality: str = "",
        grid_label: str = "",
    ) -> None:
        """Show ``volume``. The very same Volume again costs nothing but the header's words."""
        self._content = ColumnContent(volume, kind, title, age, delta, grid_label)
        for pane in self._slices():
            pane.show_volume(volume, kind, grid_label, spoken=age.replace(" y", " years"))
        if self.view_3d is not None:
            self.view_3d.show_volume(volume, kind, grid_label)
        self._head(quality)
        if self._tiles or self._wanted_tiles() is not None:
            self._lay_out()

    def clear(self, empty_text: str = "") -> None:
        """No volume; every pane empty, the first says ``empty_text``."""
        self._content = None
        self.header.show_heading(None)
        self.setAccessibleName("Column, empty")
        for plane, pane in self.panes.items():
            pane.set_empty_text(empty_text if plane is Plane.AXIAL else "")
            pane.set_overlay(None)
            pane.set_second(None)
            pane.set_others({})
            pane.show_volume(None, Kind.SCAN)
        self._lay_out()
        if self.view_3d is not None:
            self.view_3d.show_volume(None, Kind.SCAN)

    def dismiss(self) -> None:
        """To be deleted; ``SlicePane.dismiss``."""
        self._content = None
        for pane in self._slices():
            pane.dismiss()
        self.setParent(None)
        self.deleteLater()

    def set_overlay(self, change: Volume | None, over: ChangeOver = "shown") -> None:
        """Signed change on the grid of the volume; see ``SlicePane.set_overlay``."""
        for pane in self._slices():
            pane.set_overlay(change, over)

    def set_beside(self, heading: Heading | None) -> None:
        """What is laid over the volume, named in the header beside it."""
        self.header.show_second(heading)

    def set_others(self, volumes: Mapping[str, Volume]) -> None:
        """Other volumes of the stack on the same grid; see ``SlicePane.set_others``."""
        for pane in self._slices():
            pane.set_others(volumes)

    def set_second(self, volume: Volume | None, kind: Kind = Kind.SYNTHETIC) -> None:
        """A second volume on the same grid for wipe and fade."""
        for pane in self._slices():
            pane.set_second(volume, kind)

    def set_wipe(self, fraction: float | None) -> None:
        for pane in self._slices():
            pane.set_wipe(fraction)

    def set_fade(self, fraction: float) -> None:
        for pane in self._slices():
            pane.set_fade(fraction)

    def set_state(self, name: StateName, steps: int | None = None, fraction: float | None = None) -> None:
        """How done the pictures are; "final" and "preview" are written in the header too, with their steps."""
        state = PictureState(name, steps, fraction)
        for pane in self._slices():
            pane.set_state(state)
        if self.view_3d is not None:
            self.view_3d.set_state(state)
        written = "preview" if name == "refining" else name
        self._head(written if steps is None else f"{written}, {steps_words(steps)}")

    def set_selected(self, selected: bool) -> None:
        self.header.set_selected(selected)

    def set_link(self, link: ViewLink, sign: str = "") -> None:
        """Follow ``link``; ``sign`` is written in every pane of a column that follows its own ("own window")."""
        self._link.changed.disconnect(self._on_view)
        self._link = link
        link.changed.connect(self._on_view)
        for pane in self._slices():
            pane.set_link(link)
            pane.set_own(sign)
        if self.view_3d is not None:
            self.view_3d.set_link(link)

    # Arrangement

    def set_3d_shown(self, shown: bool) -> None:
        self._shown_3d = shown and self.view_3d is not None
        self._lay_out()

    def set_heights(self, axial: int, coronal: int, sagittal: int) -> None:
        """Heights of the three rows (arrangements "rows" and "wide")."""
        self._heights = (axial, coronal, sagittal)
        self.updateGeometry()
        self._lay_out()

    def fill_with(self, plane: Plane | None) -> None:
        """Give one pane (None: the 3D view) the whole column. ``unfill`` takes it back."""
        self._filled = plane
        self._lay_out()

    def unfill(self) -> None:
        self._filled = self
        self._lay_out()

    @property
    def is_filled(self) -> bool:
        return self._filled is not self

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._lay_out()

    def _lay_out(self) -> None:
        width, top = self.width(), self.header.sizeHint().height()
        self.header.setGeometry(0, 0, width, top)
        room = QRect(0, top, width, max(self.height() - top, 0))
        tiles = self._wanted_tiles()
        self._stand_tiles(tiles)
        places = self._places(room) if tiles is None else self._grid(tiles, room)
        for pane in [*self._slices(), self.view_3d]:
            if pane is not None:
                place = places.get(pane)
                if place is not None:
                    pane.setGeometry(place)
                else:
                    self._take_keys_of(pane)
                pane.setVisible(place is not None)

    def _take_keys_of(self, pane: QWidget) -> None:
        """Of a pane that goes: Qt would hand its keys to whatever comes next, a field to type in even."""
        if pane.hasFocus():
            self.setFocus()

    def _slices(self) -> list[SlicePane]:
        return [*self.panes.values(), *self._tiles]

    def _wanted_tiles(self) -> Tiles | None:
        """The lightbox to be shown: one that has something to show, in a column that is free to arrange itself."""
        free = self._arrangement in ("tall", "flat") and self._content is not None
        return self._link.state.tiles if free else None

    def _stand_tiles(self, tiles: Tiles | None) -> None:
        """As many tiles as wanted, through the whole stack."""
        if tiles is None or self._content is None:
            for tile in self._tiles:
                self._take_keys_of(tile)
                tile.dismiss()
                tile.deleteLater()
            self._tiles = []
            return
        plane = next(plane for plane in Plane if plane.through == tiles.axis)
        if self._tiles and (len(self._tiles) != tiles.rows * tiles.columns or self._tiles[0].plane is not plane):
            self._stand_tiles(None)
        while len(self._tiles) < tiles.rows * tiles.columns:
            tile = SlicePane(plane, self._link, self)
            tile.set_name_shown(False)
            tile.take_after(self.panes[plane])
            tile.double_clicked.connect(lambda: self._link.change(tiles=None))
            tile.installEventFilter(self)
            self._tiles.append(tile)
        places = positions(self._content.volume.grid, plane, len(self._tiles))
        for tile, place in zip(self._tiles, places, strict=True):
            tile.set_position(place)

    def _grid(self, tiles: Tiles, room: QRect) -> dict[QWidget, QRect]:
        across = range(tiles.columns)
        rows: list[Row] = [
            (1.0, [(1.0, self._tiles[row * tiles.columns + at]) for at in across]) for row in range(tiles.rows)
        ]
        return self._placed(rows, room)

    def _rows(self) -> list[Row]:
        """What stands in the column from top to bottom: shares of the height, in each row shares of the width."""
        axial, coronal, sagittal = (self.panes[plane] for plane in (Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL))
        if self.is_filled:
            filled = self.view_3d if self._filled is None else self.panes[Plane(self._filled)]
            return [(1.0, [(1.0, filled)])] if filled is not None else []
        if self._arrangement == "rows":
            return [(h, [(1.0, pane)]) for h, pane in zip(self._heights, (axial, coronal, sagittal), strict=True)]
        if self._arrangement == "wide":
            return [(1.0, [(1.0, axial), (1.0, coronal), (1.0, sagittal)])]
        solid: list[QWidget] = [self.view_3d] if self._shown_3d and self.view_3d is not None else []
        layout: Layout = self._link.state.layout
        if layout == "row":
            return [(1.0, [(1.0, pane) for pane in (axial, coronal, sagittal, *solid)])]
        if layout == "column":
            return [(1.0, [(1.0, pane)]) for pane in (axial, coronal, sagittal, *solid)]
        if layout == "grid":
            return [(1.0, [(1.0, axial), (1.0, coronal)]), (1.0, [(1.0, pane) for pane in (sagittal, *solid)])]
        if layout == "strip":
            return [(LARGE, [(1.0, axial)]), (1.0 - LARGE, [(1.0, pane) for pane in (coronal, sagittal, *solid)])]
        shares = SHARES_WITH_3D if solid else SHARES_WITHOUT_3D
        last: list[Row] = [(shares[2], [(1.0, pane)]) for pane in solid] if solid else []
        below: list[tuple[float, QWidget]] = [(CORONAL_SHARE, coronal), (1.0 - CORONAL_SHARE, sagittal)]
        return [(shares[0], [(1.0, axial)]), (shares[1], below), *last]

    def _places(self, room: QRect) -> dict[QWidget, QRect]:
        """The rows without hidden planes; what is left takes their room."""
        hidden = [self.panes[plane] for plane in Plane if plane.through in self._link.state.hidden]
        if self.is_filled:
            hidden = []
        left_over = [(share, [(w, pane) for w, pane in row if pane not in hidden]) for share, row in self._rows()]
        return self._placed([(share, row) for share, row in left_over if row], room)

    def _placed(self, rows: list[Row], room: QRect) -> dict[QWidget, QRect]:
        places: dict[QWidget, QRect] = {}
        for (top, height), (_, row) in zip(_divided(room.height(), [h for h, _ in rows]), rows, strict=True):
            for (left, width), (_, pane) in zip(_divided(room.width(), [w for w, _ in row]), row, strict=True):
                places[pane] = QRect(room.left() + left, room.top() + top, width, height)
        return places

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if (now.hidden, now.layout, now.tiles) != (before.hidden, before.layout, before.tiles):
            self._lay_out()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.StyleChange:
            self._lay_out()
        super().changeEvent(event)

    # Keys

    def focus_area(self) -> tuple[QRect, int]:
        return self.rect().adjusted(4, 4, -4, -4), 2

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.activated.emit()
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not self.panes[Plane.AXIAL].press(event):
            super().keyPressEvent(event)

    def stops(self) -> list[QWidget]:
        """Where Tab stops in it, in this order."""
        return [self, *self._slices(), *([self.view_3d] if self.view_3d is not None else [])]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.MouseButtonPress:
            self.activated.emit()
        return False

    def _children(self) -> list[QWidget]:
        return [*self.panes.values(), *([self.view_3d] if self.view_3d is not None else [])]

    def _head(self, quality: str) -> None:
        content = self._content
        if content is None:
            return
        if content.kind is Kind.SCAN:
            quality = ""  # A scan is acquired, not made in steps.
        heading = Heading(content.kind, content.title, content.age, content.delta, quality)
        self.header.show_heading(heading)
        self.setAccessibleName(heading.spoken)


def _divided(length: int, shares: Sequence[float]) -> list[tuple[int, int]]:
    """Start and size of parts of ``length`` in proportion to ``shares``, GAP between them."""
    free = length - GAP * (len(shares) - 1)
    ends = [round(free * sum(shares[:count]) / sum(shares)) for count in range(len(shares) + 1)]
    return [(start + number * GAP, end - start) for number, (start, end) in enumerate(pairwise(ends))]


def positions(grid: Grid, plane: Plane, count: int) -> list[float]:
    """Millimetres of ``count`` slices at equal steps through ``grid``, from the lower end up.

    Of the grid, not of what a volume has in it: columns side by side show the same places.
    """
    axes = axes_of(grid)
    ends = sorted(axes.position(plane.through, index) for index in (0, axes.count[plane.through] - 1))
    step = (ends[1] - ends[0]) / count
    return [ends[0] + step * (number + 0.5) for number in range(count)]


def toggle_fill(columns: Sequence[Column], plane: Plane | None) -> None:
    """One pane (None: the 3D view) over the whole of each column; again: back."""
    for column in columns:
        if column.is_filled:
            column.unfill()
        else:
            column.fill_with(plane)

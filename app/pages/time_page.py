"""Time: visits and the points made between and beyond them over one axis, in linked columns or one at a time."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.controls.time_axis import AxisPoint, TimeAxis
from app.panels.part_drag import part_in
from app.panels.parts import grid_words, label, years
from app.panels.readout_bar import Layer
from app.session import Session
from app.stage.column import Column, toggle_fill
from app.stage.pane_marks import StateName
from app.stage.slicing import Plane
from app.stage.view_state import ViewState
from app.theme.current import scaled
from app.theme.style import mark
from app.theme.tokens import steps_words
from app.time_pictures import AT_CROSSHAIR, Point, TimePictures
from app.time_player import TimePlayer
from app.time_points import TimePoints
from app.visits import ask_visit

GAP, EDGE = 6, 8
ROWS = (
    (1300, (350, 290, 290)),
    (850, (224, 184, 184)),
    (640, (190, 140, 140)),
    (530, (150, 110, 110)),
    (0, (120, 90, 90)),
)
"""From this height of the page on: heights of the axial, coronal and sagittal row; the axis gets the rest."""
READOUT_HEAD, READOUT_POINT = 240, 156
"""What the read-out needs for the place, and for a point with the word of its kind, at the longest."""
MOST_COLUMNS = ((2000, 8), (0, 5))
"""From this width of the page on: so many columns side by side; of more, those between the ends are scrolled."""
LEAST_COLUMN = 150
"""Wide enough for the word of the kind and an age."""


class TimePage(QWidget):
    def __init__(self, session: Session, pictures: TimePictures, player: TimePlayer, points: TimePoints) -> None:
        super().__init__()
        self._session, self._pictures, self._player = session, pictures, player
        self._strip_plane: Plane = Plane.AXIAL
        mark(self, surface="stage")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(EDGE, EDGE, EDGE, 0)
        outer.setSpacing(0)
        self.single = Column(session.link, arrangement="wide")
        self.single.pane_double_clicked.connect(self.fill)
        outer.addWidget(self.single)
        self._row = QHBoxLayout()
        self._row.setSpacing(GAP)
        between = QWidget()
        mark(between, surface="stage")
        self._between = QHBoxLayout(between)
        self._between.setContentsMargins(0, 0, 0, 0)
        self._between.setSpacing(GAP)
        self._scroll = QScrollArea()
        self._scroll.setWidget(between)
        self._scroll.setWidgetResizable(True)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._row.addWidget(self._scroll, 1, Qt.AlignmentFlag.AlignTop)
        outer.addLayout(self._row)
        self.axis = TimeAxis()
        self.axis.set_movable(True)
        self.axis.point_clicked.connect(self._click)
        self.axis.point_dropped.connect(points.move)
        self.axis.point_removed.connect(points.remove)
        self.axis.age_asked.connect(points.add)
        self.setAcceptDrops(True)
        session.link.changed.connect(self._on_view)
        outer.addWidget(self.axis, 1)
        self._empty: QLabel = label("Add a second visit of this person to see time.", tone="text2", type="name")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        outer.addWidget(self._empty, 1)
        self.columns: list[Column] = []
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        pictures.changed.connect(self.refresh)
        player.changed.connect(self._show_chosen)
        self.refresh()

    def layers(self) -> list[Layer]:
        """What the read-out reads: every column that has its volume."""
        return [
            Layer(point.kind, self._name(point), point.volume)
            for point in self._pictures.points
            if point.volume is not None
        ]

    def fill(self, plane: Plane | None) -> None:
        """One plane of every point in place of all three; again: back."""
        if self._session.workspace.film.layout == "single":
            toggle_fill((self.single,), plane)
        elif plane is not None:
            self._strip_plane = plane
            strip = self._session.workspace.film.layout == "strip"
            self._session.show_film(layout="columns" if strip else "strip")

    def refresh(self) -> None:
        points = self._pictures.points
        self._empty.setVisible(not points)
        self.axis.setVisible(bool(points))
        self._stand(len(points))
        layout = self._session.workspace.film.layout
        self._scroll.setVisible(len(points) > 2 and layout != "single")
        for point, column in zip(points, self.columns, strict=True):
            column.setVisible(layout != "single")
            if layout == "strip":
                column.fill_with(self._strip_plane)
            elif column.is_filled:
                column.unfill()
            self._show(point, column)
        self.single.setVisible(bool(points) and layout == "single")
        self._show_axis(points)
        self._show_chosen()

    def _click(self, index: int) -> None:
        self._player.pause()
        self._player.choose(index)

    def _show_chosen(self) -> None:
        """The chosen column is drawn in the accent, or alone."""
        points, chosen = self._pictures.points, self._player.chosen
        if len(points) != len(self.columns):
            return  # the player has followed the document already, the columns are about to
        for index, column in enumerate(self.columns):
            column.set_selected(index == chosen)
        self.axis.set_selected(chosen if points and self._dated else None)
        if 0 < chosen < len(self.columns) - 1:
            self._scroll.ensureWidgetVisible(self.columns[chosen], GAP, 0)
        if chosen < len(points) and self._session.workspace.film.layout == "single":
            self._show(points[chosen], self.single)

    def _stand(self, count: int) -> None:
        """As many columns as there are points; the first and the last stay where the others are scrolled."""
        if count == len(self.columns):
            return
        while len(self.columns) > count:
            self.columns.pop().dismiss()
        while len(self.columns) < count:
            column = Column(self._session.link, arrangement="rows")
            column.activated.connect(partial(self._click, len(self.columns)))
            column.pane_double_clicked.connect(self.fill)
            column.installEventFilter(self)
            self.columns.append(column)
        for column in self.columns:
            for layout in (self._row, self._between):
                layout.removeWidget(column)
        for place, column in enumerate(self.columns):
            if place in (0, count - 1):
                self._row.insertWidget(0 if place == 0 else 2, column, 0, Qt.AlignmentFlag.AlignTop)
            else:
                self._between.addWidget(column, 1, Qt.AlignmentFlag.AlignTop)
        self._set_heights()

    def _show(self, point: Point, column: Column) -> None:
        age = years(point.age) if point.age is not None else ""
        if point.volume is None:
            waits = "Being rendered" if point.is_made else "Being prepared"
            column.clear("Needs a model." if self._session.model_problem else waits)
            return
        title = "" if age and point.scan is None else point.name
        prepared = point.scan is None or point.scan.source in self._session.prepared
        grid = grid_words("model", point.volume) if prepared else ""
        reply = point.picture.reply if point.picture else None
        state: StateName = reply.quality if reply else "final"
        steps = reply.calls if reply else None
        words = f"{state}, {steps_words(steps)}" if steps else ""
        if column is self.single:
            # The state first: one point does not fade into another, as its own preview would.
            column.set_state(state, steps)
            column.show_volume(point.volume, point.kind, title, age, "", words, grid)
        else:
            column.show_volume(point.volume, point.kind, title, age, "", words, grid)
            column.set_state(state, steps)

    def _show_axis(self, points: list[Point]) -> None:
        if not self._dated:
            self.axis.set_points([])
            return
        measure = self._session.workspace.film.measure
        title = self._pictures.measures.get(measure, "")
        values, lines = self._pictures.values(measure), self._pictures.through_copies(measure)
        self.axis.set_points(
            [
                AxisPoint(point.age or 0.0, point.kind, value, line, point.scan is not None)
                for point, value, line in zip(points, values, lines, strict=True)
            ],
            title if any(value is not None for value in values) else "",
        )
        self._place_axis()

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        in_time = self._session.workspace.page == "time"
        if in_time and now.crosshair != before.crosshair and self._session.workspace.film.measure == AT_CROSSHAIR:
            self._show_axis(self._pictures.points)

    # Drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        part = part_in(event.mimeData())
        if part is not None and part.what == "scan" and part.key is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """A scan of the list becomes a visit of the person on the stage. (Files: the window opens them.)"""
        part, current = part_in(event.mimeData()), self._session.current
        event.acceptProposedAction()
        if part is not None and part.key is not None and current is not None:
            ask_visit(self._session, self._session.workspace.scan(part.key), current.person)

    @property
    def _dated(self) -> bool:
        """Whether every point has its age: without, there is nothing to place on the axis."""
        return all(point.age is not None for point in self._pictures.points)

    def _place_axis(self) -> None:
        crowded = len(self.columns) > self._most()
        columns = [] if crowded or self._session.workspace.film.layout == "single" else self.columns
        self.axis.set_columns([column.mapTo(self, column.rect().center()).x() - self.axis.x() for column in columns])

    def _most(self) -> int:
        wanted = next(most for least, most in MOST_COLUMNS if self.width() >= least)
        return min(wanted, max((self.width() - 2 * EDGE + GAP) // (scaled(LEAST_COLUMN) + GAP), 3))

    def _set_heights(self) -> None:
        heights = next(heights for least, heights in ROWS if self.height() >= least)
        for column in (*self.columns, self.single):
            column.set_heights(*heights)
            column.setFixedHeight(column.sizeHint().height())
        abreast = max(min(len(self.columns), self._most()), 1)
        width = (self.width() - 2 * EDGE - (abreast - 1) * GAP) // abreast
        for place, column in enumerate(self.columns):
            if place in (0, len(self.columns) - 1):
                column.setFixedWidth(max(width, scaled(LEAST_COLUMN)))
            else:
                column.setMinimumWidth(max(width - 2, scaled(LEAST_COLUMN)))
        if self.columns:
            bar = self._scroll.horizontalScrollBar().sizeHint().height() if len(self.columns) > self._most() else 0
            self._scroll.setFixedHeight(self.columns[0].height() + bar)
            self._scroll.setMinimumWidth(0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._set_heights()

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place_axis()
        return False

    def _name(self, point: Point) -> str:
        """In the read-out: the kind's word where there is room beside its mark."""
        if point.age is None:
            return point.name
        room = READOUT_HEAD + len(self._pictures.points) * READOUT_POINT
        return f"{point.kind.word + ' ' if self.width() >= scaled(room) else ''}{years(point.age)}"

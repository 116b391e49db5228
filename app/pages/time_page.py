"""Time: two visits and the synthesised points between them, in linked columns over one axis."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.controls.time_axis import AxisPoint, TimeAxis
from app.panels.measures_panel import unit_sign
from app.panels.parts import label, years
from app.panels.readout_bar import Layer
from app.panels.timeline_panel import MEASURE
from app.session import Session
from app.stage.column import Column
from app.theme.kinds import Kind
from app.theme.style import mark
from app.time_pictures import Point, TimePictures
from engine.volume import spacing

GAP, EDGE = 6, 8
ROWS = ((1300, (350, 290, 290)), (850, (224, 184, 184)), (0, (190, 140, 140)))
"""From this height of the page on: heights of the axial, coronal and sagittal row; the axis gets the rest."""
ROOM_FOR_WORDS = 1200


class TimePage(QWidget):
    def __init__(self, session: Session, pictures: TimePictures) -> None:
        super().__init__()
        self._session, self._pictures = session, pictures
        self._chosen = 0
        mark(self, surface="stage")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(EDGE, EDGE, EDGE, 0)
        outer.setSpacing(0)
        self._row = QHBoxLayout()
        self._row.setSpacing(GAP)
        outer.addLayout(self._row)
        self.axis = TimeAxis()
        self.axis.point_clicked.connect(self.choose)
        outer.addWidget(self.axis, 1)
        self._empty: QLabel = label("Add a second visit of this person to see time.", tone="text2", type="name")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        outer.addWidget(self._empty, 1)
        self.columns: list[Column] = []
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        pictures.changed.connect(self.refresh)
        self.refresh()

    def choose(self, index: int) -> None:
        """The column that is drawn in the accent."""
        self._chosen = index
        self._mark_chosen()

    def layers(self) -> list[Layer]:
        """What the read-out reads: every column that has its volume."""
        return [
            Layer(Kind.SCAN if point.scan else Kind.SYNTHETIC, self._name(point), point.volume)
            for point in self._pictures.points
            if point.volume is not None
        ]

    def refresh(self) -> None:
        points = self._pictures.points
        self._empty.setVisible(not points)
        self.axis.setVisible(bool(points))
        if len(points) != len(self.columns):
            self._chosen = len(points) // 2
        self._stand(len(points))
        for point, column in zip(points, self.columns, strict=True):
            self._show(point, column)
        self._show_axis(points)
        self._mark_chosen()

    def _stand(self, count: int) -> None:
        """As many columns as there are points."""
        while len(self.columns) > count:
            column = self.columns.pop()
            self._row.removeWidget(column)
            column.deleteLater()
        while len(self.columns) < count:
            column = Column(self._session.link, arrangement="rows")
            column.activated.connect(partial(self.choose, len(self.columns)))
            column.installEventFilter(self)
            self._row.addWidget(column, 1)
            self.columns.append(column)
        self._set_heights()
        self._chosen = min(self._chosen, max(count - 1, 0))

    def _show(self, point: Point, column: Column) -> None:
        age = years(point.age) if point.age is not None else ""
        if point.volume is None:
            column.clear("Being rendered" if point.scan is None else "Being prepared")
            return
        grid = f"model {spacing(point.volume.affine)[0]:.1f} mm"
        if point.scan is not None:
            space = grid if point.scan.source in self._session.prepared else ""
            column.set_state("final")
            column.show_volume(point.volume, Kind.SCAN, point.scan.visit or point.scan.name, age, grid_label=space)
            return
        assert point.picture is not None
        title = "" if age else point.name
        column.show_volume(point.volume, Kind.SYNTHETIC, title, age, grid_label=grid)
        column.set_state(point.picture.reply.quality, point.picture.reply.calls)

    def _show_axis(self, points: list[Point]) -> None:
        if not self._dated:
            self.axis.set_points([])
            return
        direction = next((d for d in self._session.directions if d.name == MEASURE), None)
        values = self._pictures.values(MEASURE)
        title = f"{direction.label} read, {unit_sign(direction.unit)}" if direction and any(values) else ""
        self.axis.set_points(
            [
                AxisPoint(point.age or 0.0, Kind.SCAN if point.scan else Kind.SYNTHETIC, value)
                for point, value in zip(points, values, strict=True)
            ],
            title,
        )
        self._place_axis()

    @property
    def _dated(self) -> bool:
        """Whether every point has its age: without, there is nothing to place on the axis."""
        return all(point.age is not None for point in self._pictures.points)

    def _place_axis(self) -> None:
        self.axis.set_columns([column.geometry().center().x() - self.axis.x() for column in self.columns])

    def _mark_chosen(self) -> None:
        for index, column in enumerate(self.columns):
            column.set_selected(index == self._chosen)
        self.axis.set_selected(self._chosen if self.columns and self._dated else None)

    def _set_heights(self) -> None:
        heights = next(heights for least, heights in ROWS if self.height() >= least)
        for column in self.columns:
            column.set_heights(*heights)
            column.setFixedHeight(column.sizeHint().height())

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
        kind = "scan " if point.scan else "synthetic "
        return f"{kind if self.width() >= ROOM_FOR_WORDS else ''}{years(point.age)}"

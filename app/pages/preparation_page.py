"""Check before first use: the brain that was found over the scan, the template over what preparation made of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from app.panels.parts import KindMark, grid_words, label, row
from app.preparation_check import PreparationCheck
from app.session import Session, default_window
from app.stage.outline import WIDTH, Outline, OutlineLayer
from app.stage.slice_pane import SlicePane
from app.stage.slicing import Plane
from app.stage.view_link import ViewLink
from app.stage.view_state import Point, ViewState
from app.theme.current import colour
from app.theme.kinds import Kind, paint_kind_rule
from app.theme.style import mark
from engine.volume import Affine, Volume

EDGE, GAP = 8, 2
DASHES = (6.0, 4.0)
OUTSIDE = 70
"""Per cent of its brightness that is left to what lies outside the brain, at first."""
SHARED = ("convention", "nose", "crosshair_shown", "smooth", "zoom")
"""What both rows show alike, besides the crosshair."""


class PlaneRow(QWidget):
    """One volume in three planes under a header, with lines over them."""

    def __init__(self, link: ViewLink, title: str, *aside: QWidget) -> None:
        super().__init__()
        self._name = title
        self._title = label(title, type="name", weight="semibold")
        self._where = label(tone="text2")
        self._link = link
        self.panes = {plane: SlicePane(plane, link) for plane in Plane}
        self.layers = {plane: OutlineLayer(pane) for plane, pane in self.panes.items()}
        pictures = QHBoxLayout()
        pictures.setContentsMargins(0, 0, 0, 0)
        pictures.setSpacing(GAP)
        for plane in (Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL):
            pictures.addWidget(self.panes[plane], 1)
        head = row(KindMark(Kind.SCAN), self._title, self._where, None, *aside)
        head.setContentsMargins(8, 4, 8, 4)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        outer.addWidget(_Rule())
        outer.addSpacing(2)
        outer.addLayout(pictures, 1)

    def show_volume(self, volume: Volume | None, where: str, grid_label: str, empty: str) -> None:
        self._where.setText(where)
        for plane, pane in self.panes.items():
            pane.set_empty_text(empty if plane is Plane.CORONAL else "")
            pane.show_volume(volume, Kind.SCAN, grid_label, spoken=self._name)

    def show_outlines(self, *shown: Outline) -> None:
        for layer in self.layers.values():
            layer.show_outlines(shown)


class PreparationPage(QWidget):
    """The scan as it came above, as it was prepared below. Both crosshairs stand in the same place of the head."""

    def __init__(self, session: Session, check: PreparationCheck) -> None:
        super().__init__()
        mark(self, surface="stage")
        self._session, self._check = session, check
        self._native_link = ViewLink(parent=self)
        self._framed: tuple[Volume | None, Volume | None] = (None, None)
        self._shown: tuple[tuple[object, ...], Volume] | None = None
        self._following = False
        self._filled: Plane | None = None
        self.found = label("", tone="text2", type="note")
        self.outside = QSlider(Qt.Orientation.Horizontal)
        self.outside.setRange(0, 100)
        self.outside.setFixedWidth(70)
        self.outside.setAccessibleName("Brightness outside the brain, per cent")
        self.outside.setValue(OUTSIDE)
        self.outside.valueChanged.connect(lambda _: self.refresh())
        outside = label("outside", tone="text2", type="note")
        self.native = PlaneRow(self._native_link, "Scan", _Key(()), self.found, outside, self.outside)
        self.prepared = PlaneRow(
            session.link, "Scan, prepared", _Key(DASHES), label("template outline", tone="text2", type="note")
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(EDGE, EDGE, EDGE, 4)
        outer.setSpacing(GAP + 4)
        outer.addWidget(self.native, 1)
        outer.addWidget(self.prepared, 1)
        for shown in (self.native, self.prepared):
            for plane, pane in shown.panes.items():
                pane.double_clicked.connect(lambda plane=plane: self.fill(plane))
        check.changed.connect(self.refresh)
        session.link.changed.connect(self._follow_prepared)
        self._native_link.changed.connect(self._follow_native)
        self.refresh()

    def refresh(self) -> None:
        scan = self._check.scan
        if scan is None:
            return
        seen = self._check.seen
        prepared = self._session.prepared.get(scan.source)
        native = seen.native
        grid = grid_words(self._session.native_space(scan), native) if native else ""
        self.native.show_volume(
            self._dimmed(),
            f"as it came, {grid}" if native else "",
            grid,
            "Opening the scan",
        )
        volume = prepared.volume if prepared else None
        self.prepared.show_volume(
            volume,
            f"on the model’s grid, {grid_words('', volume).strip()}" if volume else "",
            grid_words("model", volume) if volume else "",
            self._check.problem or "Being prepared",
        )
        self.found.setText(f"brain found, {seen.millilitres:,.0f} ml" if seen.brain and prepared else "")
        self.native.show_outlines(*([Outline(seen.brain)] if seen.brain and native and prepared else []))
        self.prepared.show_outlines(*([Outline(seen.template, DASHES)] if seen.template and volume else []))
        if native is not None and not _same(self._framed, (native, seen.brain)):
            # The skull's fat would make the brain dark.
            brain = native.data if seen.brain is None else native.data * seen.brain.data
            view = self._native_link.state if self._framed[0] is native else ViewState()
            self._framed = (native, seen.brain)
            self._native_link.set(view.windowed(*default_window(brain)))
        if seen.model_from_native is not None:
            self._follow_prepared(self._session.link.state, self._session.link.state)

    def fill(self, plane: Plane | None) -> None:
        """One plane over the whole of both rows; again: back."""
        self._filled = None if self._filled else plane
        for shown in (self.native, self.prepared):
            for other, pane in shown.panes.items():
                pane.setVisible(self._filled in (None, other))

    def _dimmed(self) -> Volume | None:
        """The scan, darker outside the brain; the same object while nothing changes."""
        seen = self._check.seen
        if seen.native is None or seen.brain is None:
            return seen.native
        key = (seen.native, seen.brain, self.outside.value())
        if self._shown is None or not _same(self._shown[0], key):
            left = np.float32(self.outside.value() / 100)
            data = seen.native.data * (left + (1 - left) * seen.brain.data)
            self._shown = (key, Volume(data, seen.native.affine))
        return self._shown[1]

    def _follow_prepared(self, now: ViewState, before: ViewState) -> None:
        self._follow(self._native_link, now, self._native_from_model())

    def _follow_native(self, now: ViewState, before: ViewState) -> None:
        self._follow(self._session.link, now, self._check.seen.model_from_native)

    def _follow(self, link: ViewLink, now: ViewState, there_from_here: Affine | None) -> None:
        if self._following or self._check.scan is None:
            return
        self._following = True
        fields = {name: getattr(now, name) for name in SHARED}
        if there_from_here is not None:
            fields["crosshair"] = _moved(now.crosshair, there_from_here)
        link.change(**fields)
        self._following = False

    def _native_from_model(self) -> Affine | None:
        there = self._check.seen.model_from_native
        return None if there is None else np.asarray(np.linalg.inv(there), np.float64)


def _same(one: Sequence[object], other: Sequence[object]) -> bool:
    """The very same objects, or equal numbers: volumes are not compared voxel by voxel."""
    return all(a is b or (isinstance(a, int) and a == b) for a, b in zip(one, other, strict=True))


def _moved(point: Point, affine: Affine) -> Point:
    x, y, z = affine[:3, :3] @ np.array(point) + affine[:3, 3]
    return float(x), float(y), float(z)


class _Rule(QWidget):
    """The rule of a scan."""

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(100, 2)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        paint_kind_rule(QPainter(self), Kind.SCAN, 0, self.width(), 1, colour("text2"))


class _Key(QWidget):
    """A piece of the line that the words beside it name."""

    def __init__(self, dashes: tuple[float, ...]) -> None:
        super().__init__()
        self._dashes = dashes
        self.setFixedSize(22, 12)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        pen = QPen(QColor(colour("accent")), WIDTH)
        if self._dashes:
            pen.setDashPattern([length / WIDTH for length in self._dashes])
        with QPainter(self) as painter:
            painter.setPen(pen)
            painter.drawLine(0, 6, self.width(), 6)

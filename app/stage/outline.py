"""Lines around marked voxels, over a slice pane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.stage import slicing
from app.stage.contour import outlines
from app.stage.slice_pane import SlicePane
from app.stage.view_state import ViewState
from app.theme.tokens import PICTURE
from engine.volume import FloatArray, Volume

WIDTH = 1.6


@dataclass(frozen=True)
class Outline:
    """``volume``: 1 inside, 0 outside, on the pane's grid; ``dashes`` in pixels, empty for an unbroken line."""

    volume: Volume
    dashes: tuple[float, ...] = ()


class OutlineLayer(QWidget):
    """Lies over one pane and follows its view; the mouse goes through it."""

    def __init__(self, pane: SlicePane) -> None:
        super().__init__(pane)
        self._pane = pane
        self._outlines: tuple[Outline, ...] = ()
        self._known: tuple[object, list[QPainterPath]] | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(pane.size())
        pane.installEventFilter(self)
        pane.link.changed.connect(lambda now, before: self.update())

    def show_outlines(self, shown: Sequence[Outline]) -> None:
        if [id(one.volume) for one in shown] != [id(one.volume) for one in self._outlines]:
            self._known = None
        self._outlines = tuple(shown)
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Resize:
            self.resize(self._pane.size())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        place = self._pane.pane_map()
        if place is None or not self._outlines:
            return
        paths = self._drawn(self._pane.link.state)
        x, y, width, height = place.rectangle()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(x, y)
            for outline, path in zip(self._outlines, paths, strict=True):
                pen = QPen(QColor(PICTURE["crosshair"]), WIDTH)
                pen.setCosmetic(True)
                if outline.dashes:
                    pen.setDashPattern([length / WIDTH for length in outline.dashes])
                painter.setPen(pen)
                scaled = QPainterPath()
                for polygon in path.toSubpathPolygons():
                    scaled.addPolygon([QPointF(point.x() * width, point.y() * height) for point in polygon.toList()])
                painter.drawPath(scaled)

    def _drawn(self, view: ViewState) -> list[QPainterPath]:
        """The lines in fractions of the picture; traced again only for another slice."""
        through = self._pane.plane.through
        grid = self._outlines[0].volume.grid
        index = slicing.axes_of(grid).index(through, view.crosshair[through])
        key = (index, view.convention, view.nose)
        if self._known is None or self._known[0] != key:
            slices = [
                slicing.extract(outline.volume, self._pane.plane, index, view.convention, view.nose)
                for outline in self._outlines
            ]
            self._known = (key, [_path(marked) for marked in slices])
        return self._known[1]


def _path(marked: FloatArray) -> QPainterPath:
    rows, columns = marked.shape
    path = QPainterPath()
    for line in outlines(marked):
        path.addPolygon([QPointF((column + 0.5) / columns, (row + 0.5) / rows) for row, column in line.tolist()])
    return path

"""The line under the stage: where the crosshair is (type another place to go there), and every layer's value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.layers import Layers
from app.panels.parts import bar, column, line, tool_button
from app.stage.view_link import ViewLink
from app.stage.view_state import Point, ViewState
from app.theme import fonts
from app.theme.current import colour
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.scaled_size import keep_scaled
from app.theme.style import mark
from app.theme.tokens import MINUS, number, signed
from engine.volume import Volume, voxel_from_world

HEIGHT = 30
AXIS_LETTERS = (("R", "L"), ("A", "P"), ("S", "I"))
PLACE_WIDTH = 156
_PLACE = re.compile(r"([RLAPSI])?\s*([+-]?\d+(?:\.\d+)?)", re.IGNORECASE)

_Run = tuple[Kind | None, str, str]
"""A kind whose mark stands before, the words, their token."""
VOXEL = "voxel"
BETWEEN = 6.0
"""Pixels after each run."""
_DIVIDER: _Run = (None, "", "line")


@dataclass(frozen=True)
class Layer:
    """A volume under the crosshair and what it is called."""

    kind: Kind
    name: str
    volume: Volume


def world_text(point: Point) -> str:
    """ "R 9.0  P 20.0  S 20.0": millimetres with the letter of the side."""
    axes = zip(AXIS_LETTERS, point, strict=True)
    return "  ".join(f"{letters[0] if value >= 0 else letters[1]} {abs(value):.1f}" for letters, value in axes)


def place_from(text: str) -> Point | None:
    """Millimetres from what a person typed: "9 -20 20", "R 9, P 20, S 20", in any order where letters say which."""
    text = text.replace(MINUS, "-")
    found = _PLACE.findall(text)
    if len(found) != 3 or _PLACE.sub("", text).strip(" ,;m"):
        return None
    point: dict[int, float] = {}
    for place, (letter, figures) in enumerate(found):
        axis = next((n for n, pair in enumerate(AXIS_LETTERS) if letter.upper() in pair), place) if letter else place
        point[axis] = float(figures) * (-1 if letter and letter.upper() == AXIS_LETTERS[axis][1] else 1)
    return (point[0], point[1], point[2]) if len(point) == 3 else None


def voxel_of(volume: Volume, point: Point) -> tuple[int, int, int] | None:
    """The voxel that holds ``point`` (world millimetres), or None outside the grid."""
    index = np.rint(voxel_from_world(volume.affine, np.array(point))).astype(int)
    if np.any(index < 0) or np.any(index >= volume.data.shape):
        return None
    return int(index[0]), int(index[1]), int(index[2])


def value_text(value: float) -> str:
    """Model values lie in 0 to 1, acquired ones anywhere: three figures that matter."""
    return number(value, 3 if abs(value) < 10 else 0)


class ReadoutBar(QWidget):
    """Painted as one line, so that nothing shifts but the figures."""

    def __init__(self, link: ViewLink, stack: Layers | None = None) -> None:
        """``stack``: whose overlays are read too."""
        super().__init__()
        self._link, self._stack = link, stack
        self._layers: Sequence[Layer] = ()
        self._voxel = True
        self._difference: tuple[Volume, Volume] | None = None
        strip, layout = bar(HEIGHT - 1, "window")
        self.setLayout(column(line(), strip, spacing=0))
        self.place = QLineEdit()
        keep_scaled(self.place, PLACE_WIDTH)
        self.place.setAccessibleName("Place of the crosshair, millimetres")
        self.place.setToolTip("Type a place in mm, as 9 -20 20 or R 9 P 20 S 20")
        mark(self.place, role="bare")
        self.place.returnPressed.connect(self._go)
        self.place.editingFinished.connect(self.refresh)
        self._text = _Runs()
        layout.addWidget(self.place)
        layout.addWidget(self._text, 1)
        layout.addWidget(tool_button("copy", "Copy as text", self._copy))
        link.changed.connect(self._on_view)
        if stack is not None:
            stack.changed.connect(self.refresh)
        self.place.setVisible(False)

    @property
    def words(self) -> str:
        """The line as text, tabs between its parts."""
        texts = [text for _, text, _ in self._text.runs if text]
        return "\t".join([world_text(self._link.state.crosshair), *texts]) if texts else ""

    def show_layers(
        self, layers: Sequence[Layer], difference: tuple[Volume, Volume] | None = None, voxel: bool = True
    ) -> None:
        """``difference``: synthetic and copy, whose difference is read too. ``voxel``: with the first one's index."""
        self._layers, self._difference, self._voxel = layers, difference, voxel
        self.refresh()

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if now.crosshair != before.crosshair:
            self.refresh()

    def go_to(self) -> None:
        """Begin to type a place."""
        self.place.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.place.selectAll()

    def _go(self) -> None:
        """To what was typed, if it lies in the picture."""
        point = place_from(self.place.text())
        inside = point is not None and bool(self._layers) and voxel_of(self._layers[0].volume, point) is not None
        mark(self.place, wrong="" if inside else "true")
        if inside and point is not None:
            self._link.set(self._link.state.at(point))
            self.refresh()
        else:
            self.place.setToolTip("Three numbers in mm, inside the picture: 9 -20 20, or R 9 P 20 S 20")

    def refresh(self) -> None:
        runs: list[_Run] = []
        self.place.setVisible(bool(self._layers))
        if not (self.place.hasFocus() and self.place.isModified()):
            self.place.setText(world_text(self._link.state.crosshair))
            mark(self.place, wrong="")
        if self._layers:
            point = self._link.state.crosshair
            index = voxel_of(self._layers[0].volume, point)
            runs += [(None, "mm", "text2"), _DIVIDER]
            if self._voxel:
                voxel = "outside" if index is None else "  ".join(map(str, index))
                runs += [(None, VOXEL, "text2"), (None, voxel, "text"), _DIVIDER]
            for layer in self._layers:
                at = voxel_of(layer.volume, point)
                value = value_text(float(layer.volume.data[at])) if at else "outside"
                runs += [(layer.kind, layer.name, "text2"), (None, value, "text")]
            for row in self._stack.rows() if self._stack is not None else ():
                overlay = self._link.overlays.get(row.key)
                if overlay is not None and row.shown:
                    read = overlay.value_at(point)
                    value = overlay.words_at(point) or ("outside" if read is None else value_text(read))
                    runs += [(row.kind, "_".join(row.name.split("_")[-2:]), "text2"), (None, value, "text")]
            if self._difference is not None and index is not None:
                synthetic, copy = self._difference
                change = float(synthetic.data[index] - copy.data[index])
                runs += [(None, "synthetic − copy", "text2"), (None, signed(change, 3), "text")]
        self._text.show_runs(runs)
        self.setAccessibleName(self.words.replace("\t", " "))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.words)


class _Runs(QWidget):
    """Words in a row: a mark of a kind before some, strong ones in the stronger face."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: Sequence[_Run] = ()
        mark(self, surface="window")

    def show_runs(self, runs: Sequence[_Run]) -> None:
        self.runs = runs
        self.update()

    def fitting(self) -> Sequence[_Run]:
        """The runs; where they are wider than there is room, marks stand for names, then the voxel is left out too."""
        short = [(kind, "" if kind else text, token) for kind, text, token in self.runs]
        groups = [list(group) for divider, group in groupby(short, lambda run: run == _DIVIDER) if not divider]
        shortest = [run for group in groups if group[0][1] != VOXEL for run in group]
        for runs in (self.runs, short):
            if sum(_width(run) for run in runs) - BETWEEN <= self.width():
                return runs
        return shortest

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            x, middle = 0.0, self.height() / 2
            for kind, text, token in self.fitting():
                if kind is None and not text:
                    painter.fillRect(QRectF(x + 4, middle - 8, 1, 16), colour("line"))
                    x += 21
                    continue
                if kind is not None:
                    x += 6
                    paint_kind_mark(painter, kind, QRectF(x, middle - 6.5, 13, 13), colour("text"))
                    x += 17
                face = _face(token)
                painter.setFont(face)
                painter.setPen(colour(token))
                width = QFontMetricsF(face).horizontalAdvance(text)
                painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
                x += width + BETWEEN


def _face(token: str) -> QFont:
    return fonts.semibold() if token == "text" else fonts.font()


def _width(run: _Run) -> float:
    kind, text, token = run
    if kind is None and not text:
        return 21.0
    return (23.0 if kind is not None else 0.0) + QFontMetricsF(_face(token)).horizontalAdvance(text) + BETWEEN

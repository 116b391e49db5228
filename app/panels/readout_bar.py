"""The line under the stage: where the crosshair is (type another place to go there), and every layer's value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from shiboken6 import isValid

from app.announce import announce
from app.layers import Layers
from app.panels.parts import Sign, bar, column, line, tool_button
from app.stage.view_link import ViewLink
from app.stage.view_state import Point, ViewState
from app.theme import fonts
from app.theme.current import colour
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.scaled_size import keep_scaled
from app.theme.style import mark
from app.theme.tokens import MINUS, number, signed
from engine.volume import Grid, Volume, voxel_from_world

HEIGHT = 30
AXIS_LETTERS = (("R", "L"), ("A", "P"), ("S", "I"))
PLACE_WIDTH = 156
_PLACE = re.compile(r"([RLAPSI])?\s*([+-]?\d+(?:\.\d+)?)", re.IGNORECASE)

Part = Literal["", "voxel", "name", "overlay", "difference"]
BETWEEN = 6.0
"""Pixels after each run."""
CUT_TO = (110, 80, 50)
"""Pixels that an overlay's name is cut to, before its mark stands for it."""
NO_PLACE = "No place in the picture: type three numbers in mm, as 9 -20 20 or R 9 P 20 S 20."


class _Run(NamedTuple):
    """A kind whose mark stands before, the words, their token; ``part``: what is shortened where there is no room."""

    kind: Kind | None
    text: str
    token: str
    part: Part = ""


_DIVIDER = _Run(None, "", "line")


@dataclass(frozen=True)
class Layer:
    """A volume under the crosshair and what it is called."""

    kind: Kind
    name: str
    volume: Volume
    stored: Grid | None = None
    """As its file has it, where voxels are told by that."""


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


def voxel_of(volume: Volume | Grid, point: Point) -> tuple[int, int, int] | None:
    """The voxel that holds ``point`` (world millimetres), or None outside the grid."""
    grid = volume.grid if isinstance(volume, Volume) else volume
    index = np.rint(voxel_from_world(grid.affine, np.array(point))).astype(int)
    if np.any(index < 0) or np.any(index >= grid.shape):
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
        self.wrong = Sign("wrong", "error")
        self._had_keys: QWidget | None = None
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)
        self.place.textEdited.connect(lambda _: self._show_wrong(False))
        self.place.returnPressed.connect(self._go)
        self.place.editingFinished.connect(self.refresh)
        self._text = _Runs()
        layout.addWidget(self.place)
        layout.addWidget(self.wrong)
        layout.addWidget(self._text, 1)
        layout.addWidget(tool_button("copy", "Copy as text", self._copy))
        link.changed.connect(self._on_view)
        if stack is not None:
            stack.changed.connect(self.refresh)
        self.place.setVisible(False)
        self.wrong.setVisible(False)

    @property
    def words(self) -> str:
        """The line as text, tabs between its parts."""
        texts = [run.text for run in self._text.runs if run.text]
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
        if inside and point is not None:
            self._link.set(self._link.state.at(point))
            self._leave()
        else:
            self._show_wrong(True)
            announce(self, NO_PLACE)

    def _leave(self) -> None:
        """The keys go back to what had them before a place was typed."""
        self.place.setModified(False)
        before = self._had_keys
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.place.clearFocus()
        self.refresh()

    def _on_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        if now is self.place and before is not None:
            self._had_keys = before
        elif before is self.place and now is not None:
            self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and self.place.hasFocus():
            self._leave()
        else:
            super().keyPressEvent(event)

    def _show_wrong(self, wrong: bool) -> None:
        mark(self.place, wrong="true" if wrong else "")
        self.wrong.setVisible(wrong)
        self._show_runs()

    def refresh(self) -> None:
        self.place.setVisible(bool(self._layers))
        if not (self.place.hasFocus() and self.place.isModified()):
            self.place.setText(world_text(self._link.state.crosshair))
            mark(self.place, wrong="")
            self.wrong.setVisible(False)
        self._show_runs()

    def _show_runs(self) -> None:
        """The values, or why there is no going to the place that was typed."""
        wrong = not self.wrong.isHidden()
        self._text.show_runs([_Run(None, NO_PLACE, "error")] if wrong else self._runs() if self._layers else [])
        self._text.setToolTip(self.words.replace("\t", "  "))
        self.setAccessibleName(self.words.replace("\t", " "))

    def _runs(self) -> list[_Run]:
        point, first = self._link.state.crosshair, self._layers[0]
        runs = [_Run(None, "mm", "text2"), _DIVIDER]
        if self._voxel:
            index = voxel_of(first.stored or first.volume, point)
            voxel = "outside" if index is None else "  ".join(map(str, index))
            runs += [_Run(None, "voxel", "text2", "voxel"), _Run(None, voxel, "text", "voxel")]
            runs.append(_DIVIDER._replace(part="voxel"))
        for layer in self._layers:
            at = voxel_of(layer.volume, point)
            value = value_text(float(layer.volume.data[at])) if at else "outside"
            runs += [_Run(layer.kind, layer.name, "text2", "name"), _Run(None, value, "text")]
        for row in self._stack.rows() if self._stack is not None else ():
            overlay = self._link.overlays.get(row.key)
            if overlay is not None and row.shown:
                read = overlay.value_at(point)
                value = overlay.words_at(point) or ("outside" if read is None else value_text(read))
                name = "_".join(row.name.split("_")[-2:])
                runs += [_Run(row.kind, name, "text2", "overlay"), _Run(None, value, "text")]
        at = voxel_of(first.volume, point)
        if self._difference is not None and at is not None:
            synthetic, copy = self._difference
            change = float(synthetic.data[at] - copy.data[at])
            runs += [_Run(None, "synthetic − copy", "text2", "difference"), _Run(None, signed(change, 3), "text")]
        return runs

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
        """The runs; where they are wider than there is room, the voxel is left out and the difference called change,
        then overlays' names are cut, then marks stand for these, at last for all names."""
        told = [run for run in self.runs if run.part != "voxel"]
        told = [run._replace(text="change") if run.part == "difference" else run for run in told]
        ways = (self.runs, told, *(_cut(told, most) for most in CUT_TO), _marked(told, "overlay"))
        for runs in ways:
            if sum(map(_width, runs)) - BETWEEN <= self.width():
                return runs
        return [run for run in _marked(told, "overlay", "name") if run != _DIVIDER]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            x, middle = 0.0, self.height() / 2
            for kind, text, token, _ in self.fitting():
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


def _cut(runs: Sequence[_Run], most: int) -> list[_Run]:
    """With the names of overlays cut to ``most`` pixels."""
    metrics, side = QFontMetricsF(_face("text2")), Qt.TextElideMode.ElideMiddle
    return [
        run._replace(text=metrics.elidedText(run.text, side, most)) if run.part == "overlay" else run for run in runs
    ]


def _marked(runs: Sequence[_Run], *parts: Part) -> list[_Run]:
    """With marks alone for the names of ``parts``."""
    return [run._replace(text="") if run.part in parts else run for run in runs]


def _face(token: str) -> QFont:
    return fonts.semibold() if token == "text" else fonts.font()


def _width(run: _Run) -> float:
    kind, text, token, _ = run
    if kind is None and not text:
        return 21.0
    return (23.0 if kind is not None else 0.0) + QFontMetricsF(_face(token)).horizontalAdvance(text) + BETWEEN

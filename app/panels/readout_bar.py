"""The line under the stage: where the crosshair is, and the value of every volume there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.panels.parts import bar, column, line, tool_button
from app.stage.view_link import ViewLink
from app.stage.view_state import Point, ViewState
from app.theme import fonts
from app.theme.current import colour
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.style import mark
from app.theme.tokens import number, signed
from engine.volume import Volume, voxel_from_world

HEIGHT = 30
AXIS_LETTERS = (("R", "L"), ("A", "P"), ("S", "I"))

_Run = tuple[Kind | None, str, str]
"""A kind whose mark stands before, the words, their token."""
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

    def __init__(self, link: ViewLink) -> None:
        super().__init__()
        self._link = link
        self._layers: Sequence[Layer] = ()
        self._voxel = True
        self._difference: tuple[Volume, Volume] | None = None
        strip, layout = bar(HEIGHT - 1, "window")
        self.setLayout(column(line(), strip, spacing=0))
        self._text = _Runs()
        layout.addWidget(self._text, 1)
        layout.addWidget(tool_button("copy", "Copy as text", self._copy))
        link.changed.connect(self._on_view)

    @property
    def words(self) -> str:
        """The line as text, tabs between its parts."""
        return "\t".join(text for _, text, _ in self._text.runs if text)

    def show_layers(
        self, layers: Sequence[Layer], difference: tuple[Volume, Volume] | None = None, voxel: bool = True
    ) -> None:
        """``difference``: synthetic and copy, whose difference is read too. ``voxel``: with the first one's index."""
        self._layers, self._difference, self._voxel = layers, difference, voxel
        self.refresh()

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if now.crosshair != before.crosshair:
            self.refresh()

    def refresh(self) -> None:
        runs: list[_Run] = []
        if self._layers:
            point = self._link.state.crosshair
            index = voxel_of(self._layers[0].volume, point)
            runs += [(None, world_text(point), "text"), (None, "mm", "text2"), _DIVIDER]
            if self._voxel:
                voxel = "outside" if index is None else "  ".join(map(str, index))
                runs += [(None, "voxel", "text2"), (None, voxel, "text"), _DIVIDER]
            for layer in self._layers:
                at = voxel_of(layer.volume, point)
                value = value_text(float(layer.volume.data[at])) if at else "outside"
                runs += [(layer.kind, layer.name, "text2"), (None, value, "text")]
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

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, middle = 0.0, self.height() / 2
        for kind, text, token in self.runs:
            if not text:
                painter.fillRect(QRectF(x + 4, middle - 8, 1, 16), colour("line"))
                x += 21
                continue
            if kind is not None:
                x += 6
                paint_kind_mark(painter, kind, QRectF(x, middle - 6.5, 13, 13), colour("text"))
                x += 17
            face = fonts.semibold() if token == "text" else fonts.font()
            painter.setFont(face)
            painter.setPen(colour(token))
            width = QFontMetricsF(face).horizontalAdvance(text)
            painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width + 6

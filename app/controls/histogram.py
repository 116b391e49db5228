"""The intensity window: a histogram with two handles, two fields, Reset."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.theme import style
from app.theme.current import colour, scaled
from app.theme.scaled_size import keep_scaled
from app.theme.tokens import number, parse_number
from engine.volume import FloatArray

BARS = 104
PLOT_HEIGHT = 76
FOOT = 12
HANDLE = 5
EMPTY_COUNTS: NDArray[np.float64] = np.zeros(BARS)

End = Literal["low", "high"]


class WindowHistogram(QWidget):
    """``unit_scale``: what is written for an intensity of 1 (255 for prepared volumes in [0, 1]).

    Signals and setters speak the volume's own intensity.
    """

    window_dragged = Signal(float, float)
    window_committed = Signal(float, float)
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit_scale = 1.0
        self._written = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.plot = HistogramPlot(self)
        self.low_field, self.high_field = QLineEdit(), QLineEdit()
        self.reset_button = QPushButton("Reset")
        style.mark(self.reset_button, role="quiet")
        for field, name in ((self.low_field, "Window, black at"), (self.high_field, "Window, white at")):
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            keep_scaled(field, 62)
            field.setAccessibleName(name)
            field.editingFinished.connect(self._take_typed)
        between = QLabel("to")
        style.mark(between, tone="text3")
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.low_field)
        row.addWidget(between)
        row.addWidget(self.high_field)
        row.addStretch()
        row.addWidget(self.reset_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.plot)
        layout.addLayout(row)
        self.plot.window_dragged.connect(self.window_dragged)
        self.plot.window_dragged.connect(self._write)
        self.plot.window_committed.connect(self.window_committed)
        self.reset_button.clicked.connect(self.reset_asked)
        self._write(*self.plot.limits)

    def set_data(self, data: FloatArray | None, unit_scale: float = 1.0) -> None:
        """The volume whose voxels are counted; None: no volume."""
        self._unit_scale = unit_scale
        self.plot.set_data(data)
        self.setEnabled(data is not None)
        self._write(*self.plot.limits)

    def set_window(self, low: float, high: float) -> None:
        """Show a window set elsewhere."""
        self.plot.set_window(low, high)
        self._write(low, high)

    def _write(self, low: float, high: float) -> None:
        wide = (high - low) * self._unit_scale >= 20
        for field, value in ((self.low_field, low), (self.high_field, high)):
            written = value * self._unit_scale
            whole = wide and (abs(written) >= 10 or abs(written - round(written)) < 0.005)
            field.setText(number(written, 0 if whole else 2))
            style.mark(field, wrong="")
        self._written = (self.low_field.text(), self.high_field.text())
        self.plot.setAccessibleName("Intensity window, {} to {}".format(*self._written))

    def _take_typed(self) -> None:
        values = []
        for field, written, limit in zip(
            (self.low_field, self.high_field), self._written, self.plot.limits, strict=True
        ):
            value = parse_number(field.text())
            style.mark(field, wrong="" if value is not None else "true")
            # What was not typed stays as it is, not as it was rounded to be written.
            untouched = field.text() == written
            values.append(limit if untouched else None if value is None else value / self._unit_scale)
        low, high = values
        if low is None or high is None:
            return
        if high <= low:
            style.mark(self.low_field if self.sender() is self.low_field else self.high_field, wrong="true")
        elif (self.low_field.text(), self.high_field.text()) != self._written:
            self.set_window(low, high)
            self.window_committed.emit(low, high)


class HistogramPlot(QWidget):
    """Bars, the ramp from black to white, and the two handles below. Arrows move the handle used last."""

    window_dragged = Signal(float, float)
    window_committed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = EMPTY_COUNTS
        self._range = (0.0, 1.0)
        self._window = (0.0, 1.0)
        self._end: End = "low"
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def limits(self) -> tuple[float, float]:
        """Intensities drawn black and white."""
        return self._window

    def set_data(self, data: FloatArray | None) -> None:
        self._counts = EMPTY_COUNTS
        if data is not None:
            present = data[data != 0]
            present = present[:: max(present.size // 250_000, 1)]
            if present.size:
                low, high = min(float(present.min()), 0.0), float(np.percentile(present, 99.95)) * 1.04
                self._range = (low, max(high, low + 1e-6))
                counts, _ = np.histogram(present, BARS, self._range)
                # Whole-number intensities fall unevenly into the bars: a comb that is not in the picture.
                counts = np.convolve(counts, np.array([1, 2, 3, 2, 1]) / 9, mode="same")
                # The root keeps the small hills beside the large one visible.
                self._counts = np.sqrt(counts / max(counts.max(), 1))
        self.update()

    def set_window(self, low: float, high: float) -> None:
        self._window = (low, high)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, scaled(PLOT_HEIGHT))

    def focus_area(self) -> tuple[QRect, int]:
        x = round(self._x(self._window[0 if self._end == "low" else 1]))
        return QRect(x - HANDLE - 1, self.height() - FOOT, 2 * HANDLE + 2, FOOT - 2), 3

    def _x(self, value: float) -> float:
        low, high = self._range
        return min(max((value - low) / (high - low), 0.0), 1.0) * (self.width() - 1)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            if not self.isEnabled():
                painter.setOpacity(0.42)
            foot, height = self.height() - FOOT, self.height() - FOOT - 6
            bar = self.width() / BARS
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for index, count in enumerate(self._counts):
                tall = round(float(count) * height)
                painter.fillRect(QRectF(index * bar, foot - tall, bar * 0.72, tall), colour("text3"))
            painter.fillRect(QRectF(0, foot, self.width(), 1), colour("edge"))
            low, high = (self._x(value) for value in self._window)
            pen = QPen(colour("text2"), 1.0)
            pen.setDashPattern([3.0, 3.0])
            painter.setPen(pen)
            painter.drawLine(QPointF(low, foot), QPointF(high, 4))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("text"))
            for x in (low, high):
                top = foot + 1.5
                x = min(max(x, HANDLE), self.width() - HANDLE)
                painter.drawPolygon(
                    QPolygonF([QPointF(x, top), QPointF(x + HANDLE, top + 8), QPointF(x - HANDLE, top + 8)])
                )

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            x = event.position().x()
            low, high = (self._x(value) for value in self._window)
            self._end = "low" if abs(x - low) <= abs(x - high) else "high"
            self._dragging = True
            self._drag_to(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._dragging:
            self._drag_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._dragging:
            self._dragging = False
            self.window_committed.emit(*self._window)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self._end = "high" if self._end == "low" else "low"
                self.update()
            else:
                event.ignore()
            return
        large = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        low, high = self._range
        moved = self._window[0 if self._end == "low" else 1] + step * large * (high - low) / 255
        self._move(moved)
        self.window_committed.emit(*self._window)

    def _drag_to(self, x: float) -> None:
        low, high = self._range
        self._move(low + x / max(self.width() - 1, 1) * (high - low))

    def _move(self, value: float) -> None:
        """The end in use goes to ``value``, kept on its side of the other."""
        low, high = self._window
        least = (self._range[1] - self._range[0]) / 255
        self._window = (min(value, high - least), high) if self._end == "low" else (low, max(value, low + least))
        self.window_dragged.emit(*self._window)
        self.update()

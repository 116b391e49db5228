"""Columns under one crosshair: what Explore and Compare have in common."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.stage.column import Column, toggle_fill
from app.stage.slicing import Plane
from app.theme.style import mark

GAP, EDGE = 10, 8


class ColumnsPage(QWidget):
    """``peeking`` (Space held): every column shows its scan, in the same place."""

    peeked = Signal()
    """Space was pressed or let go."""

    def __init__(self, *columns: Column) -> None:
        super().__init__()
        mark(self, surface="stage")
        self.peeking = False
        self.columns = columns
        self.alone: Column | None = None
        """The column that fills the stage with one of its panes."""
        for column in columns:
            column.pane_double_clicked.connect(partial(self.fill_window, column))

    def set_peeking(self, peeking: bool) -> None:
        if peeking != self.peeking:
            self.peeking = peeking
            self.peeked.emit()

    def fill_window(self, column: Column, plane: Plane | None) -> None:
        """One pane over the whole stage; again: back."""
        beside = [other for other in self.columns if other is not column]
        if self.alone is not None or column.is_filled:
            self.alone = None
            toggle_fill([one for one in self.columns if one.is_filled], plane)
        else:
            self.alone = column
            column.fill_with(plane)
        for other in beside:
            other.setVisible(self.alone is None)
        self.peeked.emit()

    def fill(self, plane: Plane | None) -> None:
        """One pane over its whole column, in every column; again, or while one fills the stage: back."""
        if self.alone is not None:
            self.fill_window(self.alone, plane)
        else:
            toggle_fill(self.columns, plane)

"""Columns under one crosshair: what Explore and Compare have in common."""

from __future__ import annotations

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
        for column in columns:
            column.pane_double_clicked.connect(self.fill)

    def set_peeking(self, peeking: bool) -> None:
        if peeking != self.peeking:
            self.peeking = peeking
            self.peeked.emit()

    def fill(self, plane: Plane | None) -> None:
        """One pane over its whole column, in every column; again: back."""
        toggle_fill(self.columns, plane)

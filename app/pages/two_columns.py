"""Two columns side by side: what Explore and Compare have in common."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.stage.column import Column, toggle_fill
from app.stage.slicing import Plane
from app.theme.style import mark

GAP, EDGE = 10, 8


class TwoColumns(QWidget):
    """``peeking`` (Space held): both columns show the scan, in the same place."""

    def __init__(self, left: Column, right: Column) -> None:
        super().__init__()
        mark(self, surface="stage")
        self.peeking = False
        self.columns = (left, right)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(EDGE, EDGE, EDGE, 4)
        layout.setSpacing(GAP)
        for column in self.columns:
            layout.addWidget(column, 1)
            column.pane_double_clicked.connect(self.fill)

    def set_peeking(self, peeking: bool) -> None:
        if peeking != self.peeking:
            self.peeking = peeking
            self.refresh()

    def fill(self, plane: Plane | None) -> None:
        """One pane over its whole column, in both columns; again: back."""
        toggle_fill(self.columns, plane)

    def refresh(self) -> None:
        """Show what there is now."""
        raise NotImplementedError

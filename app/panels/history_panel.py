"""Everything that can be undone, in words; a click goes there and back."""

from __future__ import annotations

from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QUndoView

from app.panels.parts import Section

HEIGHT = 140


class HistoryPanel(Section):
    def __init__(self, stack: QUndoStack) -> None:
        super().__init__("History")
        self.view = QUndoView(stack)
        self.view.setEmptyLabel("As opened")
        self.view.setAccessibleName("History")
        self.view.setFixedHeight(HEIGHT)
        self.body.addWidget(self.view)

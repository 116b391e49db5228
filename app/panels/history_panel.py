"""Everything that can be undone, in words; a click goes there and back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QListView, QUndoView

from app.panels.parts import Section
from app.theme.current import scaled

LEAST_HEIGHT = 84
"""Three lines; it takes what room is left."""


class HistoryPanel(Section):
    def __init__(self, stack: QUndoStack) -> None:
        super().__init__("History")
        self.view = QUndoView(stack)
        self.view.setEmptyLabel("As opened")
        self.view.setAccessibleName("History")
        self.view.setMinimumHeight(scaled(LEAST_HEIGHT))
        self.view.setWordWrap(True)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.body.addWidget(self.view)

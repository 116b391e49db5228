"""A name that gives way: cut in its middle where there is no room, whole in its tool tip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel

LEAST = 24
"""Pixels: room for the sign of what was cut."""


class ElidedLabel(QLabel):
    """``text()`` stays whole, for readers too."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(LEAST, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        with QPainter(self) as painter:
            side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            self.style().drawItemText(
                painter, self.rect(), int(side), self.palette(), self.isEnabled(), words, self.foregroundRole()
            )

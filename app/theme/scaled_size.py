"""Fixed sizes that grow with the text size, also when it is changed later."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from app.theme.current import scaled


def keep_scaled(widget: QWidget, width: int | None = None, height: int | None = None) -> None:
    """``width``, ``height``: at the normal text size, and the least there is."""
    _ScaledSize(widget, width, height)


class _ScaledSize(QObject):
    def __init__(self, widget: QWidget, width: int | None, height: int | None) -> None:
        super().__init__(widget)
        self._widget, self._width, self._height = widget, width, height
        widget.installEventFilter(self)
        self._apply()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.StyleChange:
            self._apply()
        return False

    def _apply(self) -> None:
        if self._width is not None:
            self._widget.setFixedWidth(max(scaled(self._width), self._width))
        if self._height is not None:
            self._widget.setFixedHeight(max(scaled(self._height), self._height))

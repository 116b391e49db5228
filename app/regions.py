"""From part to part of the window by one key, whatever lies between: F6 and Shift+F6."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

SHORTCUT = Qt.FocusReason.ShortcutFocusReason


def step(regions: Callable[[], Sequence[QWidget]], by: int) -> None:
    """The focus goes ``by`` regions on, round at the ends; those in which nothing can take it are passed over."""
    now = QApplication.focusWidget()
    stops = [(region, stop) for region in regions() if region.isVisible() and (stop := first_stop(region)) is not None]
    if not stops:
        return
    here = next((place for place, (region, _) in enumerate(stops) if _holds(region, now)), -1 if by > 0 else 0)
    _, stop = stops[(here + by) % len(stops)]
    stop.setFocus(SHORTCUT)


def first_stop(region: QWidget) -> QWidget | None:
    """Where Tab would arrive first, but for the “?” beside a title."""
    at = region
    while True:
        takes = at.focusPolicy() & Qt.FocusPolicy.TabFocus and at.isEnabled() and at.isVisible()
        if _holds(region, at) and takes and at.property("role") != "help":
            return at
        following = at.nextInFocusChain()
        if following is None or following is region:
            return None
        at = following


def _holds(region: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and (widget is region or region.isAncestorOf(widget))

"""Icons by our own names, drawn in the colours of the theme in use.

A glyph is looked up and coloured when it is painted, so an icon handed to a button once follows every later change of
theme. Only the two fonts that are used are loaded: qtawesome's own singleton loads twelve.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPixmap

from app.theme.current import colour

if TYPE_CHECKING:
    from qtawesome.iconic_font import IconicFont

OFF_OPACITY = 0.38

GLYPHS = {
    "explore": "ph.sliders-horizontal",
    "compare": "mdi6.compare",
    "time": "ph.chart-line",
    "undo": "ph.arrow-u-up-left",
    "redo": "ph.arrow-u-up-right",
    "keys": "ph.keyboard",
    "theme": "ph.circle-half",
    "settings": "ph.gear-six",
    "export": "ph.export",
    "crosshair": "ph.crosshair-simple",
    "ruler": "ph.ruler",
    "bookmark": "ph.bookmark-simple",
    "fit": "ph.corners-out",
    "contrast": "mdi6.circle-half-full",
    "smooth": "mdi6.blur",
    "four": "ph.squares-four",
    "columns": "ph.columns",
    "columns-outline": "mdi6.view-column-outline",
    "rows": "ph.rows",
    "grid": "ph.grid-four",
    "link": "ph.link-simple",
    "unlinked": "ph.link-break",
    "flip": "mdi6.flip-horizontal",
    "nose": "ph.user",
    "scans": "ph.tree-structure",
    "layers": "ph.stack",
    "note": "ph.note-pencil",
    "add": "ph.plus",
    "search": "ph.magnifying-glass",
    "open-branch": "ph.caret-down",
    "closed-branch": "ph.caret-right",
    "seen": "ph.eye",
    "hidden": "ph.eye-slash",
    "reset": "ph.arrow-counter-clockwise",
    "keep": "ph.push-pin",
    "help": "ph.question",
    "copy": "ph.copy",
    "play": "ph.play-fill",
    "pause": "ph.pause-fill",
    "previous": "ph.skip-back",
    "next": "ph.skip-forward",
    "loop": "ph.repeat",
    "bounce": "ph.arrows-left-right",
    "history": "ph.clock-counter-clockwise",
    "cpu": "ph.cpu",
    "gpu": "mdi6.expansion-card",
    "folder": "ph.folder-open",
    "disc": "ph.disc",
    "save": "ph.floppy-disk",
    "table": "ph.table",
    "close": "ph.x",
    "held": "ph.lock-simple",
    "free": "ph.lock-simple-open",
    "passed": "ph.check-circle",
    "check": "ph.check-bold",
    "warning": "ph.warning",
    "warning-filled": "ph.warning-fill",
    "wrong": "ph.warning-circle",
    "stopped": "ph.warning-octagon",
    "cube": "ph.cube",
    "dock": "mdi6.dock-left",
    "wipe": "mdi6.unfold-more-horizontal",
    "more": "ph.dots-three",
}


@cache
def _iconic() -> IconicFont:
    import qtawesome
    from qtawesome.iconic_font import IconicFont

    used = {name.split(".")[0] for name in GLYPHS.values()}
    return IconicFont(*(font for font in qtawesome._BUNDLED_FONTS if font[0] in used))


def paint_icon(painter: QPainter, name: str, rect: QRectF, color: QColor) -> None:
    """The glyph ``name`` centred in ``rect`` at its full height."""
    prefix, glyph = GLYPHS[name].split(".")
    iconic: Any = _iconic()
    painter.save()
    painter.setFont(iconic.font(prefix, round(min(rect.width(), rect.height()))))
    painter.setPen(color)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, iconic.charmap[prefix][glyph])
    painter.restore()


class _ThemedIcon(QIconEngine):
    def __init__(self, name: str, token: str, on_token: str) -> None:
        super().__init__()
        self._name, self._token, self._on_token = name, token, on_token

    def clone(self) -> QIconEngine:
        return _ThemedIcon(self._name, self._token, self._on_token)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        token = self._on_token if state == QIcon.State.On else self._token
        opacity = OFF_OPACITY if mode == QIcon.Mode.Disabled else 1.0
        paint_icon(painter, self._name, QRectF(rect), colour(token, opacity))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture


@cache
def icon(name: str, token: str = "text2", on_token: str = "text") -> QIcon:
    """The icon ``name``; ``token`` colours it, ``on_token`` while its button is checked. KeyError: no such name."""
    if name not in GLYPHS:
        raise KeyError(name)
    return QIcon(_ThemedIcon(name, token, on_token))


def pixmap(name: str, size: int, color: QColor) -> QPixmap:
    """A picture of the icon, sharp on the densest screen in use."""
    ratio = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint_icon(painter, name, QRectF(0, 0, size, size), color)
    painter.end()
    return picture

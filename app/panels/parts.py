"""Small pieces that panels are put together from."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWhatsThis,
    QWidget,
)

from app import bindings
from app.help import HELP
from app.stage.slicing import axes_of
from app.theme import icons
from app.theme.current import colour
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.scaled_size import keep_scaled
from app.theme.style import mark
from app.theme.tokens import ICON_SIZE, ROW_HEIGHT
from engine.volume import Volume

ALIKE_MM = 0.05
"""Voxel edges that differ by less are told as one."""

AROUND = QSize(80, 180)
"""Of a dialog around what is scrolled in it: margins, title, buttons, and the window manager's frame."""
LONGEST_WORD = 16
"""Letters; what is longer, mostly the name of a file, may be broken."""
BREAK = "\u200b"
"""No width: only here a line may end."""


class KindMark(QWidget):
    """The mark of a kind, as tall as a line of text."""

    def __init__(self, kind: Kind, size: int = 14, token: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind, self._token = kind, token
        self.setFixedSize(size, size)

    def set_kind(self, kind: Kind) -> None:
        self._kind = kind
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            paint_kind_mark(painter, self._kind, QRectF(self.rect()), colour(self._token))


class Sign(QWidget):
    """An icon that stands for itself, no button; it follows the theme."""

    def __init__(self, name: str, token: str, size: int = 14) -> None:
        super().__init__()
        self._name, self._token = name, token
        self.setFixedSize(size, size)

    def show_icon(self, name: str, token: str) -> None:
        self._name, self._token = name, token
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        icons.paint_icon(QPainter(self), self._name, QRectF(self.rect()), colour(self._token))


def label(text: str = "", **properties: str) -> QLabel:
    """A label with the properties ``style`` knows: tone, type, weight."""
    made = QLabel(text)
    mark(made, **properties)
    return made


class _Wrapped(QLabel):
    """Long words are broken after their signs, or anywhere: else one would be the least width of a whole panel."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802
        super().setText(re.sub(rf"\S{{{LONGEST_WORD + 1},}}", _breakable, text))

    def text(self) -> str:
        return super().text().replace(BREAK, "")


def _breakable(word: re.Match[str]) -> str:
    return re.sub(rf"[_.-]|[^_.-]{{{LONGEST_WORD}}}", rf"\g<0>{BREAK}", word[0])


def wrapped(text: str = "", **properties: str) -> QLabel:
    made = _Wrapped(text)
    mark(made, **properties)
    return made


class _ToolButton(QToolButton):
    """Its tool tip ends with the key that does the same under the habits in use."""

    def __init__(self, words: str, action: str) -> None:
        super().__init__()
        self._words, self._action = words, action
        self.setAccessibleName(words)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self.setToolTip(bindings.current().tip(self._words, self._action))
        return super().event(event)


def tool_button(
    icon: str,
    words: str,
    clicked: Callable[[], object],
    checkable: bool = False,
    action: str = "",
    size: int = ROW_HEIGHT,
) -> QToolButton:
    """A square with one icon; ``words`` are tool tip and accessible name, ``action`` what the bindings call it."""
    button = _ToolButton(words, action)
    mark(button, role="tool")
    button.setIcon(icons.icon(icon))
    button.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
    keep_scaled(button, size, size)
    button.setCheckable(checkable)
    button.clicked.connect(lambda _=False: clicked())
    return button


def quiet_button(text: str, clicked: Callable[[], object], icon: str = "") -> QPushButton:
    button = QPushButton(text)
    mark(button, role="quiet")
    if icon:
        button.setIcon(icons.icon(icon))
        button.setIconSize(QSize(14, 14))
    button.clicked.connect(lambda _=False: clicked())
    return button


def line(vertical: bool = False, length: int | None = None) -> QFrame:
    made = QFrame()
    mark(made, surface="line")
    if vertical:
        made.setFixedWidth(1)
        if length:
            made.setFixedHeight(length)
    else:
        made.setFixedHeight(1)
    return made


def bar(height: int, surface: str, left: int = 16, right: int = 16, spacing: int = 8) -> tuple[QWidget, QHBoxLayout]:
    """A horizontal strip of fixed height, and the layout to fill it by."""
    strip = QWidget()
    strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    mark(strip, surface=surface)
    keep_scaled(strip, height=height)
    layout = QHBoxLayout(strip)
    layout.setContentsMargins(left, 0, right, 0)
    layout.setSpacing(spacing)
    return strip, layout


def row(*parts: QWidget | QLayout | int | None, spacing: int = 8) -> QHBoxLayout:
    """Widgets and layouts side by side; a number is a gap, None takes the room that is left."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    _fill(layout, parts)
    return layout


def column(*parts: QWidget | QLayout | int | None, spacing: int = 8) -> QVBoxLayout:
    """The same from top to bottom."""
    layout = QVBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    _fill(layout, parts)
    return layout


def _fill(layout: QHBoxLayout | QVBoxLayout, parts: tuple[QWidget | QLayout | int | None, ...]) -> None:
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(part)
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)


def clear(layout: QLayout) -> None:
    """Take every widget out of ``layout`` and away."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.deleteLater()
    layout.invalidate()  # an emptied grid keeps the size of its rows else


def _help(title: str) -> QToolButton:
    """A “?” that says what the panel ``title`` is for."""
    button = tool_button(
        "help", f"What is {title}?", lambda: QWhatsThis.showText(_below(button), HELP[title], button), size=18
    )
    mark(button, role="help")
    button.setIconSize(QSize(14, 14))
    return button


def _below(widget: QWidget) -> QPoint:
    return widget.mapToGlobal(widget.rect().bottomLeft())


class Section(QWidget):
    """A titled part of a side panel; further parts go into ``body``."""

    def __init__(self, title: str, *aside: QWidget) -> None:
        super().__init__()
        self.title = label(title, weight="semibold")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 12, 16, 16)
        self.body.setSpacing(8)
        self._head = row(self.title, *([_help(title)] if title in HELP else []), None, *aside)
        self.body.addLayout(self._head)
        self.setAccessibleName(title)

    def add_aside(self, widget: QWidget) -> None:
        """At the right end of the title's line."""
        self._head.addWidget(widget)


class Scrolled(QScrollArea):
    """``inside`` in a dialog over ``window``: as large as it is, as far as there is room on the screen."""

    def __init__(self, inside: QWidget, window: QWidget) -> None:
        super().__init__()
        self._inside, self._window = inside, window
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(inside, surface="window")
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def sizeHint(self) -> QSize:  # noqa: N802
        room = self.screen().availableSize().expandedTo(self._window.size())
        whole = self._inside.sizeHint()
        bar = self.verticalScrollBar().sizeHint().width() if whole.height() > room.height() - AROUND.height() else 0
        return (whole + QSize(bar, 0)).boundedTo(room - AROUND)


def years(age: float) -> str:
    """An age as headers and lists write it: "61.5 y"."""
    return f"{age:.1f} y"


def grid_words(space: str, volume: Volume) -> str:
    """Which grid a view shows: "model 2.0 mm", "native 1.0 × 1.0 × 2.0 mm" along the world's x, y, z."""
    edges = [abs(step) for step in axes_of(volume.grid).step]
    alike = max(edges) - min(edges) <= ALIKE_MM
    return f"{space} {' × '.join(f'{edge:.1f}' for edge in (edges[:1] if alike else edges))} mm"

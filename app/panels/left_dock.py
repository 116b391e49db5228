"""The left side: the panel itself where there is room, else a rail whose icons open it over the stage."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from app.layers import Layers
from app.panels.history_panel import HistoryPanel
from app.panels.layers_panel import LayersPanel
from app.panels.parts import Section, line, tool_button
from app.panels.scans_panel import ScansPanel
from app.panels.window_panel import WindowPanel
from app.regions import first_stop
from app.session import Session
from app.theme.current import wider
from app.theme.scaled_size import keep_scaled
from app.theme.style import mark

RAIL = 48
RAIL_ICONS = (
    ("scans", "Scans"),
    ("layers", "Layers"),
    ("contrast", "Window"),
    ("note", "Note"),
    ("history", "History"),
)


class NotePanel(Section):
    """What the user writes about the scan on the stage."""

    def __init__(self, session: Session) -> None:
        super().__init__("Note")
        self._session = session
        self._key: str | None = None
        self.text = QPlainTextEdit()
        self.text.setPlaceholderText("About this scan")
        self.text.setAccessibleName("Note")
        self.text.setTabChangesFocus(True)
        keep_scaled(self.text, height=64)
        self.body.addWidget(self.text)
        self.text.textChanged.connect(self._keep)
        session.document_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        workspace = self._session.workspace
        self.text.setEnabled(workspace.current is not None)
        note = workspace.notes.get(workspace.current or "", "")
        if workspace.current != self._key or note != self.text.toPlainText():
            self._key = workspace.current
            self.text.blockSignals(True)
            self.text.setPlainText(note)
            self.text.blockSignals(False)

    def _keep(self) -> None:
        if self._key is not None:
            self._session.set_note(self._key, self.text.toPlainText())


class LeftDock(QWidget):
    """``set_railed`` folds it; the panel then floats beside the rail while one of its icons is pressed."""

    def __init__(self, session: Session, layers: Layers) -> None:
        super().__init__()
        mark(self, surface="panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._railed = False
        self._width = 240
        self._opened: Section | None = None
        self.scans = ScansPanel(session)
        self.layers = LayersPanel(layers)
        self.window_panel = WindowPanel(session, layers)
        self.panel = QWidget(self)
        self.panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self.panel, surface="panel")
        inside = QWidget()
        self._area = QScrollArea()
        self._area.setWidget(inside)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self.panel)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._area)
        parts = QVBoxLayout(inside)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(0)
        parts.addWidget(self.scans)
        self.history = HistoryPanel(session.undo_stack)
        self._sections: tuple[Section, ...]
        self._sections = (self.scans, self.layers, self.window_panel, NotePanel(session), self.history)
        for below in self._sections[1:]:
            parts.addWidget(line())
            parts.addWidget(below, 1 if below is self.history else 0)
        self._rail = QWidget()
        icons = QVBoxLayout(self._rail)
        icons.setContentsMargins(10, 12, 10, 12)
        icons.setSpacing(8)
        for (icon, tip), section in zip(RAIL_ICONS, self._sections, strict=True):
            icons.addWidget(tool_button(icon, tip, partial(self._toggle, section)))
        icons.addStretch(1)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._rail)
        outer.addWidget(self.panel)
        outer.addWidget(line(vertical=True))
        self.panel.installEventFilter(self)
        self._lay_out()

    def set_folded(self, railed: bool, width: int) -> None:
        if (railed, width) != (self._railed, self._width):
            self._railed, self._width = railed, width
            self._lay_out()

    def _lay_out(self) -> None:
        self._rail.setVisible(self._railed)
        self.setFixedWidth(RAIL if self._railed else self._width)
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        if self._railed:
            layout.removeWidget(self.panel)
            self.panel.setParent(self.window() if self.window() is not self else self)
            self.panel.hide()
        else:
            self.panel.setParent(self)
            layout.insertWidget(1, self.panel)
            self.panel.show()

    def regions(self) -> list[QWidget]:
        """What F6 stops at: the sections, or the rail where they are folded away."""
        return list(self._sections) if self.panel.isVisible() else [self._rail]

    def _toggle(self, section: Section) -> None:
        """Open the panel at ``section``; what was opened by the same icon, close."""
        if self.panel.isVisible() and self._opened is section:
            self.panel.hide()
            return
        self._opened = section
        self.panel.setParent(self.window())
        corner = self.mapTo(self.window(), self.rect().topRight())
        self.panel.setGeometry(corner.x(), corner.y(), wider(240), self.height())
        self.panel.show()
        self.panel.raise_()
        self._area.ensureWidgetVisible(section)
        stop = first_stop(section)
        if stop is not None:
            stop.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.window().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        closes = event.type() == QEvent.Type.Resize and watched is self.window()
        if event.type() == QEvent.Type.KeyPress and watched is self.panel and isinstance(event, QKeyEvent):
            closes = event.key() == Qt.Key.Key_Escape
        if closes and self._railed:
            self.panel.hide()
        return False

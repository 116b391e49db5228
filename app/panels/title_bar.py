"""The bar at the head of the window: whose workspace, which page, undo, theme, settings, export."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from app.panels.parts import bar, column, label, line, row, tool_button
from app.session import Session
from app.theme import icons
from app.theme.mark import Mark
from app.theme.style import mark
from app.workspace.document import Page

HEIGHT = 44
PAGES: tuple[tuple[Page, str, str], ...] = (
    ("explore", "Explore", "explore"),
    ("compare", "Compare", "compare"),
    ("time", "Time", "time"),
)


class TitleBar(QWidget):
    theme_asked = Signal()
    keys_asked = Signal()
    settings_asked = Signal()
    export_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        strip, layout = bar(HEIGHT - 1, "window")
        self.setLayout(column(strip, line(), spacing=0))
        self._name = label(tone="text2", type="name")
        self._edited = label("edited", tone="text3")
        self._divider = line(vertical=True, length=20)
        name = label("Neurolapse", type="name", weight="semibold")
        left = row(Mark(), name, 4, self._divider, 4, self._name, self._edited)
        self._tabs = QWidget()
        tabs = QHBoxLayout(self._tabs)
        tabs.setContentsMargins(0, 0, 0, 0)
        tabs.setSpacing(0)
        self._group = QButtonGroup(self)
        self.tabs: dict[Page, QPushButton] = {}
        for page, words, icon in PAGES:
            tab = QPushButton(f" {words}")
            tab.setAccessibleName(words)
            tab.setCheckable(True)
            tab.setIcon(icons.icon(icon))
            tab.setIconSize(QSize(17, 17))
            mark(tab, role="tab")
            tab.clicked.connect(lambda _=False, page=page: session.set_page(page))
            self._group.addButton(tab)
            tabs.addWidget(tab)
            self.tabs[page] = tab
        undo = tool_button("undo", "Undo", session.undo_stack.undo, action="undo")
        redo = tool_button("redo", "Redo", session.undo_stack.redo, action="redo")
        for button, can in ((undo, session.undo_stack.canUndoChanged), (redo, session.undo_stack.canRedoChanged)):
            button.setEnabled(False)
            can.connect(button.setEnabled)
        self.export = QPushButton(" Export")
        self.export.setAccessibleName("Export")
        self.export.setIcon(icons.icon("export", "text"))
        self.export.setIconSize(QSize(16, 16))
        self.export.setToolTip("Export  Ctrl+E")
        self.export.clicked.connect(lambda _=False: self.export_asked.emit())
        right = row(
            undo,
            redo,
            4,
            line(vertical=True, length=16),
            4,
            tool_button("keys", "Mouse and keys", self.keys_asked.emit, action="keys"),
            tool_button("theme", "Dark or light", self.theme_asked.emit),
            tool_button("settings", "Settings", self.settings_asked.emit),
            4,
            line(vertical=True, length=16),
            4,
            self.export,
            spacing=4,
        )
        # Equal stretch on both sides keeps the tabs in the middle of the window.
        for part, stretch in ((_boxed(row(left, None)), 1), (self._tabs, 0), (_boxed(row(None, right)), 1)):
            layout.addWidget(part, stretch)
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        # A method, not a lambda: Qt lets go of it with the widget, and the stack may change later than that.
        session.undo_stack.indexChanged.connect(self.refresh)
        self.refresh()

    def refresh(self, _index: int = 0) -> None:
        workspace = self._session.workspace
        open_ = bool(workspace.scans)
        self._name.setText(self._session.name)
        self._edited.setVisible(open_ and self._session.edited)
        for part in (self._name, self._divider, self._tabs):
            part.setVisible(open_)
        # On the preparation page none of them: it is left by an answer, or by any of them.
        self._group.setExclusive(False)
        for page, tab in self.tabs.items():
            tab.setChecked(page == workspace.page)
        self._group.setExclusive(True)
        scan = self._session.current
        self.export.setEnabled(scan is not None and scan.source in self._session.prepared)


def _boxed(layout: QHBoxLayout) -> QWidget:
    """Both sides get the same width only as widgets that may shrink."""
    box = QWidget()
    box.setLayout(layout)
    box.setMinimumWidth(0)
    policy = box.sizePolicy()
    policy.setHorizontalPolicy(policy.Policy.Ignored)
    box.setSizePolicy(policy)
    return box

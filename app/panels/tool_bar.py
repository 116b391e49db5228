"""What is done to the view: crosshair, ruler, bookmarks, fit, window mode, smoothing, layout, change map, sides."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton, QWidget

from app.layers import NO_CHANGE, Layers
from app.panels.compare_bar import CompareBar
from app.panels.parts import bar, column, line, quiet_button, row, tool_button
from app.panels.time_bar import TimeBar
from app.panels.view_menus import BookmarksMenu, LayoutMenu, RulerMenu
from app.session import Session
from app.stage.view_state import ViewState
from app.theme import icons
from app.theme.style import mark
from app.theme.tokens import ICON_SIZE
from app.workspace.document import Page

HEIGHT = 36


class ToolBar(QWidget):
    """``difference`` is seen on Explore only, ``compare`` on Compare, ``time`` on Time. Where there is no room for all,
    the page's own part gives up words first, then the sides; then tools go behind ``more``."""

    def __init__(self, session: Session, layers: Layers, compare: CompareBar, time: TimeBar) -> None:
        super().__init__()
        link = session.link
        self._link, self._layers, self._compare, self._time = link, layers, compare, time
        self._narrow = False
        self._strip, layout = bar(HEIGHT - 1, "window", left=8, spacing=4)
        self.setLayout(column(self._strip, line(), spacing=0))
        self.crosshair = tool_button("crosshair", "Crosshair", self._toggle_crosshair, True, "crosshair shown")
        self.ruler = tool_button("ruler", "Measure by drag; menu by right click", self._toggle_ruler, True, "ruler")
        self.rulers, self.bookmarks = RulerMenu(session, self), BookmarksMenu(session, self)
        self.ruler.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.ruler.customContextMenuRequested.connect(lambda _: _drop(self.rulers, self.ruler))
        self.bookmark = tool_button("bookmark", "Bookmarks", self.show_bookmarks, action="bookmarks")
        self.layouts = LayoutMenu(link, self)
        self.layout_button = tool_button("four", "Layout and lightbox", self.show_layouts, action="next layout")
        self.windowing = tool_button("contrast", "Window by drag", self._toggle_windowing, checkable=True)
        self.smooth = tool_button("smooth", "Smooth between voxels", self._toggle_smooth, checkable=True)
        fit = tool_button("fit", "Fit the pictures", lambda: link.set(link.state.fitted()), action="fit")
        self.difference = QToolButton()
        self.difference.setText(" Change map ")
        self.difference.setAccessibleName("Change map")
        self.difference.setIcon(icons.icon("compare"))
        self.difference.setCheckable(True)
        mark(self.difference, role="tool")
        self.difference.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self.difference.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.difference.clicked.connect(lambda _=False: self.toggle_difference())
        self.sides: QPushButton = quiet_button("", self._flip_sides, "flip")
        self.nose: QPushButton = quiet_button("", self._flip_nose, "nose")
        self.more = tool_button("more", "More tools", self._show_more)
        self.tools = (self.crosshair, self.ruler, self.bookmark, fit, self.windowing, self.smooth, self.layout_button)
        divider = line(vertical=True, length=16)
        layout.addLayout(
            row(
                *self.tools,
                self.more,
                4,
                divider,
                4,
                self.difference,
                compare,
                time,
                spacing=4,
            )
        )
        layout.addStretch(1)
        layout.addLayout(row(self.sides, line(vertical=True, length=16), self.nose, spacing=4))
        link.changed.connect(lambda now, before: self._show(now))
        link.mode_changed.connect(self._show_mode)
        layers.changed.connect(self._show_difference)
        session.document_changed.connect(self.fit)
        self._show(link.state)
        self._show_difference()

    def set_page(self, page: Page) -> None:
        self.layout_button.setEnabled(page != "time")  # which has layouts of its own
        self.difference.setVisible(page == "explore")
        self._compare.setVisible(page == "compare")
        self._time.setVisible(page == "time")
        self.fit()

    def fit(self) -> None:
        """As many words as there is room for."""
        self.difference.setMinimumWidth(
            self.difference.fontMetrics().horizontalAdvance(self.difference.text()) + ICON_SIZE + 12
        )
        everything = len(self.tools)
        for tools, parts, sides in (
            (everything, 0, False),
            (everything, 1, False),
            (everything, 1, True),
            (2, 1, True),
            (0, 1, True),
            (0, 2, True),
        ):
            self._compare.set_narrow(parts)
            self._time.set_narrow(parts)
            if sides != self._narrow:
                self._narrow = sides
                self._show(self._link.state)
            for place, tool in enumerate(self.tools):
                tool.setVisible(place < tools)
            self.more.setVisible(tools < everything)
            self.nose.setVisible(tools > 0)
            if self._wanted_width() <= self.width():
                return

    def _wanted_width(self) -> int:
        """Of all that is shown now; without ``activate`` layouts answer by what was shown before."""
        for part in (self._compare, self._time, self._strip):
            layout = part.layout()
            assert layout is not None
            layout.activate()
            part.updateGeometry()
        return self._strip.sizeHint().width()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self.fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.StyleChange:
            QTimer.singleShot(0, self, self.fit)  # once the words have their new size
        super().changeEvent(event)

    def toggle_difference(self) -> None:
        self._layers.toggle_change_map()

    def _show_difference(self) -> None:
        """Grey while there is no change to draw, with the reason."""
        there = self._layers.has_change
        self.difference.setEnabled(there)
        self.difference.setToolTip("Synthetic − copy, signed  Shift+D" if there else NO_CHANGE)

    def show_bookmarks(self) -> None:
        _drop(self.bookmarks, self.bookmark)

    def show_layouts(self) -> None:
        _drop(self.layouts, self.layout_button)

    def show_rulers(self) -> None:
        _drop(self.rulers, self.ruler)

    def _show(self, view: ViewState) -> None:
        self.crosshair.setChecked(view.crosshair_shown)
        self.smooth.setChecked(view.smooth)
        self.difference.setChecked(view.overlay.shown)
        radiological = view.convention == "radiological"
        words = "Radiological, R on the left" if radiological else "Neurological, L on the left"
        self.sides.setText(words.partition(", ")[2] if self._narrow else words)
        self.sides.setAccessibleName(words)
        self.nose.setText(self._nose_words())

    def _nose_words(self) -> str:
        return "Nose left" if self._link.state.nose == "left" else "Nose right"

    def _show_more(self) -> None:
        """The tools there is no room for."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for tool in self.tools:
            if tool.isHidden():
                action = menu.addAction(tool.icon(), tool.accessibleName(), tool.click)
                action.setEnabled(tool.isEnabled())
                action.setCheckable(tool.isCheckable())
                action.setChecked(tool.isChecked())
        if self.nose.isHidden():
            menu.addAction(self.nose.icon(), self._nose_words(), self._flip_nose)
        _drop(menu, self.more)

    def _toggle_crosshair(self) -> None:
        self._link.change(crosshair_shown=not self._link.state.crosshair_shown)

    def _show_mode(self, mode: str) -> None:
        self.windowing.setChecked(mode == "window")
        self.ruler.setChecked(mode == "ruler")

    def _toggle_ruler(self) -> None:
        self._link.set_mode("" if self._link.mode == "ruler" else "ruler")

    def _toggle_windowing(self) -> None:
        self._link.set_mode("" if self._link.mode == "window" else "window")

    def _toggle_smooth(self) -> None:
        self._link.change(smooth=not self._link.state.smooth)

    def _flip_sides(self) -> None:
        radiological = self._link.state.convention == "radiological"
        self._link.change(convention="neurological" if radiological else "radiological")

    def _flip_nose(self) -> None:
        self._link.change(nose="right" if self._link.state.nose == "left" else "left")


def _drop(menu: QMenu, button: QToolButton) -> None:
    """The menu below its button; below the bar's left end where that is hidden."""
    bar = button.parentWidget()
    menu.popup(
        bar.mapToGlobal(bar.rect().bottomLeft())
        if button.isHidden() and bar is not None
        else button.mapToGlobal(button.rect().bottomLeft())
    )

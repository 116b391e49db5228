"""What is done to the view: crosshair, ruler, bookmarks, fit, window mode, smoothing, layout, change map, sides."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton, QWidget

from app.layers import Layers
from app.panels.parts import bar, column, line, quiet_button, row, tool_button
from app.panels.view_menus import BookmarksMenu, LayoutMenu, RulerMenu
from app.session import Session
from app.stage.view_state import ViewState
from app.theme import icons
from app.theme.style import mark
from app.theme.tokens import ICON_SIZE
from app.workspace.document import Page

HEIGHT = 36


class ToolBar(QWidget):
    """``difference`` is seen on Explore only, ``compare`` on Compare, ``time`` on Time."""

    def __init__(self, session: Session, layers: Layers, compare: QWidget, time: QWidget) -> None:
        super().__init__()
        link = session.link
        self._link, self._layers, self._compare, self._time = link, layers, compare, time
        self._narrow = False
        strip, layout = bar(HEIGHT - 1, "window", left=8, spacing=4)
        self.setLayout(column(strip, line(), spacing=0))
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
        self.difference.setToolTip("Synthetic − copy, signed  Shift+D")
        self.difference.setCheckable(True)
        mark(self.difference, role="tool")
        self.difference.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self.difference.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.difference.clicked.connect(lambda _=False: self.toggle_difference())
        self.sides: QPushButton = quiet_button("", self._flip_sides, "flip")
        self.nose: QPushButton = quiet_button("", self._flip_nose, "nose")
        divider = line(vertical=True, length=16)
        layout.addLayout(
            row(
                self.crosshair,
                self.ruler,
                self.bookmark,
                fit,
                self.windowing,
                self.smooth,
                self.layout_button,
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
        self._show(link.state)

    def set_page(self, page: Page) -> None:
        self.difference.setVisible(page == "explore")
        self._compare.setVisible(page == "compare")
        self._time.setVisible(page == "time")

    def set_narrow(self, narrow: bool) -> None:
        """Only which side is on the left, where there is no room for the convention's name."""
        if narrow != self._narrow:
            self._narrow = narrow
            self._show(self._link.state)

    def toggle_difference(self) -> None:
        self._layers.toggle_change_map()

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
        self.nose.setText("Nose left" if view.nose == "left" else "Nose right")

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
    """The menu below its button."""
    menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

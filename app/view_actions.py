"""What the bindings' actions on the view do, wherever in the window their key is pressed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from app.layers import Layers
from app.panels.readout_bar import ReadoutBar
from app.panels.tool_bar import ToolBar
from app.panels.view_menus import next_layout, toggle_tiles
from app.stage.column import Column
from app.stage.slice_pane import SlicePane
from app.stage.view_link import ViewLink
from app.stage.volume_view import VolumeView

STRENGTH_STEP = 0.1


def view_actions(
    link: ViewLink, layers: Layers, tools: ToolBar, readout: ReadoutBar
) -> dict[str, Callable[[], object]]:
    return {
        "reset window": lambda: _reset_window(link, layers),
        "change map": layers.toggle_change_map,
        "overlay": layers.toggle_chosen,
        "fainter": lambda: layers.strengthen(-STRENGTH_STEP),
        "stronger": lambda: layers.strengthen(STRENGTH_STEP),
        "layer above": lambda: layers.step(-1),
        "layer below": lambda: layers.step(1),
        "fit": lambda: _fit(_looked_at(link)),
        "crosshair shown": lambda: link.change(crosshair_shown=not link.state.crosshair_shown),
        "hide sagittal": lambda: link.set(link.state.toggled(0)),
        "hide coronal": lambda: link.set(link.state.toggled(1)),
        "hide axial": lambda: link.set(link.state.toggled(2)),
        "ruler": tools.ruler.click,
        "bookmark": tools.bookmarks.keep,
        "bookmarks": tools.show_bookmarks,
        "next layout": lambda: next_layout(link),
        "layouts": tools.show_layouts,
        "tiles": lambda: toggle_tiles(link),
        "go to": readout.go_to,
    }


def _looked_at(shared: ViewLink) -> ViewLink:
    """The view of the pane that has the focus: a cell of Compare may have its own."""
    focused = QApplication.focusWidget()
    return focused.link if isinstance(focused, (Column, SlicePane, VolumeView)) else shared


def _fit(link: ViewLink) -> None:
    link.set(link.state.fitted())


def _reset_window(shared: ViewLink, layers: Layers) -> None:
    link = _looked_at(shared)
    if link is shared:
        layers.reset_window(layers.chosen)
    else:
        link.window_reset_asked.emit()

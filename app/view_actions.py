"""What the bindings' actions on the view do, wherever in the window their key is pressed."""

from __future__ import annotations

from collections.abc import Callable

from app.layers import Layers
from app.panels.readout_bar import ReadoutBar
from app.panels.tool_bar import ToolBar
from app.panels.view_menus import next_layout, toggle_tiles
from app.stage.view_link import ViewLink

STRENGTH_STEP = 0.1


def view_actions(
    link: ViewLink, layers: Layers, tools: ToolBar, readout: ReadoutBar
) -> dict[str, Callable[[], object]]:
    return {
        "reset window": lambda: layers.reset_window(layers.chosen),
        "change map": layers.toggle_change_map,
        "overlay": layers.toggle_chosen,
        "fainter": lambda: layers.strengthen(-STRENGTH_STEP),
        "stronger": lambda: layers.strengthen(STRENGTH_STEP),
        "layer above": lambda: layers.step(-1),
        "layer below": lambda: layers.step(1),
        "fit": lambda: link.set(link.state.fitted()),
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

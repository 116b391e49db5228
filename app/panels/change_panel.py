"""The colours of the change map; seen while the map is."""

from __future__ import annotations

from app.controls.colour_bar import ColourBar
from app.panels.parts import Section, label, wrapped
from app.stage.view_link import ViewLink
from app.stage.view_state import ViewState


class ChangePanel(Section):
    def __init__(self, link: ViewLink) -> None:
        super().__init__("Change map", label("synthetic − copy", tone="text2"))
        self._bar = ColourBar()
        self.body.addWidget(self._bar)
        words = "In the model’s units, 0 to 1. The hatched part is too small to be drawn."
        self.body.addWidget(wrapped(words, tone="text3", type="note"))
        link.changed.connect(lambda now, before: self._show(now))
        self._show(link.state)

    def _show(self, view: ViewState) -> None:
        overlay = view.overlay
        self._bar.set_scale(round(overlay.threshold, 2), round(overlay.limit, 2))
        self.setVisible(overlay.shown)

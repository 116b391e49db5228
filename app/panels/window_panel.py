"""Black and white: a histogram with the two ends of the window, of all pictures or of one layer that has its own."""

from __future__ import annotations

from app.controls.elided_label import ElidedLabel
from app.controls.histogram import WindowHistogram
from app.layers import Layers
from app.panels.parts import Section, tool_button
from app.session import Session
from app.stage.view_state import CHANGE, SCAN, ViewState
from app.theme import icons
from app.theme.style import mark


class WindowPanel(Section):
    """One window for scan, copy and synthetic; that of the chosen layer where it is not linked, or an overlay."""

    def __init__(self, session: Session, layers: Layers) -> None:
        self.whose = ElidedLabel()
        mark(self.whose, tone="text2", type="note")
        self.link = tool_button("link", "Link the layer's window", self._toggle, checkable=True)
        super().__init__("Window", self.whose, self.link)
        self._session, self._layers = session, layers
        self._counted: object = None
        self.histogram = WindowHistogram()
        self.body.addWidget(self.histogram)
        self.histogram.window_dragged.connect(lambda low, high: layers.set_window(self._key, low, high, done=False))
        self.histogram.window_committed.connect(lambda low, high: layers.set_window(self._key, low, high))
        self.histogram.reset_asked.connect(lambda: layers.reset_window(self._key))
        session.link.changed.connect(self._on_view)
        layers.changed.connect(self.refresh)
        layers.chosen_changed.connect(self.refresh)
        self.refresh()

    @property
    def _key(self) -> str:
        """Whose window is shown: the scan's stands for the shared one."""
        row = self._layers.row(self._layers.chosen)
        return row.key if row is not None and row.layer.window is not None and row.kind is not None else SCAN

    def refresh(self) -> None:
        row, chosen = self._layers.row(self._key), self._layers.row(self._layers.chosen)
        own = row is not None and row.layer.window is not None
        self.whose.setText(row.name if own and row is not None else "one for all")
        self.whose.setToolTip(self.whose.text())
        self.link.setVisible(chosen is not None and not chosen.is_overlay and chosen.key != CHANGE)
        linked = chosen is None or chosen.layer.window is None
        self.link.setChecked(linked)
        self.link.setIcon(icons.icon("link" if linked else "unlinked"))
        volume = row.volume if row is not None else None
        if volume is not self._counted or volume is None:
            self._counted = volume
            self.histogram.set_data(volume.data if volume is not None else None)
        self.histogram.set_window(*self._layers.window_of(self._key))

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if (now.window, now.layers) != (before.window, before.layers):
            self.histogram.set_window(*self._layers.window_of(self._key))

    def _toggle(self) -> None:
        self._layers.set_own_window(self._layers.chosen, not self.link.isChecked())

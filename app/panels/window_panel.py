"""Black and white: the histogram of the scan with the two ends of the window."""

from __future__ import annotations

from app.controls.histogram import WindowHistogram
from app.panels.parts import Section, label
from app.session import Session


class WindowPanel(Section):
    """One window for scan, copy and synthetic."""

    def __init__(self, session: Session) -> None:
        super().__init__("Window", label("one for all", tone="text2", type="note"))
        self._session = session
        self._counted: object = None
        self.histogram = WindowHistogram()
        self.body.addWidget(self.histogram)
        self.histogram.window_dragged.connect(lambda low, high: session.set_window(low, high, done=False))
        self.histogram.window_committed.connect(session.set_window)
        self.histogram.reset_asked.connect(session.reset_window)
        session.link.changed.connect(lambda now, before: self.histogram.set_window(*now.window))
        session.document_changed.connect(self._count)
        session.scan_changed.connect(lambda _: self._count())
        self._count()

    def _count(self) -> None:
        scan = self._session.current
        volume = self._session.stage_volume(scan) if scan else None
        if volume is not self._counted or volume is None:
            self._counted = volume
            self.histogram.set_data(volume.data if volume else None)
            self.histogram.set_window(*self._session.link.state.window)

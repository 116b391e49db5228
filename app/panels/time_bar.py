"""How the timeline is laid out and played: in the tool bar of Time."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSpinBox, QWidget

from app.controls.segmented import Segmented
from app.panels.parts import label, line, quiet_button, row, tool_button
from app.session import Session
from app.theme import icons
from app.theme.scaled_size import keep_scaled
from app.theme.style import mark
from app.time_player import TimePlayer
from app.workspace.document import RATES, Layout

LAYOUTS: dict[str, Layout] = {"Columns": "columns", "Strip": "strip", "Single": "single"}


class TimeBar(QWidget):
    def __init__(self, session: Session, player: TimePlayer) -> None:
        super().__init__()
        self._session, self._player = session, player
        self._narrow = 0
        self.layouts = Segmented(tuple(LAYOUTS))
        self.layouts.setAccessibleName("Layout")
        self.layouts.chosen.connect(lambda word: session.show_film(layout=LAYOUTS[word]))
        previous = tool_button("previous", "Previous point", lambda: player.step(-1), action="previous point")
        following = tool_button("next", "Next point", lambda: player.step(1), action="next point")
        self.play = tool_button("play", "Play", player.toggle, action="play")
        mark(self.play, role="play")
        self.repeat = quiet_button("", self._other_repeat, "loop")
        self.repeat.setIconSize(QSize(16, 16))
        self.rate = QSpinBox()
        self.rate.setRange(*RATES)
        self.rate.setAccessibleName("Frames a second")
        self.rate.setToolTip("Frames a second")
        keep_scaled(self.rate, 54)
        self.rate.setKeyboardTracking(False)
        self.rate.valueChanged.connect(lambda rate: session.show_film(rate=rate))
        self._unit = label(tone="text2")
        self.setLayout(
            row(
                self.layouts,
                4,
                line(vertical=True, length=16),
                4,
                previous,
                self.play,
                following,
                self.repeat,
                self.rate,
                self._unit,
                spacing=4,
            )
        )
        session.document_changed.connect(self.refresh)
        player.changed.connect(self.refresh)
        self.refresh()

    def set_narrow(self, narrow: int) -> None:
        """Signs alone, where there is no room for their words."""
        if narrow != self._narrow:
            self._narrow = narrow
            self.refresh()

    def refresh(self) -> None:
        film, playing = self._session.workspace.film, self._player.playing
        self.layouts.choose(next(word for word, layout in LAYOUTS.items() if layout == film.layout))
        self.play.setIcon(icons.icon("pause" if playing else "play", "ink"))
        self.play.setAccessibleName("Pause" if playing else "Play")
        self.play.setEnabled(playing or self._player.playable)
        words = "Loop" if film.repeat == "loop" else "Back and forth"
        self.repeat.setText("" if self._narrow else words)
        self.repeat.setAccessibleName(words)
        self.repeat.setToolTip(words)
        self.repeat.setIcon(icons.icon(film.repeat))
        self.rate.blockSignals(True)
        self.rate.setValue(film.rate)
        self.rate.blockSignals(False)
        self._unit.setText("frame a second" if film.rate == 1 else "frames a second")
        self._unit.setVisible(not self._narrow)

    def _other_repeat(self) -> None:
        loops = self._session.workspace.film.repeat == "loop"
        self._session.show_film(repeat="bounce" if loops else "loop")

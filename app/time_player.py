"""Which point of the timeline is chosen, and how it moves on: step by step, or played as a film."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.session import Session
from app.theme.current import current
from app.time_pictures import TimePictures

STILL = "Reduced motion is on: step through the points instead."


class TimePlayer(QObject):
    """Only finished points are played, so a film goes on while others still render and never changes its sharpness."""

    changed = Signal()
    """Another point is chosen, or the film was started or stopped."""

    def __init__(self, session: Session, pictures: TimePictures) -> None:
        super().__init__(session)
        self._session, self._pictures = session, pictures
        self._chosen = 0
        self._towards = 1
        self._count = 0
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._advance)
        session.document_changed.connect(self._follow)
        pictures.changed.connect(self._follow)
        self._follow()

    @property
    def chosen(self) -> int:
        return self._chosen

    @property
    def playing(self) -> bool:
        return self._clock.isActive()

    @property
    def frames(self) -> list[int]:
        """The points that a film shows."""
        return [place for place, point in enumerate(self._pictures.points) if point.finished]

    def choose(self, index: int) -> None:
        if index != self._chosen:
            self._chosen = index
            self.changed.emit()

    def step(self, by: int) -> None:
        """To a neighbour, finished or not; a film stops there."""
        self.pause()
        self.choose(min(max(self._chosen + by, 0), max(self._count - 1, 0)))

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        elif current().reduced_motion:
            self._session.said.emit(STILL, "")
        elif self._session.workspace.page == "time" and len(self.frames) > 1:
            self._towards = 1
            self._clock.start(self._interval())
            self.changed.emit()

    def pause(self) -> None:
        if self.playing:
            self._clock.stop()
            self.changed.emit()

    def _interval(self) -> int:
        return round(1000 / self._session.workspace.film.rate)

    def _advance(self) -> None:
        frames = self.frames
        if len(frames) < 2 or current().reduced_motion:
            self.pause()
            return
        bounce = self._session.workspace.film.repeat == "bounce"
        index, self._towards = next_frame(frames, self._chosen, self._towards, bounce)
        self.choose(index)

    def _follow(self) -> None:
        """What the document says now."""
        count = len(self._pictures.points)
        if count != self._count:
            self._count = count
            self._chosen = count // 2
            self.changed.emit()
        if self.playing:
            if self._session.workspace.page != "time" or len(self.frames) < 2:
                self.pause()
            elif self._clock.interval() != self._interval():
                self._clock.setInterval(self._interval())


def next_frame(frames: Sequence[int], now: int, towards: int, bounce: bool) -> tuple[int, int]:
    """The frame after ``now`` among ``frames`` (ascending, two or more) and the direction it lies in, +1 or -1.

    ``now`` need not be a frame itself. Past the last one: the first, or with ``bounce`` back the way it came.
    """
    before = [frame for frame in frames if frame < now]
    after = [frame for frame in frames if frame > now]
    if not bounce:
        return (after[0] if after else frames[0]), 1
    if towards > 0:
        return (after[0], 1) if after else (before[-1], -1)
    return (before[-1], -1) if before else (after[0], 1)

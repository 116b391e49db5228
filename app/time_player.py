"""Which point of the timeline is chosen, and how it moves on: step by step, or played as a film."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.session import Session
from app.theme.current import current
from app.time_pictures import Point, TimePictures

STILL = "Reduced motion is on: step through the points instead."


class TimePlayer(QObject):
    """Only finished points are played, so a film goes on while others still render and never changes its sharpness."""

    changed = Signal()
    """Another point is chosen, or the film was started or stopped, or can now be, or no more."""

    def __init__(self, session: Session, pictures: TimePictures) -> None:
        super().__init__(session)
        self._session, self._pictures = session, pictures
        self._chosen = 0
        self._towards = 1
        self._places: list[_Place] = []
        self._was_playable = False
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
    def playable(self) -> bool:
        """Whether there is more than one frame to show."""
        return len(self.frames) > 1

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
        self.choose(min(max(self._chosen + by, 0), max(len(self._places) - 1, 0)))

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        elif current().reduced_motion:
            self._session.said.emit(STILL, "")
        elif self._session.workspace.page == "time" and self.playable:
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
        places = [_place_of(point) for point in self._pictures.points]
        chosen, playable = followed(self._places, places, self._chosen), self.playable
        changed = (len(places), chosen, playable) != (len(self._places), self._chosen, self._was_playable)
        self._places, self._chosen, self._was_playable = places, chosen, playable
        if changed:
            self.changed.emit()
        if self.playing:
            if self._session.workspace.page != "time" or not playable:
                self.pause()
            elif self._clock.interval() != self._interval():
                self._clock.setInterval(self._interval())


_Place = tuple[str, float]
"""The key of the visit that lies here, else empty; years, or where they are not known the fraction of the way."""


def _place_of(point: Point) -> _Place:
    return point.scan.key if point.scan else "", point.fraction if point.age is None else point.age


def followed(before: Sequence[_Place], after: Sequence[_Place], chosen: int) -> int:
    """Which place is chosen after a change: the one that came, else the same one, else the nearest in age.

    Of another person's timeline the middle one.
    """
    if before == after:
        return chosen
    visits = {key for key, _ in before if key} & {key for key, _ in after if key}
    if not visits or chosen >= len(before):
        return len(after) // 2
    came = [index for index, place in enumerate(after) if place not in before]
    if len(came) == 1:
        return came[0]
    key, when = before[chosen]
    same = [index for index, place in enumerate(after) if (place[0] == key if key else place == (key, when))]
    if same or len(before) == len(after):
        return same[0] if same else chosen
    return min(range(len(after)), key=lambda index: (abs(after[index][1] - when), -index))


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

"""The synthesised points between two visits, rendered in the background, a preview of each before any final."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.pictures import Picture, Recipe
from app.session import Session
from app.workspace.document import Scan
from engine.service.messages import Quality
from engine.volume import Volume

LANE = "time"


@dataclass(frozen=True)
class Point:
    """A column of the timeline. ``scan`` for an end; ``picture`` for a point between, None: not there yet.

    ``fraction`` of the way, ``age`` in years where both ends have one.
    """

    fraction: float
    age: float | None
    scan: Scan | None = None
    volume: Volume | None = None
    picture: Picture | None = None

    @property
    def name(self) -> str:
        """What the point is called where ages are not known."""
        return self.scan.visit or self.scan.name if self.scan else f"{self.fraction:.2f} of the way"


class TimePictures(QObject):
    """The points of the current gap; nothing is rendered before the Time page is looked at."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._running: dict[str, tuple[Recipe, object]] = {}
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        session.client.model_loaded.connect(lambda _: self.refresh())

    @property
    def points(self) -> list[Point]:
        gap = self._session.workspace.gap()
        if gap is None:
            return []
        first, last = gap
        start, end = self._session.age_of(first), self._session.age_of(last)
        points = [Point(0.0, start, first, self._session.stage_volume(first))]
        for recipe in self._recipes(first, last):
            age = None if start is None or end is None else start + recipe.fraction * (end - start)
            picture = self._session.pictures.best(recipe)
            points.append(Point(recipe.fraction, age, None, picture.volume if picture else None, picture))
        return [*points, Point(1.0, end, last, self._session.stage_volume(last))]

    def values(self, direction: str) -> list[float | None]:
        """What the reader of ``direction`` says of each point; None where there is nothing to read yet."""
        read = []
        for point in self.points:
            prepared = self._session.prepared.get(point.scan.source) if point.scan else None
            source = prepared or point.picture
            readout = source.reply.readouts.get(direction) if source else None
            read.append(readout.value if readout else None)
        return read

    @property
    def finished(self) -> bool:
        """Whether every point between is there in final quality."""
        between = [point for point in self.points if point.scan is None]
        return all(point.picture is not None and point.picture.reply.quality == "final" for point in between)

    def refresh(self) -> None:
        """Ask for what is missing, if the page is open and both visits are prepared."""
        gap = self._session.workspace.gap()
        if self._session.workspace.page == "time" and gap is not None and self._session.model is not None:
            for scan in gap:
                self._session.prepare(scan)
            if all(scan.source in self._session.prepared for scan in gap):
                recipes = self._recipes(*gap)
                for number, recipe in enumerate(recipes):
                    if self._session.pictures.find(recipe, "final") is None:
                        self._ask(recipe, "preview", f"{LANE}-preview:{number}")
                    self._ask(recipe, "final", f"{LANE}:{number}")
        self.changed.emit()

    def _recipes(self, first: Scan, last: Scan) -> list[Recipe]:
        steps = self._session.workspace.points + 1
        return [Recipe(first.source, second=last.source, fraction=step / steps) for step in range(1, steps)]

    def _ask(self, recipe: Recipe, quality: Quality, lane: str) -> None:
        running, _ = self._running.get(lane, (None, None))
        if running == recipe or self._session.pictures.find(recipe, quality) is not None:
            return
        ticket = (recipe, object())
        self._running[lane] = ticket

        def ended() -> None:
            if self._running.get(lane) is ticket:
                del self._running[lane]
                self.changed.emit()

        self._session.render(recipe, quality, lane, lambda _: ended(), background=True, ended=ended)

"""The synthesised points between two visits, rendered in the background, a preview of each before any final."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.pictures import Picture, Recipe
from app.renders import Renders
from app.session import Session
from app.theme.kinds import Kind
from app.workspace.document import Scan
from engine.volume import Volume

LANE = "time"


@dataclass(frozen=True)
class Point:
    """A column of the timeline. ``scan`` for an end, shown as itself or as its copy; ``picture`` for what the model
    made, None: not there yet.

    ``fraction`` of the way, ``age`` in years where both ends have one; ``finished``: nothing better will come.
    """

    kind: Kind
    fraction: float
    age: float | None
    scan: Scan | None = None
    volume: Volume | None = None
    picture: Picture | None = None
    finished: bool = False

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
        self._renders = Renders(session, self.changed.emit)
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
        points = [self._end(0.0, start, first)]
        for recipe in self._recipes(first, last):
            age = None if start is None or end is None else start + recipe.fraction * (end - start)
            points.append(self._made(Kind.SYNTHETIC, recipe.fraction, age, None, recipe))
        return [*points, self._end(1.0, end, last)]

    def values(self, direction: str) -> list[float | None]:
        """What the reader of ``direction`` says of each point; None where there is nothing to read yet."""
        read = []
        for point in self.points:
            prepared = self._session.prepared.get(point.scan.source) if point.scan else None
            source = point.picture or prepared
            readout = source.reply.readouts.get(direction) if source else None
            read.append(readout.value if readout else None)
        return read

    def through_copies(self, direction: str) -> list[float | None]:
        """The same, read from the copies at the visits: the change without the step from scan to model."""
        read = []
        for point in self.points:
            picture = self._session.pictures.find(Recipe(point.scan.source), "final") if point.scan else point.picture
            readout = picture.reply.readouts.get(direction) if picture else None
            read.append(readout.value if readout else None)
        return read

    @property
    def finished(self) -> bool:
        """Whether every point between, and every copy shown, is there in final quality."""
        return all(point.finished for point in self.points if point.kind is not Kind.SCAN)

    def refresh(self) -> None:
        """Ask for what is missing, if the page is open and both visits are prepared."""
        gap = self._session.workspace.gap()
        if self._session.workspace.page == "time" and gap is not None and self._session.model is not None:
            for scan in gap:
                self._session.prepare(scan)
            if all(scan.source in self._session.prepared for scan in gap):
                for number, recipe in enumerate(self._recipes(*gap)):
                    if self._session.pictures.find(recipe, "final") is None:
                        self._renders.ask(recipe, "preview", f"{LANE}-preview:{number}", background=True)
                    self._renders.ask(recipe, "final", f"{LANE}:{number}", background=True)
                for scan in gap:
                    self._renders.ask(Recipe(scan.source), "final", f"{LANE}-copy:{scan.key}", background=True)
        self.changed.emit()

    def _recipes(self, first: Scan, last: Scan) -> list[Recipe]:
        steps = self._session.workspace.points + 1
        return [Recipe(first.source, second=last.source, fraction=step / steps) for step in range(1, steps)]

    def _end(self, fraction: float, age: float | None, scan: Scan) -> Point:
        if self._session.workspace.film.ends == "copy":
            return self._made(Kind.COPY, fraction, age, scan, Recipe(scan.source))
        volume = self._session.stage_volume(scan)
        return Point(Kind.SCAN, fraction, age, scan, volume, None, scan.source in self._session.prepared)

    def _made(self, kind: Kind, fraction: float, age: float | None, scan: Scan | None, recipe: Recipe) -> Point:
        picture = self._session.pictures.best(recipe)
        volume = picture.volume if picture else None
        return Point(
            kind, fraction, age, scan, volume, picture, picture is not None and picture.reply.quality == "final"
        )

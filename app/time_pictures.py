"""The synthesised points of a timeline, rendered in the background, a preview of each before any final."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.panels.measures_panel import unit_sign
from app.panels.readout_bar import voxel_of
from app.panels.scans_panel import KINDS
from app.pictures import Picture, Recipe
from app.region_volumes import RegionVolumes, region_words
from app.renders import Renders
from app.session import Session
from app.theme.kinds import Kind
from app.workspace.document import Scan
from app.workspace.timeline import Spot, spots
from engine.service.messages import Readout
from engine.volume import Volume

LANE = "time"
AT_CROSSHAIR = "value at the crosshair"
REGION = "region:"


@dataclass(frozen=True)
class Point:
    """A column of the timeline. ``scan`` for a visit, shown as itself or ``as_copy``; ``picture`` for what the model
    made, None: not there yet.

    ``fraction`` of the way from one visit to the next, ``age`` in years where both have one; ``finished``: nothing
    better will come.
    """

    kind: Kind
    fraction: float
    age: float | None
    scan: Scan | None = None
    volume: Volume | None = None
    picture: Picture | None = None
    finished: bool = False
    as_copy: bool = False

    @property
    def is_made(self) -> bool:
        """Whether the model makes what is shown; the file of a visit, synthetic or not, it does not."""
        return self.scan is None or self.as_copy

    @property
    def name(self) -> str:
        """What the point is called where ages are not known."""
        return self.scan.visit_title if self.scan else f"{self.fraction:.2f} of the way"


class TimePictures(QObject):
    """The points of the person on the stage; nothing is rendered before the Time page is looked at."""

    changed = Signal()

    def __init__(self, session: Session, regions: RegionVolumes) -> None:
        super().__init__(session)
        self._session, self._regions = session, regions
        self._renders = Renders(session, self.refresh)
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        session.client.model_loaded.connect(lambda _: self.refresh())
        regions.changed.connect(self.changed)

    @property
    def spots(self) -> list[Spot]:
        return spots(self._session.workspace, self._session.age_of)

    @property
    def points(self) -> list[Point]:
        return [self._point(spot) for spot in self.spots]

    @property
    def finished(self) -> bool:
        """Whether every point between, and every copy shown, is there in final quality."""
        return all(point.finished for point in self.points if point.is_made)

    @property
    def to_be_made(self) -> int:
        """How many points, and copies that are shown, are not there in final quality."""
        return sum(not point.finished for point in self.points if point.is_made)

    @property
    def seconds_left(self) -> float | None:
        """About how long what is missing will take, by the copy of a visit; None before there is one to go by."""
        copies = [self._session.pictures.find(Recipe(scan.source), "final") for scan in self._session.workspace.visits]
        taken = [copy.reply.seconds for copy in copies if copy is not None]
        return max(taken) * self.to_be_made if taken else None

    @property
    def measures(self) -> dict[str, str]:
        """What a curve can be drawn of, with its title."""
        found = {
            direction.name: f"{direction.label} read, {unit_sign(direction.unit)}".removesuffix(", ")
            for direction in self._session.directions
        }
        visits = self._session.workspace.visits
        prepared = self._session.prepared.get(visits[0].source) if visits else None
        regions = self._regions.of(prepared.volume if prepared is not None else None)
        found.update({REGION + region: f"{region_words(region)}, ml" for region in regions or ()})
        return {**found, AT_CROSSHAIR: "Value at the crosshair"}

    def unit_of(self, measure: str) -> str:
        """Empty where it has none."""
        if measure.startswith(REGION):
            return "ml"
        return next((unit_sign(one.unit) for one in self._session.directions if one.name == measure), "")

    def values(self, measure: str) -> list[float | None]:
        """What is measured of each point as it is shown; None where there is nothing to measure yet."""
        return [self._measured(measure, point.volume, self._read(point, point.picture)) for point in self.points]

    def through_copies(self, measure: str) -> list[float | None]:
        """The same, of the copies at the visits: the change without the step from scan to model."""
        measured = []
        for point in self.points:
            picture = self._session.pictures.find(Recipe(point.scan.source), "final") if point.scan else point.picture
            read = picture.reply.readouts.get if picture else None
            measured.append(self._measured(measure, picture.volume if picture else None, read))
        return measured

    def refresh(self) -> None:
        """Ask for what is missing, if the page is open; a point is made once both its visits are prepared."""
        found = self.spots
        if self._session.workspace.page == "time" and found and self._session.model is not None:
            for visit in self._session.workspace.visits:
                self._session.prepare(visit)
            ready = [spot for spot in found if self._is_prepared(spot.first) and self._is_prepared(spot.second)]
            made = [_recipe(spot) for spot in ready if spot.visit is None]
            for recipe in made:
                if self._session.pictures.find(recipe, "final") is None:
                    self._renders.ask(recipe, "preview", f"{LANE}-preview:{_lane(recipe)}", background=True)
            for recipe in made:
                self._renders.ask(recipe, "final", f"{LANE}:{_lane(recipe)}", background=True)
            for spot in ready:
                if spot.visit is not None:
                    self._renders.ask(
                        Recipe(spot.visit.source), "final", f"{LANE}-copy:{spot.visit.key}", background=True
                    )
        self.changed.emit()

    def _is_prepared(self, scan: Scan) -> bool:
        return scan.source in self._session.prepared

    def _read(self, point: Point, picture: Picture | None) -> Callable[[str], Readout | None] | None:
        prepared = self._session.prepared.get(point.scan.source) if point.scan else None
        if picture is not None:
            return picture.reply.readouts.get
        return prepared.reply.readouts.get if prepared is not None else None

    def _measured(
        self, measure: str, volume: Volume | None, read: Callable[[str], Readout | None] | None
    ) -> float | None:
        if measure == AT_CROSSHAIR:
            index = voxel_of(volume, self._session.link.state.crosshair) if volume is not None else None
            return float(volume.data[index]) if volume is not None and index is not None else None
        if measure.startswith(REGION):
            found = self._regions.of(volume)
            return found.get(measure.removeprefix(REGION)) if found else None
        readout = read(measure) if read is not None else None
        return readout.value if readout else None

    def _point(self, spot: Spot) -> Point:
        visit = spot.visit
        if visit is None:
            kind = Kind.EXTRAPOLATED if spot.extrapolated else Kind.SYNTHETIC
            return self._made(kind, spot, None, _recipe(spot))
        if self._session.workspace.film.ends == "copy":
            return self._made(Kind.COPY, spot, visit, Recipe(visit.source))
        volume = self._session.stage_volume(visit)
        return Point(KINDS[visit.kind], spot.fraction, spot.age, visit, volume, None, self._is_prepared(visit))

    def _made(self, kind: Kind, spot: Spot, scan: Scan | None, recipe: Recipe) -> Point:
        picture = self._session.pictures.best(recipe)
        volume = picture.volume if picture else None
        finished = picture is not None and picture.reply.quality == "final"
        return Point(kind, spot.fraction, spot.age, scan, volume, picture, finished, scan is not None)


def _recipe(spot: Spot) -> Recipe:
    return Recipe(spot.first.source, second=spot.second.source, fraction=spot.fraction)


def _lane(recipe: Recipe) -> str:
    assert recipe.second is not None
    return f"{recipe.scan.path}:{recipe.second.path}:{recipe.fraction:.6f}"

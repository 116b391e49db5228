"""Thumbnails of the kept states: derived like every picture, made again where a workspace was opened."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.pictures import Recipe, recipe_of
from app.renders import Renders
from app.session import Session, first_look
from app.stage import slicing
from app.stage.slicing import Plane
from app.workspace.document import Kept
from engine.service.messages import Quality
from engine.volume import FloatArray, Volume

LANE = "kept"


class KeptPictures(QObject):
    """An axial slice of each state; kept here, so that it outlives its volume in the cache of pictures."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._renders = Renders(session, self.refresh)
        self._slices: dict[Recipe, tuple[Quality, FloatArray]] = {}
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        session.client.model_loaded.connect(lambda _: self.refresh())

    def slice(self, kept: Kept) -> FloatArray | None:
        """Rows from front to back, columns from the person's left to right; None: not there yet."""
        found = self._slices.get(self._recipe(kept))
        return found[1] if found else None

    def refresh(self) -> None:
        """Cut the slices that can be cut, and ask for a preview of what has no picture at all."""
        wanted = {self._recipe(kept): kept for kept in self._session.workspace.kept}
        self._slices = {recipe: found for recipe, found in self._slices.items() if recipe in wanted}
        for recipe, kept in wanted.items():
            known = self._slices.get(recipe)
            picture = self._session.pictures.best(recipe) if known is None or known[0] == "preview" else None
            if picture is not None:
                self._slices[recipe] = (picture.reply.quality, thumbnail(picture.volume))
            elif known is None and self._session.model is not None and recipe.scan in self._session.prepared:
                self._renders.ask(recipe, "preview", f"{LANE}:{kept.key}:{kept.edit}", background=True)
        self.changed.emit()

    def _recipe(self, kept: Kept) -> Recipe:
        return recipe_of(self._session.workspace.scan(kept.key).source, kept.edit)


def thumbnail(volume: Volume) -> FloatArray:
    """The axial slice where one looks first: rows from front to back, columns from the person's left to right."""
    place = first_look(volume, in_template=True)[Plane.AXIAL.through]
    index = slicing.axes_of(volume.grid).index(Plane.AXIAL.through, place)
    return slicing.extract(volume, Plane.AXIAL, index, "neurological", "left").copy()

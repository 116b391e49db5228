"""A check on the model: a visit is hidden, made from its neighbours in time, and laid beside what was acquired."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.pictures import Picture, Recipe
from app.renders import Renders
from app.session import Session
from app.workspace.document import Part, Scan
from app.workspace.timeline import neighbours

LANE = "held-out"


@dataclass(frozen=True)
class Found:
    """Mean absolute differences over the whole volume, values in [0, 1]: predicted against scan, the scan's own copy
    against it, and the scan of the visit before against it, which is what one gets for predicting no change."""

    predicted: float
    copy: float | None
    unchanged: float


class HeldOut(QObject):
    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._renders = Renders(session, self.changed.emit)

    @property
    def candidates(self) -> list[Scan]:
        """The visits of the person on the stage that have one before and one after."""
        return list(self._session.workspace.visits[1:-1])

    def check(self, key: str) -> None:
        """Have the visit made from its neighbours."""
        recipe = self._recipe(key)
        scan = self._session.workspace.scan(key)
        if recipe is not None:
            self._renders.ask(recipe, "final", f"{LANE}:{key}")
            self._renders.ask(Recipe(scan.source), "final", f"{LANE}-copy:{key}")
        self.changed.emit()

    def is_running(self) -> bool:
        return len(self._renders) > 0

    def found(self, key: str) -> Found | None:
        """None: not checked yet."""
        recipe = self._recipe(key)
        scan = self._session.workspace.scan(key)
        made = self._session.pictures.find(recipe, "final") if recipe is not None else None
        acquired = self._session.prepared.get(scan.source)
        before = self._session.prepared.get(recipe.scan) if recipe is not None else None
        if made is None or acquired is None or before is None:
            return None
        copy: Picture | None = self._session.pictures.find(Recipe(scan.source), "final")
        return Found(
            float(np.abs(made.volume.data - acquired.volume.data).mean()),
            copy.reply.mean_absolute_difference if copy is not None else None,
            float(np.abs(before.volume.data - acquired.volume.data).mean()),
        )

    def show(self, key: str) -> None:
        """Acquired, predicted and their difference in the cells of Compare."""
        comparison = self._session.workspace.comparison
        parts = (Part("scan", key), Part("predicted", key), Part("missed", key), *comparison.parts[3:])
        self._session.compare(parts=parts, mode="side by side", shape="1×3")
        self._session.set_page("compare")

    def _recipe(self, key: str) -> Recipe | None:
        spot = neighbours(self._session.workspace, key, self._session.age_of)
        if spot is None:
            return None
        return Recipe(spot.first.source, second=spot.second.source, fraction=spot.fraction)

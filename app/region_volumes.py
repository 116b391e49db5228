"""How large each region is in the volumes that are looked at, as far as the model can tell."""

from __future__ import annotations

import weakref
from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from app.session import Session
from engine.volume import Volume

LANE = "regions"
FLUID = ("ventricles", "csf/other")
TISSUE = "brain-tissue"


class RegionVolumes(QObject):
    """Each volume is measured once; what the engine said of it is kept as long as the volume."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._known: dict[int, tuple[weakref.ref[Volume], Mapping[str, float] | None]] = {}
        self._asked: set[int] = set()
        self._none = False
        session.client.model_loaded.connect(lambda _: self._forget())

    @property
    def unknown_to_model(self) -> bool:
        """Whether the engine has said that the model measures no regions."""
        return self._none

    def of(self, volume: Volume | None, lane: str = "") -> Mapping[str, float] | None:
        """Millilitres by region; None: not known yet (then it is asked for), or not known to the model.

        In one ``lane`` the newest volume takes the place of an older one that still waits.
        """
        if volume is None or self._none:
            return None
        place = id(volume)
        known = self._known.get(place)
        if known is not None and known[0]() is volume:
            return known[1]
        if place not in self._asked and self._session.model is not None:
            self._asked.add(place)
            self._session.measure_volumes(
                volume,
                f"{LANE}:{lane or place}",
                lambda found: self._take(volume, found),
                lambda: self._asked.discard(place),
            )
        return None

    def _take(self, volume: Volume, found: Mapping[str, float] | None) -> None:
        place = id(volume)
        self._asked.discard(place)
        self._none = found is None
        found = with_tissue(found) if found is not None else None
        self._known[place] = (weakref.ref(volume, lambda _: self._known.pop(place, None)), found)
        self.changed.emit()

    def _forget(self) -> None:
        self._known.clear()
        self._asked.clear()
        self._none = False


def with_tissue(found: Mapping[str, float]) -> Mapping[str, float]:
    """``found`` millilitres by region, and of all but fluid together, where there are several such regions."""
    tissue = [ml for region, ml in found.items() if region not in FLUID]
    return {**found, TISSUE: sum(tissue)} if len(tissue) > 1 else found


def decimals_for(region: str) -> int:
    """Of millilitres: a whole brain has a digit more before the point, and needs none behind it."""
    return 0 if region == TISSUE else 1


def region_words(region: str) -> str:
    """A group of labels as tables name it: "cortical-grey" is "Cortical grey"."""
    return region.replace("-", " ").capitalize().replace("Csf/other", "CSF and other")

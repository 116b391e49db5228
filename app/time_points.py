"""Where the points of the timeline lie: at equal steps or typed ages, moved, added and taken away one by one."""

from __future__ import annotations

from collections.abc import Sequence

from app.panels.parts import years
from app.session import Session
from app.time_pictures import TimePictures
from app.workspace import document
from app.workspace.timeline import OLDEST

CLOSEST = 0.05
"""Years: what is asked for nearer to another point is that point."""


class TimePoints:
    """Every method is one step of undo."""

    def __init__(self, session: Session, pictures: TimePictures) -> None:
        self._session, self._pictures = session, pictures

    @property
    def ages(self) -> list[float]:
        """Of the points that the model makes, where the visits have ages."""
        return [spot.age for spot in self._pictures.spots if spot.visit is None and spot.age is not None]

    @property
    def are_typed(self) -> bool:
        current = self._session.current
        return current is not None and current.person in self._session.workspace.typed

    @property
    def dated(self) -> bool:
        """Whether every visit has its age, and not all the same: without, there are equal steps only."""
        ages = [spot.age for spot in self._pictures.spots]
        return None not in ages and len({*ages}) != 1

    def set_typed(self, ages: Sequence[float], words: str = "") -> None:
        kept: list[float] = []
        visits = [spot.age for spot in self._pictures.spots if spot.visit is not None and spot.age is not None]
        for age in sorted(ages):
            if all(abs(age - other) > CLOSEST for other in (*kept, *visits)):
                kept.append(age)
        self._set(words or ", ".join(map(years, kept)) or "No points between", tuple(kept))

    def set_equal(self) -> None:
        self._set("Equal steps", None)

    def move(self, index: int, age: float) -> None:
        """The point ``index`` of all to another age."""
        moved, age = self._pictures.spots[index], min(max(age, 0.0), OLDEST)
        if moved.visit is None and self.dated:
            self.set_typed([*(other for other in self.ages if other != moved.age), age], f"Point to {years(age)}")

    def add(self, age: float) -> None:
        age = min(max(age, 0.0), OLDEST)
        if self.dated:
            self.set_typed([*self.ages, age], f"Point at {years(age)}")

    def remove(self, index: int) -> None:
        age = self._pictures.spots[index].age
        if age is not None and self.dated:
            self.set_typed([other for other in self.ages if other != age], f"Without {years(age)}")

    def set_beyond(self, by: float) -> None:
        """Years before the first and after the last visit; 0: no point there."""
        self._session.set_timeline(f"{by:.1f} y beyond" if by else "Between the visits only", beyond=by)

    def _set(self, words: str, ages: tuple[float, ...] | None) -> None:
        current = self._session.current
        if current is not None:
            workspace = document.with_typed(self._session.workspace, current.person, ages)
            self._session.set_timeline(words, typed=workspace.typed)

"""Which pictures the engine has been asked for: one at a time in each lane, the same one never twice."""

from __future__ import annotations

from collections.abc import Callable

from app.pictures import Picture, Recipe
from app.session import Session
from engine.service.messages import Quality


class Renders:
    """``ended`` is called whenever a lane is free again, with a picture or without."""

    def __init__(self, session: Session, ended: Callable[[], None]) -> None:
        self._session, self._ended = session, ended
        self._running: dict[str, tuple[Recipe, object]] = {}

    def __contains__(self, lane: str) -> bool:
        return lane in self._running

    def __len__(self) -> int:
        return len(self._running)

    def forget(self, lane: str) -> None:
        """What runs in ``lane`` no longer counts: it was cancelled."""
        self._running.pop(lane, None)

    def ask(
        self,
        recipe: Recipe,
        quality: Quality,
        lane: str,
        arrived: Callable[[Picture], None] = lambda _: None,
        background: bool = False,
    ) -> None:
        """Have the picture made, unless it is there or under way; ``arrived`` gets it after ``ended``."""
        running, _ = self._running.get(lane, (None, None))
        if running == recipe or self._session.pictures.find(recipe, quality) is not None:
            return
        ticket = (recipe, object())
        self._running[lane] = ticket

        def ended() -> None:
            if self._running.get(lane) is ticket:
                del self._running[lane]
                self._ended()

        def done(picture: Picture) -> None:
            ended()
            arrived(picture)

        self._session.render(recipe, quality, lane, done, background=background, ended=ended)

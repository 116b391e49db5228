"""How long an evaluation will still take, told with its progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

Progress = Callable[[int, int, str], None]

SETTLED = 0.04
"""Share of the work after which the time left is told."""


class TimeLeft:
    """A ``Progress`` that adds the time left to what it passes on.

    ``seconds``: what each kind of work took once, by its words and in the order in which they come; what is left out is
    skipped, so the time left falls.
    """

    def __init__(
        self, progress: Progress, seconds: Mapping[str, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress, self._seconds, self._clock = progress, seconds, clock
        self._began = clock()

    def __call__(self, step: int, of: int, what: str) -> None:
        names = list(self._seconds)
        before = sum(self._seconds[name] for name in names[: names.index(what)])
        done = (before + self._seconds[what] * step / max(of, 1)) / sum(self._seconds.values())
        words = what
        if done >= SETTLED:
            minutes = (self._clock() - self._began) * (1 - done) / done / 60
            words += f", about {minutes:.0f} min left" if minutes >= 1 else ", less than a minute left"
        self._progress(step, of, words)

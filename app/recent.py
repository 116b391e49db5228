"""What was opened lately, kept between starts."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

MOST = 8
_PLACE = "recent"


@dataclass(frozen=True)
class Opened:
    """``when``: seconds since 1970."""

    path: str
    when: float

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def is_folder(self) -> bool:
        return Path(self.path).is_dir()

    def day(self, now: float | None = None) -> str:
        """ "today", the day of the week, or the date."""
        then, today = time.localtime(self.when), time.localtime(now)
        days = (time.mktime(today[:3] + (0,) * 6) - time.mktime(then[:3] + (0,) * 6)) / 86400
        if days < 1:
            return "today"
        if days < 7:
            return time.strftime("%A", then)
        return time.strftime("%d %b" if then.tm_year == today.tm_year else "%d %b %Y", then).lstrip("0")


class Recent(QObject):
    """Newest first; what is no longer there is left out, not forgotten: a drive may come back. ``store`` None: kept for
    this start only."""

    changed = Signal()

    def __init__(self, store: QSettings | None = None) -> None:
        super().__init__()
        self._store = store
        self._opened = _loaded(store)

    @property
    def opened(self) -> tuple[Opened, ...]:
        return tuple(one for one in self._opened if Path(one.path).exists())

    def add(self, paths: Sequence[Path], now: float | None = None) -> None:
        when = time.time() if now is None else now
        new = [Opened(str(path.absolute()), when) for path in paths]
        places = {one.path for one in new}
        self._keep([*new, *(one for one in self._opened if one.path not in places)][:MOST])

    def remove(self, path: str) -> None:
        """What turned out to be no scan."""
        self._keep([one for one in self._opened if one.path != path])

    def clear(self) -> None:
        self._keep([])

    def _keep(self, opened: list[Opened]) -> None:
        self._opened = opened
        if self._store is not None:
            self._store.setValue(_PLACE, json.dumps([asdict(one) for one in opened]))
        self.changed.emit()


def _loaded(store: QSettings | None) -> list[Opened]:
    try:
        kept = json.loads(str(store.value(_PLACE, "[]"))) if store is not None else []
        return [Opened(str(one["path"]), float(one["when"])) for one in kept][:MOST]
    except (ValueError, TypeError, KeyError):
        return []

"""Work that would hold the window up, done in a thread; its answer comes back into the window's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal


class _Answer(QObject):
    ended = Signal(object, object)


class _Work(QRunnable):
    def __init__(self, work: Callable[[], Any], answer: _Answer) -> None:
        super().__init__()
        self._work, self._answer = work, answer

    def run(self) -> None:
        try:
            made, fault = self._work(), None
        except Exception as error:  # a thread has nobody else to tell
            made, fault = None, error
        with suppress(RuntimeError):  # the window was closed meanwhile
            self._answer.ended.emit(made, fault)


def run(
    owner: QObject,
    work: Callable[[], Any],
    done: Callable[[Any], None],
    failed: Callable[[Exception], None] = lambda fault: None,
) -> None:
    """``done`` gets what ``work`` returns, ``failed`` what it raised, unless ``owner`` is gone by then."""
    answer = _Answer(owner)

    def ended(made: Any, fault: Exception | None) -> None:
        answer.deleteLater()
        if fault is None:
            done(made)
        else:
            failed(fault)

    answer.ended.connect(ended)
    QThreadPool.globalInstance().start(_Work(work, answer))

"""The mailbox: requests come in over one connection, are done one at a time, and the newest wins.

A request waits in its lane. A newer one in the same lane takes its place, and stops it if it has already begun: work
calls ``Job.tick`` between the steps of a solver, the mailbox is emptied there, and ``Superseded`` ends work that
nobody wants any more. Whatever is more urgent than the work at hand is done right there, inside the tick, and
the work goes on afterwards; so a preview never waits for a timeline, and no finished step is thrown away.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from engine.errors import Cancelled, NeurolapseError
from engine.service.apart import run_apart
from engine.service.messages import (
    Cancel,
    Done,
    Dropped,
    Export,
    ExportTimeline,
    Failed,
    ListModels,
    LoadModel,
    LoadNative,
    LoadOutline,
    MeasureVolumes,
    Prepare,
    Progress,
    Render,
    Reply,
    Request,
    Shutdown,
)

Result = TypeVar("Result")


class Superseded(Cancelled):
    """A newer request took this one's place, or it was cancelled."""


class _End(Exception):
    """The window asked the engine to end."""


class Job:
    """What the work on one request sees of the loop."""

    def __init__(self, mailbox: Mailbox, request: Request) -> None:
        self._mailbox = mailbox
        self._request = request
        self._began = time.monotonic()

    def tick(self, step: int, of: int, what: str = "") -> None:
        """Say how far the work is, ``step`` of ``of`` (0: not countable). Raises Superseded when nobody wants it."""
        elapsed = time.monotonic() - self._began
        seconds_left = elapsed / step * (of - step) if step and of else None
        self._mailbox.send(Progress(self._request.id, step, of, what, seconds_left))
        self._mailbox.breathe(self._request)

    def apart(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """``function(*arguments, progress=…)`` in a process that is killed as soon as nobody wants the work."""
        return run_apart(function, arguments, breathe=lambda: self._mailbox.breathe(self._request), progress=self.tick)


Handler = Callable[[Any, Job], object]


def urgency(request: Request) -> int:
    """Smaller goes first; equals go in the order of their arrival."""
    match request:
        case ListModels():
            return 0
        case LoadNative():  # seen at once, even while the model is still being loaded
            return 0
        case LoadModel():
            return 1
        case Render(quality="preview"):
            return 2
        case Prepare() | LoadOutline():
            return 3
        case Render(background=False) | MeasureVolumes():
            return 4
        case Export() | ExportTimeline():
            return 5
        case _:
            return 6


class Mailbox:
    """Serves ``connection`` with ``work``, a handler for each type of request."""

    def __init__(self, connection: Connection, work: Mapping[type[Request], Handler]) -> None:
        self._connection = connection
        self._work = work
        self._waiting: list[Request] = []
        self._running: list[Request] = []
        self._unwanted: set[int] = set()

    def serve(self) -> None:
        """Work until the window says so or is gone."""
        try:
            while True:
                self._empty(wait=not self._waiting)
                if self._waiting:
                    self._do(min(self._waiting, key=urgency))
        except (_End, EOFError, OSError):
            return

    def send(self, reply: Reply) -> None:
        self._connection.send(reply)

    def breathe(self, request: Request) -> None:
        """Empty the mailbox in the middle of ``request`` and do what is more urgent. Raises Superseded."""
        self._empty(wait=False)
        while request.id not in self._unwanted:
            nearest = min(self._waiting, key=urgency, default=request)
            if urgency(nearest) >= urgency(request):
                return
            self._do(nearest)
            self._empty(wait=False)
        raise Superseded

    def _empty(self, wait: bool) -> None:
        while wait or self._connection.poll():
            wait = False
            match self._connection.recv():
                case Shutdown():
                    raise _End
                case Cancel(lane=lane):
                    self._clear(lane)
                case Request() as request:
                    self._clear(request.lane)
                    self._waiting.append(request)

    def _clear(self, lane: str) -> None:
        for request in [waiting for waiting in self._waiting if waiting.lane == lane]:
            self._waiting.remove(request)
            self.send(Dropped(request.id))
        self._unwanted.update(running.id for running in self._running if running.lane == lane)

    def _do(self, request: Request) -> None:
        self._waiting.remove(request)
        self._running.append(request)
        self.send(Progress(request.id, 0, 0, ""))
        try:
            reply: Reply = Done(request.id, self._work[type(request)](request, Job(self, request)))
        except (_End, BrokenPipeError, ConnectionResetError):
            raise
        except Cancelled:
            reply = Dropped(request.id)
        except NeurolapseError as error:
            reply = Failed(request.id, str(error), traceback.format_exc())
        except MemoryError:
            reply = Failed(request.id, "Not enough memory: close other programs and try again.", traceback.format_exc())
        except Exception as error:
            reply = _failed(request, error)
        finally:
            self._running.remove(request)
            self._unwanted.discard(request.id)
        self.send(reply)


def _failed(request: Request, error: Exception) -> Failed:
    """torch tells of want of memory by errors of its own, known by their names: it is not loaded here."""
    detail = traceback.format_exc()
    if type(error).__name__ == "OutOfMemoryError":
        sentence = "The graphics card is out of memory: use the CPU, or close other programs and try again."
        return Failed(request.id, sentence, detail, device_full=True)
    if "can't allocate memory" in str(error):
        return Failed(request.id, "Not enough memory: close other programs and try again.", detail)
    sentence = f"The engine failed at this ({type(error).__name__}): try again, or report it with the log."
    return Failed(request.id, sentence, detail)

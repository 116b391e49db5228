"""The engine, seen from the window: asked, cancelled, restarted; its replies as Qt signals.

The window never waits for the engine. A dead engine is noticed by its closed pipe, a new one is started, and the model
and all unfinished requests are sent again. A request during which the engine died three times is dropped. Why it died
is kept in words, for the status line and the log.
"""

from __future__ import annotations

import atexit
import itertools
import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from multiprocessing.connection import Connection
from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier, Signal

from engine.service import process
from engine.service.messages import (
    Cancel,
    Done,
    Dropped,
    Export,
    ExportTimeline,
    Failed,
    LoadModel,
    ModelDescription,
    Progress,
    Reply,
    Request,
    Shutdown,
)

DEATHS_FOR_ONE_REQUEST = 3
GRACE_SECONDS = 0.5
"""How long a closing window lets the engine tidy up."""
LAST_BREATH_SECONDS = 0.1
"""Between the closed pipe of a dead engine and its exit code."""


class EngineState(Enum):
    STARTING = "Engine starting"
    READY = "Engine ready"
    WORKING = "Engine working"
    RESTARTED = "The engine stopped and was started again; your edit is being finished."
    STOPPED = "The engine stopped"


class EngineClient(QObject):
    """One engine process and all that was asked of it."""

    progressed = Signal(object, object)
    """Request, Progress."""
    finished = Signal(object, object)
    """Request, result."""
    failed = Signal(object, str, str)
    """Request, sentence, detail."""
    dropped = Signal(object)
    """Request: replaced by a newer one, or cancelled."""
    state_changed = Signal(object)
    """EngineState."""
    model_loaded = Signal(object)
    """ModelDescription; also after a restart."""
    died = Signal(str)
    """Why, in words; the next engine is started already, or has to be asked for."""
    device_full = Signal()
    """A request failed for want of the device's memory."""

    def __init__(self, parent: QObject | None = None, entry: Callable[[Connection], None] = process.run) -> None:
        super().__init__(parent)
        self._entry = entry
        self._context = multiprocessing.get_context("spawn")
        self._ids = itertools.count(1)
        self._unfinished: dict[int, Request] = {}
        self._model_request: LoadModel | None = None
        self._running: list[int] = []
        self._deaths: Counter[int] = Counter()
        self._connection: Connection | None = None
        self._notifier: QSocketNotifier | None = None
        self._process: multiprocessing.process.BaseProcess | None = None
        self._closing = False
        self.state = EngineState.STARTING
        self.death = ""
        self.model: ModelDescription | None = None
        # Python waits for its children before it ends, the engine for the window: one of them has to go first.
        atexit.register(self._end_process)

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def sentence(self) -> str:
        """How the engine is, for the status line."""
        if self.state is EngineState.STOPPED:
            return f"The engine stopped ({self.death}). Scans, sliders and undo are kept."
        return str(self.state.value)

    @property
    def device(self) -> str:
        """What the model was asked to be computed on: auto, cpu, cuda or mps."""
        return self._model_request.device if self._model_request else "auto"

    @property
    def bundle(self) -> str:
        """The model's name or folder as it was asked for; empty: the bundled one."""
        return self._model_request.bundle if self._model_request else ""

    @property
    def unfinished(self) -> tuple[Request, ...]:
        """In the order they were asked."""
        return tuple(self._unfinished[number] for number in sorted(self._unfinished))

    @property
    def waiting(self) -> int:
        """How many requests are not finished."""
        return len(self._unfinished)

    def next_id(self) -> int:
        return next(self._ids)

    def start(self) -> None:
        """Start the process; returns at once. What was asked before is sent."""
        self._connection, theirs = self._context.Pipe()
        self._process = self._context.Process(target=self._entry, args=(theirs,), name="neurolapse-engine")
        self._process.start()
        theirs.close()
        self._notifier = QSocketNotifier(self._connection.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)
        if self._model_request is not None:
            self._unfinished[self._model_request.id] = self._model_request
        for request_id in sorted(self._unfinished):
            self._send(self._unfinished[request_id])

    def use_device(self, device: str) -> None:
        """Compute on ``device`` from now on: by the same engine, or by a new one where it has stopped."""
        if self._model_request is None:
            return
        request = replace(self._model_request, id=self.next_id(), device=device)
        self._unfinished.pop(self._model_request.id, None)
        if self.state is EngineState.STOPPED:
            self._model_request = request
            self.restart()
        else:
            self.ask(request)

    def restart(self) -> None:
        """Try again after ``EngineState.STOPPED``."""
        self._deaths.clear()
        self._end_process()
        self._set_state(EngineState.STARTING)
        self.start()

    def ask(self, request: Request) -> None:
        """Send ``request``; its id comes from ``next_id``."""
        if isinstance(request, LoadModel):
            self._model_request = request
        self._unfinished[request.id] = request
        self._send(request)

    def cancel(self, lane: str) -> None:
        """Drop whatever waits or runs in ``lane``; ``dropped`` follows."""
        self._send(Cancel(lane))

    def close(self) -> None:
        """End the engine. Its blocks may be closed afterwards."""
        self._closing = True
        self._send(Shutdown())
        self._end_process()
        self._unfinished.clear()
        atexit.unregister(self._end_process)

    def _send(self, message: object) -> None:
        if self._connection is None:
            return
        # A dead engine is no concern here: the closed pipe wakes ``_drain``, and the next one gets the request again.
        with suppress(OSError):
            self._connection.send(message)

    def _drain(self) -> None:
        try:
            while self._connection is not None and self._connection.poll():
                self._receive(self._connection.recv())
        except (EOFError, OSError):
            self._bury()

    def _receive(self, reply: Reply) -> None:
        request = self._unfinished.get(reply.id)
        if request is None:
            return
        if isinstance(reply, Progress):
            if reply.id not in self._running:
                self._running.append(reply.id)
            if self.state is not EngineState.RESTARTED:
                self._set_state(EngineState.WORKING)
            self.progressed.emit(request, reply)
            return
        del self._unfinished[reply.id]
        self._deaths.pop(reply.id, None)
        self._deaths.pop(0, None)
        if reply.id in self._running:
            self._running.remove(reply.id)
        if not self._unfinished:
            self._set_state(EngineState.READY)
        match reply:
            case Done(result=result):
                if isinstance(result, ModelDescription):
                    self.model = result
                    self.model_loaded.emit(result)
                self.finished.emit(request, result)
            case Failed(sentence=sentence, detail=detail, device_full=device_full):
                self.failed.emit(request, sentence, detail)
                if device_full:
                    self.device_full.emit()
            case Dropped():
                self.dropped.emit(request)

    def _bury(self) -> None:
        """The engine died: start the next one, and let go of a request that killed too many."""
        guilty = self._running[-1] if self._running else 0
        self._running.clear()
        self.death = self._cause_of_death()
        self._end_process()
        self.died.emit(self.death)
        self._deaths[guilty] += 1
        if self._deaths[guilty] >= DEATHS_FOR_ONE_REQUEST:
            request = self._unfinished.pop(guilty, None)
            del self._deaths[guilty]
            if request is None or isinstance(request, LoadModel):
                self._set_state(EngineState.STOPPED)
                return
            self.failed.emit(
                request, "The engine stopped three times at this and it was given up: the rest goes on.", ""
            )
        self._set_state(EngineState.RESTARTED if self._unfinished else EngineState.STARTING)
        self.start()

    def _cause_of_death(self) -> str:
        if self._process is None:
            return "it did not start"
        self._process.join(LAST_BREATH_SECONDS)
        code = self._process.exitcode
        if code is None:
            return "it closed its side"
        if code == -signal.SIGKILL:
            return "killed, perhaps out of memory"
        if code < 0:
            return f"it crashed, {signal.Signals(-code).name}"
        return f"exit code {code}"

    def _end_process(self) -> None:
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._notifier = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.join(GRACE_SECONDS if self._closing else 0)
            self._process.kill()
            self._process.join()
            self._sweep(self._process.pid)
            self._process = None

    def _sweep(self, process_id: int | None) -> None:
        """No file that the engine was in the middle of stays when it is gone."""
        exports = [request for request in self._unfinished.values() if isinstance(request, Export | ExportTimeline)]
        if not exports or process_id is None:
            return
        from engine.export.atomic import sweep  # its package reads files with nibabel: not before the first paint

        for request in exports:
            sweep(Path(request.path).parent, process_id)
            if isinstance(request, Export) and request.dataset:
                sweep(Path(request.dataset), process_id)

    def _set_state(self, state: EngineState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)

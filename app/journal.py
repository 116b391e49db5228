"""What the engine did and what went wrong, in lines to be read, and a report that tells nothing of any subject."""

from __future__ import annotations

import platform
import re
import sys
import time
from collections import deque
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PySide6.QtCore import QObject, Signal, qVersion

from app.engine_client import EngineClient, EngineState
from engine import __version__
from engine.service.messages import ModelDescription, Request

PROGRAM = f"Neurolapse {__version__}"
MOST_LINES = 1000
PACKAGES = ("torch", "numpy", "PySide6-Essentials", "vtk", "antspyx", "nibabel")
_CODE = re.compile(r'  File "([^"]+)", line (\d+), in (\w+)')
_ERROR = re.compile(r"([\w.]*(?:Error|Exception|Interrupt|Exit|Cancelled|Superseded))\b")


class Journal(QObject):
    """The lines since the start. ``lines`` may name files and subjects, ``report`` does not."""

    added = Signal(str)

    def __init__(self, client: EngineClient) -> None:
        super().__init__(client)
        self._client = client
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self._told: deque[str] = deque(maxlen=MOST_LINES)
        client.state_changed.connect(self._on_state)
        client.model_loaded.connect(self._on_model)
        client.died.connect(lambda why: self._add(f"The engine stopped ({why})."))
        client.failed.connect(self._on_failed)

    def report(self) -> str:
        """Versions, device and what went wrong; no file, no subject."""
        model = self._client.model
        head = [
            PROGRAM,
            f"{platform.system()} {platform.release()}, {platform.machine()}",
            f"Python {sys.version.split()[0]}, Qt {qVersion()}",
            ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
            f"Model: {model.name} {model.version} on {model.device}" if model else "Model: none",
        ]
        return "\n".join([*head, "", *self._told])

    def _on_state(self, state: EngineState) -> None:
        if state not in (EngineState.READY, EngineState.WORKING):
            self._add(state.value)

    def _on_model(self, model: ModelDescription) -> None:
        self._add(f"Model {model.name} {model.version} on {model.device}.")

    def _on_failed(self, request: Request, sentence: str, detail: str) -> None:
        what = type(request).__name__
        self._add("\n".join((f"{what}: {sentence}", *detail.rstrip().splitlines())), "\n".join((what, *traced(detail))))

    def _add(self, line: str, told: str = "") -> None:
        stamp = time.strftime("%H:%M:%S")
        self.lines.append(f"{stamp} {line}")
        self._told.append(f"{stamp} {told or line}")
        self.added.emit(self.lines[-1])


def traced(detail: str) -> list[str]:
    """A traceback's places in the code and the names of its errors: messages and lines may hold names of files."""
    lines = []
    for line in detail.splitlines():
        if found := _CODE.match(line):
            path, number, function = found.groups()
            lines.append(f"  {'/'.join(Path(path).parts[-2:])}:{number} {function}")
        elif not line.startswith(" ") and (error := _ERROR.match(line)):
            lines.append(f"  {error.group(1)}")
    return lines


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"

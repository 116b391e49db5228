"""Work that cannot be interrupted, in a process of its own that may be killed.

Registration and brain extraction are single C++ calls that never look up. They run in a child; the caller waits for it
in short steps, and an exception out of ``breathe`` kills the child.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from engine.errors import NeurolapseError

Result = TypeVar("Result")

BREATH_SECONDS = 0.05


@dataclass(frozen=True)
class _Step:
    step: int
    of: int
    what: str


def run_apart(
    function: Callable[..., Result],
    arguments: tuple[Any, ...],
    breathe: Callable[[], None],
    progress: Callable[[int, int, str], None],
) -> Result:
    """``function(*arguments, progress=…)`` in a child process; its result and its errors come back pickled.

    ``breathe`` is called every BREATH_SECONDS; whatever it raises ends the child and is raised here.
    Raises NeurolapseError if the child dies.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    # A child that is killed cannot clear up: its temporary files lie where its parent does it.
    scratch = tempfile.TemporaryDirectory(prefix="neurolapse-", ignore_cleanup_errors=True)
    child = context.Process(target=_child, args=(theirs, scratch.name, function, arguments), name="neurolapse-apart")
    try:
        child.start()
        theirs.close()
        while True:
            breathe()
            if not ours.poll(BREATH_SECONDS):
                continue
            message = ours.recv()
            if isinstance(message, _Step):
                progress(message.step, message.of, message.what)
            elif isinstance(message, BaseException):
                raise message
            else:
                (result,) = message
                return result  # type: ignore[no-any-return]
    except EOFError as error:
        child.join()
        raise NeurolapseError(
            f"The preparation stopped without a word (exit code {child.exitcode}): "
            "free some memory and open the scan again."
        ) from error
    finally:
        ours.close()
        if child.pid is not None:
            child.kill()
            child.join()
        scratch.cleanup()


def end_with_the_other_side(connection: Connection) -> None:
    """End this process when ``connection`` closes; a killed parent leaves nobody behind. Nothing may be sent on it."""

    def watch() -> None:
        try:
            connection.recv()
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _child(connection: Connection, scratch: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    tempfile.tempdir = scratch
    end_with_the_other_side(connection)
    try:
        result = function(*arguments, progress=lambda step, of, what: connection.send(_Step(step, of, what)))
    except NeurolapseError as error:
        connection.send(error)
    except Exception:
        connection.send(RuntimeError(traceback.format_exc()))
    else:
        connection.send((result,))

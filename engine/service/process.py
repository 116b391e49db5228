"""Where the engine's process begins."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection

NICER = 5
"""Added to the process's niceness: two busy solver threads on two cores must not delay the window's answers."""


def run(connection: Connection) -> None:
    """Serve ``connection`` until it closes. The target of a spawned process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the window's to handle
    if hasattr(os, "nice"):
        os.nice(NICER)
    from engine.service.loop import Mailbox
    from engine.service.work import Work

    Mailbox(connection, Work().table()).serve()

"""Where the engine's process begins."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection

from engine import priority


def run(connection: Connection) -> None:
    """Serve ``connection`` until it closes. The target of a spawned process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the window's to handle
    priority.give_way(priority.ENGINE)
    from engine.service.loop import Mailbox
    from engine.service.work import Work

    Mailbox(connection, Work().table()).serve()

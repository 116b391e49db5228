"""Who gives way to whom when the processor is full: a training to the window's engine, both to the window."""

from __future__ import annotations

import os

ENGINE = 5
"""Niceness: two busy solver threads on two cores must not delay the window's answers."""
TRAINING = 10


def give_way(niceness: int) -> None:
    """Make this process at least as nice as ``niceness``; nothing where a system has no such thing."""
    if hasattr(os, "setpriority"):
        nicer = max(niceness, os.getpriority(os.PRIO_PROCESS, 0))
        os.setpriority(os.PRIO_PROCESS, 0, nicer)

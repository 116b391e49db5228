"""How the window's own process computes and keeps memory: beside an engine that takes every core, for a whole day."""

from __future__ import annotations

import ctypes
import os
import sys

M_MMAP_THRESHOLD = -3
"""Number of glibc's setting in ``mallopt``."""
LARGE_BYTES = 256 * 1024


def settle() -> None:
    """To be called before NumPy is imported."""
    # The second thread of a small matrix product waits for a core while the engine computes: a slice took 100 ms.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "linux":
        # By itself glibc learns to take volumes from its heap, whose holes then grow by the hour.
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)

"""Volumes in memory that both processes map. The window owns every block; a dead engine leaks nothing.

The engine is a spawned child and shares the window's resource tracker, so attaching there registers nothing new and the
block outlives the engine; if the window itself is killed, the tracker removes the block.
"""

from __future__ import annotations

from multiprocessing import shared_memory

import numpy as np

from engine.service.messages import Block
from engine.volume import FloatArray


class OwnedVolume:
    """A block of shared memory made, kept and removed by this process; ``array`` maps it as float32."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._memory = shared_memory.SharedMemory(create=True, size=4 * int(np.prod(shape)))
        self.block = Block(self._memory.name, shape)
        self.array: FloatArray = np.ndarray(shape, np.float32, self._memory.buf)
        self.array.fill(0.0)

    def close(self) -> None:
        """Unmap and remove the block; ``array`` must not be used afterwards."""
        self.array = np.empty(0, np.float32)
        self._memory.close()
        self._memory.unlink()


def fill(block: Block, data: FloatArray) -> None:
    """Copy ``data`` into somebody else's ``block``. Raises ValueError when the shapes differ."""
    if tuple(data.shape) != tuple(block.shape):
        raise ValueError(f"block {block.name} holds {block.shape}, not {data.shape}")
    memory = shared_memory.SharedMemory(name=block.name)
    try:
        np.ndarray(block.shape, np.float32, memory.buf)[...] = data
    finally:
        memory.close()


def read(block: Block) -> FloatArray:
    """A copy of what somebody else's ``block`` holds."""
    memory = shared_memory.SharedMemory(name=block.name)
    try:
        return np.ndarray(block.shape, np.float32, memory.buf).copy()
    finally:
        memory.close()

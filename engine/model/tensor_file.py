"""A safetensors file written tensor by tensor, and its header read without the tensors.

The layout: eight bytes with the header's length (little endian), the header (JSON: name → dtype, shape, data_offsets),
the tensors' bytes one after another. The library's own writer wants every tensor in memory at once.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.errors import ModelError

_CODES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
_LARGEST_HEADER = 100_000_000
"""The format's own limit."""


@dataclass(frozen=True)
class Stored:
    """What a file's header says: numbers in all its tensors, and the bytes they take."""

    numbers: int
    size: int


def storable(tensor: Tensor) -> bool:
    """A dense tensor of floating-point numbers."""
    return tensor.layout == torch.strided and tensor.dtype in _CODES and not tensor.is_meta


def write_tensors(path: Path, tensors: Mapping[str, Tensor], written: Callable[[int], None]) -> str:
    """Writes ``tensors`` in their own precision, one at a time, and flushes them to the disk; the file's SHA-256.

    ``written`` is told the bytes of each tensor. Raises OSError.
    """
    header: dict[str, object] = {}
    end = 0
    for name, tensor in tensors.items():
        start, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": _CODES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for head in (len(text).to_bytes(8, "little"), text):
            digest.update(head)
            file.write(head)
        for tensor in tensors.values():
            data = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().data
            digest.update(data)
            file.write(data)
            written(len(data))
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def read_stored(path: Path) -> Stored:
    """Raises ModelError for a file that is not safetensors."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > _LARGEST_HEADER:
                raise ValueError("no header")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        return Stored(
            sum(math.prod(entry["shape"]) for entry in header.values()),
            sum(entry["data_offsets"][1] - entry["data_offsets"][0] for entry in header.values()),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: cannot be read ({error}): reinstall the model.") from None

"""Weight files from elsewhere: PyTorch's own format or safetensors, told by content; only tensors are ever read."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from engine.errors import ModelError
from engine.model.tensor_file import storable

Tensors = dict[str, Tensor]

CHECKPOINT_PARTS = {"autoencoder": "vae.", "encoder": "ema_encoder.", "denoiser": "ema_decoder."}
"""Where a checkpoint of representation learning holds each network; the averaged tensors are the published ones."""


def open_weights(path: Path) -> Tensors:
    """The state dict in ``path``, memory-mapped where the format allows. Raises ModelError."""
    return _tensors(path, _open(path))


def open_checkpoint(path: Path) -> dict[str, Tensors]:
    """The state dicts of a training checkpoint: autoencoder, encoder, denoiser. Raises ModelError."""
    content = _open(path)
    inner = content.get("state_dict", content) if isinstance(content, dict) else content
    state = _tensors(path, inner)
    parts = {
        name: {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}
        for name, prefix in CHECKPOINT_PARTS.items()
    }
    for name, part in parts.items():
        if not part:
            raise ModelError(
                f"{path.name}: holds no {name} ({CHECKPOINT_PARTS[name]}*): choose a checkpoint of the last stage, "
                "representation learning."
            )
    return parts


def open_tensor(path: Path) -> Tensor:
    """The one bare tensor in ``path``. Raises ModelError."""
    content = _open(path)
    if not isinstance(content, Tensor) or not storable(content):
        raise ModelError(f"{path.name}: is not one tensor alone: choose the file of the mean or the deviation.")
    return content


def _tensors(path: Path, content: Any) -> Tensors:
    if not isinstance(content, dict) or not content:
        raise ModelError(f"{path.name}: holds no weights (a table of tensors by name): choose a state dict.")
    for key, value in content.items():
        if not isinstance(value, Tensor) or not storable(value):
            raise ModelError(f"{path.name}: {key} is no tensor of floating-point numbers: choose a state dict.")
    return content


def _open(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise ModelError(f"{path.name}: cannot be read ({error.strerror or error}): check the path.") from None
    try:
        if start[8:] == b"{":
            return load_file(path)
        # Files of before PyTorch 1.6 are no zip archives and cannot be mapped.
        return torch.load(path, map_location="cpu", weights_only=True, mmap=start.startswith(b"PK"))
    except pickle.UnpicklingError as error:
        if "unsupported" in str(error).lower():
            raise ModelError(
                f"{path.name}: holds code to be run, not tensors alone, and was not opened: save its state dict by "
                "itself and import that."
            ) from None
        raise _damaged(path) from None
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError):
        raise _damaged(path) from None


def _damaged(path: Path) -> ModelError:
    return ModelError(f"{path.name}: is no weights file, or is damaged or cut short: fetch it again.")

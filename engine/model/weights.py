"""Weights in and out of safetensors: every key and shape must fit, nothing is unpickled."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from engine.errors import ModelError


def save_weights(module: nn.Module, path: Path) -> None:
    """Stores every tensor of ``module`` in half precision."""
    save_file({name: tensor.detach().half().contiguous() for name, tensor in module.state_dict().items()}, path)


def load_weights(module: nn.Module, path: Path) -> None:
    """Gives ``module`` the tensors of ``path`` as they are stored: mapped, not copied, in the file's own precision.

    ``module`` may stand on the meta device. Raises ModelError where a tensor is missing, extra, or of another shape.
    """
    try:
        stored = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path}: cannot be read ({error}): reinstall the model.") from None
    own = module.state_dict()
    missing, extra = sorted(set(own) - set(stored)), sorted(set(stored) - set(own))
    if missing or extra:
        raise ModelError(
            f"{path}: does not fit the model ({len(missing)} tensors missing, {len(extra)} extra, "
            f"first {(missing + extra)[0]}): reinstall the model."
        )
    for name, tensor in stored.items():
        if tensor.shape != own[name].shape:
            raise ModelError(
                f"{path}: {name} is {tuple(tensor.shape)}, not {tuple(own[name].shape)}: reinstall the model."
            )
    module.load_state_dict(stored, assign=True)

"""Layers whose weights are laid out for the processor once, and not at every call.

PyTorch hands oneDNN a convolution's weights as they lie in memory, and oneDNN reorders them each time into blocks that
fit the processor. For a network of a few large grids that is nothing; where hundreds of megabytes of weights meet a
small latent it is up to a third of the time on AVX512-BF16, and most of it on AMX. The operators are those that
``torch.compile`` uses on frozen weights; where a version of PyTorch lacks them, layers stay as they are.

Linear layers in float32 go to MKL otherwise, which uses half of what an AMD processor can do.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn


class PackedConvolution(nn.Module):
    """The same map as ``plain``, whose weights it takes over at its first call, when it knows the size of the grid.

    Other sizes remain possible afterwards. Inputs should be laid out channels last.
    """

    def __init__(self, plain: nn.Conv3d) -> None:
        super().__init__()
        self._settings = (list(plain.padding), list(plain.stride), list(plain.dilation), plain.groups)
        self._weight = plain.weight.detach()
        self._bias = None if plain.bias is None else plain.bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        if not self._weight.is_mkldnn:
            pack = torch._C._nn.mkldnn_reorder_conv3d_weight
            self._weight = pack(self._weight.to_mkldnn(), *self._settings, list(x.shape))  # type: ignore[call-arg]
        out: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self._weight, self._bias, *self._settings, "none", [], ""
        )
        return out


class PackedLinear(nn.Module):
    """The same map as ``plain``, whose weights it takes over at its first call, when it knows the number of rows.

    Other numbers remain possible afterwards.
    """

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__()
        self._weight = plain.weight.detach()
        self._bias = None if plain.bias is None else plain.bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        if not self._weight.is_mkldnn:
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight, x.numel() // x.shape[-1])
        out: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, "none", [], "")
        return out


def pack_convolutions(network: nn.Module) -> None:
    """Packs every convolution over volumes in ``network``, which lies on the CPU and is for inference only.

    Their weights leave its ``state_dict``.
    """
    for module in list(network.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Conv3d and child.padding_mode == "zeros" and isinstance(child.padding, tuple):
                setattr(module, name, PackedConvolution(child))


def pack_linear_layers(network: nn.Module) -> None:
    """The same for every linear layer; for networks that give them many rows at a time."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Linear:
                setattr(module, name, PackedLinear(child))


@cache
def can_pack() -> bool:
    """Whether the operators are there and right: they are PyTorch's own affair and may change with its version."""
    convolution, linear = nn.Conv3d(16, 16, 3, padding=1), nn.Linear(16, 16)
    with torch.inference_mode():
        x = torch.linspace(-1, 1, 16 * 64).reshape(1, 16, 4, 4, 4)
        rows = x.reshape(-1, 16)
        try:
            return bool(
                torch.allclose(PackedConvolution(convolution)(x), convolution(x), atol=1e-4)
                and torch.allclose(PackedLinear(linear)(rows), linear(rows), atol=1e-4)
            )
        except (RuntimeError, AttributeError, TypeError, ValueError):
            return False

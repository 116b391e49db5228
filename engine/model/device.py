"""Where a model computes, and in which number format it is fastest there."""

from __future__ import annotations

import torch

from engine.errors import ModelError, UsageError


def choose_device(asked: str = "auto") -> torch.device:
    """CUDA, then MPS, then the CPU, or what is ``asked`` for. Raises ModelError where that is not there."""
    if asked == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if asked not in ("cpu", "cuda", "mps"):
        raise UsageError(f"{asked}: no such device: choose auto, cpu, cuda or mps.")
    if (asked == "cuda" and not torch.cuda.is_available()) or (
        asked == "mps" and not torch.backends.mps.is_available()
    ):
        raise ModelError(f"{asked}: not available on this computer: choose auto or cpu.")
    return torch.device(asked)


def devices() -> tuple[str, ...]:
    """Those that this computer has."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return ("cpu", *(name for name, found in there.items() if found))


def choose_precision(device: torch.device) -> torch.dtype:
    """bfloat16 where the hardware multiplies it natively (3–5× faster than float32 there), else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if device.type == "cpu" and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()):
        return torch.bfloat16
    return torch.float32


def describe_device(device: torch.device) -> str:
    """In the words of the status line."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}" if device.type == "cpu" else "Apple GPU"

"""Whether a model fits into a device's memory, told before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch

from engine.errors import ModelError
from engine.model.manifest import Manifest
from engine.model.tensor_file import read_stored

_MAPS_AT_ONCE = 4
"""A residual block's input, its normalised input, a convolution's output and the library's working copy."""


def needed_bytes(folder: Path, manifest: Manifest, precision: torch.dtype) -> int:
    """Weights as they will lie on the device, and the largest feature maps of a whole volume."""
    numbers = {path.stem: read_stored(path).numbers for path in folder.glob("*.safetensors")}
    in_float32 = numbers.pop("encoder", 0)
    weights = 4 * in_float32 + precision.itemsize * sum(numbers.values())
    return weights + feature_map_bytes(manifest.networks, manifest.preparation.shape, precision)


def feature_map_bytes(
    networks: Mapping[str, Mapping[str, Any]], shape: tuple[int, int, int], precision: torch.dtype
) -> int:
    """What decoding a volume, encoding its slices or a call of the denoiser holds at its peak, whichever is most.

    A level of the autoencoder is widest where the way up has doubled the grid and not yet narrowed the channels; the
    slices' network, where there is one, in its first stage, whose blocks widen to four times and back, always in
    float32; the denoiser at the top of the way up, where what the way down left there is kept and joined.
    """
    autoencoder, encoder, denoiser = (networks[name] for name in ("autoencoder", "encoder", "denoiser"))
    widths = autoencoder["num_channels"]
    finest = prod(shape) // int(autoencoder.get("patch_size", 1)) ** 3
    volume = max(
        finest // 8**level * max(widths[level : level + 2]) * precision.itemsize for level in range(len(widths))
    )
    slices = prod(shape) // 16 * int(encoder["stages"][0][0]) * 4 * 4 if "stages" in encoder else 0
    coarsest = prod(shape) // (int(autoencoder.get("patch_size", 1)) * 2 ** (len(widths) - 1)) ** 3
    latent = coarsest // int(denoiser.get("patch_size", 1)) ** 3
    width = int(denoiser["base_channel"]) * int(denoiser["channel_multiplier"][0])
    kept = int(denoiser["num_residual_blocks_of_a_block"]) + 1
    calls = (kept + 2 * _MAPS_AT_ONCE) * width * latent * precision.itemsize
    return int(max(_MAPS_AT_ONCE * volume, 2 * slices, calls))


def free_bytes(device: torch.device) -> int | None:
    """Memory that the device can give; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return _free_main_memory()


def _free_main_memory() -> int | None:
    try:
        # What the system can take back from its file cache counts as free; only Linux tells.
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    for pages in ("SC_AVPHYS_PAGES", "SC_PHYS_PAGES"):
        if pages in getattr(os, "sysconf_names", {}):
            return os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")
    return None


def check_memory(folder: Path, manifest: Manifest, device: torch.device, precision: torch.dtype) -> None:
    """Raises ModelError, with the numbers, where the model does not fit into ``device``."""
    refuse_beyond(manifest.name, needed_bytes(folder, manifest, precision), device)


def refuse_beyond(name: str, needed: int, device: torch.device) -> None:
    """Raises ModelError, with the numbers, where ``device`` has fewer than ``needed`` bytes free."""
    free = free_bytes(device)
    if free is not None and needed > free:
        where = "main memory" if device.type == "cpu" else f"the {device.type} device"
        raise ModelError(
            f"{name}: takes {needed / 1e9:.1f} GB and {where} has {free / 1e9:.1f} GB free: close other "
            "programs, or choose another --device or a smaller model."
        )

"""Our way beside another one, at sizes where the other takes many minutes: timed by the part and multiplied.

Weights are random, the same on both sides: how fast a network is does not depend on what it has learnt. A side is
built, warmed up, measured and let go before the next, so that each one's peak of memory is its own.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from engine.evaluation.speed import seconds, setting
from engine.model.batches import enough_memory
from engine.model.device import choose_device, choose_precision
from engine.model.manifest import Manifest, Solver, find_bundle, read_manifest
from engine.model.memory import feature_map_bytes, refuse_beyond
from engine.model.model import Codes, Model, build_networks
from engine.preparation.recipe import Recipe
from engine.training.config import load_config
from engine.volume import FloatArray

Baseline = Literal["published", "voxel"]
CONFIGS = Path(__file__).resolve().parents[2] / "configs"
PUBLISHED_CALLS = 100
CALLS_TIMED = 3

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Row:
    """Seconds of ours and of the baseline."""

    what: str
    ours: float
    baseline: float

    @property
    def ratio(self) -> float:
        """How many times as fast as the baseline."""
        return self.baseline / self.ours


@dataclass(frozen=True)
class Comparison:
    """``peaks``: bytes at the peak while working, weights included, ours and the baseline's; None where the system does
    not tell. ``deviation``: what ours differs by, relative root mean square, by what is compared."""

    machine: str
    ours: str
    baseline: str
    rows: tuple[Row, ...]
    peaks: tuple[int | None, int | None]
    deviation: dict[str, float]


@dataclass(frozen=True)
class _Parts:
    """Seconds of each part; ``noise`` and ``image``: what the denoiser and the decoder made of a seeded input."""

    semantic: float
    encode: float
    call: float
    decode: float
    noise: Tensor
    image: Tensor
    peak: int | None

    def manipulation(self, calls: int) -> float:
        """From a volume by so many calls each way to another volume."""
        return self.semantic + self.encode + 2 * calls * self.call + self.decode


def compare_with_published(bundle: str | Path | None, device: str, seed: int, progress: Progress) -> Comparison:
    """The published size as PyTorch runs it by itself, in float32, by 100 DDIM calls each way, and encoded anew for
    every manipulation; beside it ours, by the solver and calls that the manifest of ``bundle`` recommends.

    Raises ModelError where memory does not suffice or the bundle has no manifest.
    """
    where, solver = choose_device(device), read_manifest(find_bundle(bundle)).solver
    manifest = _manifest("published")
    plain, _ = _measured(manifest, where, torch.float32, seed, progress, "published", plain=True)
    precision = choose_precision(where)
    ours, (first, move) = _measured(
        replace(manifest, solver=solver), where, precision, seed, progress, "ours", whole=solver.final_calls
    )
    published = plain.manipulation(PUBLISHED_CALLS)
    rows = (
        *_part_rows(ours, plain),
        Row("first manipulation", first, published),
        Row("every further slider move", move, published),
        Row(f"the same by {PUBLISHED_CALLS} calls", PUBLISHED_CALLS * ours.call + ours.decode, published),
    )
    return Comparison(
        setting(where, precision),
        f"{solver.final_calls} calls each way by {solver.name}, as {bundle or 'the bundled model'} recommends; its "
        "manipulation and slider move were carried out and timed whole, the last row is counted by the call",
        f"published size, random weights, float32, contiguous layout, eager, {PUBLISHED_CALLS} DDIM calls each way, "
        f"encoded anew for every manipulation; counted by the call: its parts were timed ({CALLS_TIMED} calls, the "
        "median) and multiplied",
        rows,
        (ours.peak, plain.peak),
        {"denoiser, one call": _off(ours.noise, plain.noise), "autoencoder, decode": _off(ours.image, plain.image)},
    )


def compare_with_voxels(device: str, seed: int, progress: Progress) -> Comparison:
    """The published size beside the diffusion autoencoder in voxel space (``configs/voxel.toml``), both our way.

    Raises ModelError where memory does not suffice.
    """
    where = choose_device(device)
    precision = choose_precision(where)
    latent, _ = _measured(_manifest("published"), where, precision, seed, progress, "latent space")
    voxel, _ = _measured(_manifest("voxel"), where, precision, seed, progress, "voxel space", calls=1)
    width, multipliers = (_manifest("voxel").networks["denoiser"][k] for k in ("base_channel", "channel_multiplier"))
    rows = (
        Row("denoiser, one call", latent.call, voxel.call),
        *(
            Row(f"a volume, {calls} calls each way", latent.manipulation(calls), voxel.manipulation(calls))
            for calls in (PUBLISHED_CALLS, 10)
        ),
    )
    return Comparison(
        setting(where, precision),
        "latent space: the published size, random weights",
        "voxel space: the same networks on voxels (configs/voxel.toml), their levels "
        f"{', '.join(str(width * m) for m in multipliers)} channels wide, random weights; both our way, both counted "
        "by the call",
        rows,
        (latent.peak, voxel.peak),
        {},
    )


def _part_rows(ours: _Parts, plain: _Parts) -> list[Row]:
    return [
        Row("denoiser, one call", ours.call, plain.call),
        Row("semantic encoder", ours.semantic, plain.semantic),
        Row("autoencoder, encode", ours.encode, plain.encode),
        Row("autoencoder, decode", ours.decode, plain.decode),
    ]


def _manifest(name: Baseline) -> Manifest:
    """Of a model of the sizes of ``configs/<name>.toml`` that nobody trained."""
    config = load_config(CONFIGS / f"{name}.toml")
    networks = {part: asdict(getattr(config, part)) for part in ("autoencoder", "encoder", "denoiser")}
    solver = config.solver or Solver("ddim", 10, PUBLISHED_CALLS, 1.0)
    recipe = Recipe(config.shape, config.affine)
    return Manifest(config.name, "", "", recipe, 1.0, config.timesteps, solver, networks, (), {}, {}, {})


def _random_model(manifest: Manifest, device: torch.device, precision: torch.dtype, seed: int, plain: bool) -> Model:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = build_networks(manifest)
        for module in networks[2].modules():
            # Those that start at zero would hide every deviation.
            if isinstance(module, nn.Conv3d | nn.Conv1d) and not module.weight.any():
                module.reset_parameters()
    return Model(manifest, *networks, device, precision, plain=plain)


def _check_room(manifest: Manifest, device: torch.device, precision: torch.dtype) -> None:
    """Weights are made in float32, whatever they become."""
    with torch.device("meta"):
        numbers = sum(p.numel() for network in build_networks(manifest) for p in network.parameters())
    maps = feature_map_bytes(manifest.networks, manifest.preparation.shape, precision)
    refuse_beyond(manifest.name, 4 * numbers + maps, device)


def _measured(
    manifest: Manifest,
    device: torch.device,
    precision: torch.dtype,
    seed: int,
    progress: Progress,
    side: str,
    plain: bool = False,
    whole: int = 0,
    calls: int = CALLS_TIMED,
) -> tuple[_Parts, tuple[float, float]]:
    """Each part of a random model timed; with ``whole`` calls also its first manipulation and a further move."""
    _check_room(manifest, device, precision)
    steps = calls + 5 + 2 * bool(whole)
    progress(0, steps, f"{side}: making random weights")
    done = 1

    def timed(what: str, work: Callable[[], object]) -> float:
        nonlocal done
        progress(done, steps, f"{side}: {what}")
        done += 1
        return seconds(work, device)

    with enough_memory(manifest.name, device):
        model = _random_model(manifest, device, precision, seed, plain)
        gc.collect()
        _forget_peak(device)
        rng = torch.Generator().manual_seed(seed)
        shape = manifest.preparation.shape
        volume = np.random.default_rng(seed).random(shape, dtype=np.float32)
        kept: dict[str, Tensor] = {}
        semantic = timed("semantic encoder", lambda: kept.update(code=model.semantic_code(volume)))
        encode = timed("autoencoder, encode", lambda: kept.update(latent=model.encode_latent(volume)))
        state = torch.randn(kept["latent"].shape, generator=rng)

        def call() -> None:
            kept["noise"] = model.predict(state, manifest.timesteps // 2, kept["code"])

        # The first one warms up.
        call_seconds = median([timed("denoiser", call) for _ in range(calls + 1)][1:])
        decode = timed("autoencoder, decode", lambda: kept.update(image=torch.from_numpy(model.decode_latent(state))))
        times = (0.0, 0.0)
        if whole:
            times = _whole(model, volume, whole, timed)
        progress(steps, steps, f"{side}: done")
        peak = _peak(device)
    return _Parts(semantic, encode, call_seconds, decode, kept["noise"], kept["image"], peak), times


def _whole(
    model: Model, volume: FloatArray, calls: int, timed: Callable[[str, Callable[[], object]], float]
) -> tuple[float, float]:
    """Seconds of the first manipulation, from volume to volume, and of a further one of the same scan."""
    kept: list[Codes] = []
    first = timed("encoding", lambda: kept.append(model.encode(volume, calls)))
    move = timed("slider move", lambda: model.decode(replace(kept[0], semantic=kept[0].semantic + 0.1)))
    return first + move, move


def _off(ours: Tensor, plain: Tensor) -> float:
    return float((ours - plain).norm() / plain.norm())


def _forget_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")


def _peak(device: torch.device) -> int | None:
    """Bytes at the peak since it was forgotten; None where the system does not tell."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)

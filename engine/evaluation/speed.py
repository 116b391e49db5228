"""How fast a model is on this machine, beside the same networks as PyTorch takes them: float32, contiguous layout.

Both are timed in turn, in one process and with the same inputs, so that what else the machine does slows both alike.
The first round warms up and does not count. Speed does not depend on what a volume shows: it is seeded noise.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from engine.edit.carrying import carried, movement, unit_velocity
from engine.model.device import choose_device, describe_device
from engine.model.manifest import find_bundle, read_manifest
from engine.model.model import Codes, Model, build_networks, load_model
from engine.model.weights import load_weights
from engine.volume import FloatArray

BASELINE = "the same networks in float32, contiguous layout, eager"
ROUNDS = 7

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Figure:
    """Seconds: the median of all rounds, the quartiles around it, and the baseline's median."""

    what: str
    median: float
    low: float
    high: float
    baseline: float

    @property
    def ratio(self) -> float:
        """How many times as fast as the baseline."""
        return self.baseline / self.median


@dataclass(frozen=True)
class Speed:
    """The figures of one model on one machine."""

    machine: str
    model: str
    figures: tuple[Figure, ...]


def measure_speed(bundle: str | Path | None, device: str, seed: int, progress: Progress) -> Speed:
    """Loading, encoding, preview and final decoding, moves of a slider, a call of the denoiser and of the autoencoder.

    Raises ModelError where the bundle is incomplete or altered.
    """
    loaders: list[Callable[[], Model]] = [partial(make, bundle, device) for make in (load_model, _plain_model)]
    models = [load() for load in loaders]
    shape = models[0].manifest.preparation.shape
    volume = np.random.default_rng(seed).random(shape, dtype=np.float32)
    solver = models[0].manifest.solver
    codes = [[model.encode(volume, calls) for calls in (solver.preview_calls, solver.final_calls)] for model in models]
    rounds: list[list[dict[str, float]]] = [[], []]
    for number in range(ROUNDS + 1):
        progress(number, ROUNDS, "timing")
        for side, (load, model) in enumerate(zip(loaders, models, strict=True)):
            rounds[side].append({"load": seconds(load, model.device), **_round(model, volume, *codes[side])})
    ours, plain = (side[1:] for side in rounds)
    model = models[0]
    return Speed(
        machine=setting(model.device, model.precision),
        model=f"{model.manifest.name} {model.manifest.version}",
        figures=tuple(_figure(what, ours, plain) for what in ours[0]),
    )


def setting(device: torch.device, precision: torch.dtype) -> str:
    """What was measured on, in one line."""
    number = str(precision).removeprefix("torch.")
    return f"{processor()}; {describe_device(device)}; {number}; torch {torch.__version__}"


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _plain_model(bundle: str | Path | None, device: str) -> Model:
    folder = find_bundle(bundle)
    manifest = read_manifest(folder)
    networks = build_networks(manifest)
    for name, network in zip(("autoencoder", "encoder", "denoiser"), networks, strict=True):
        load_weights(network, folder / f"{name}.safetensors")
    return Model(manifest, *networks, choose_device(device), torch.float32, plain=True)


def _round(model: Model, volume: FloatArray, preview: Codes, final: Codes) -> dict[str, float]:
    began: list[float] = []

    def tick(step: int, of: int) -> None:
        _wait(model.device)
        began.append(time.perf_counter())

    times = {"encode": seconds(lambda: model.encode(volume, final.calls, tick), model.device)}
    times["preview"] = seconds(lambda: model.decode(preview), model.device)
    times["refine"] = seconds(lambda: model.decode(final), model.device)
    if model.manifest.edits == "carried":
        step = torch.full_like(preview.semantic, len(preview.semantic) ** -0.5)
        # Everywhere: what a brain leaves empty moves too, which an edit of a scan is spared.
        way = np.ones((3, *(-(-n // 2) for n in volume.shape)), np.float32)
        times["slider, first move"] = seconds(
            lambda: (unit_velocity(model, preview, volume, step), carried(volume, movement(way, volume.shape))),
            model.device,
        )
        times["slider, next move"] = seconds(lambda: carried(volume, movement(way, volume.shape)), model.device)
    # Between two ticks lies one call, and the solver's few operations on a small latent.
    times["denoiser, one call"] = float(np.median(np.diff(began)))
    times["autoencoder, decode"] = seconds(lambda: model.decode_latent(final.latent), model.device)
    return times


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """How long ``work`` takes until ``device`` has done it."""
    _wait(device)
    began = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - began


def _wait(device: torch.device) -> None:
    """Until the device has done what it was given: a GPU answers before it has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _figure(what: str, ours: list[dict[str, float]], plain: list[dict[str, float]]) -> Figure:
    low, median, high = np.percentile([times[what] for times in ours], (25, 50, 75))
    return Figure(what, float(median), float(low), float(high), float(np.median([times[what] for times in plain])))

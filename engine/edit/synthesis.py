"""From prepared scans to synthesised volumes; what a slider's next move needs again is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from engine.diffusion.solvers import Tick, no_tick
from engine.edit.carrying import Velocity, carried, movement, unit_velocity
from engine.edit.directions import Axis, load_axes, readouts, step_of
from engine.edit.interpolation import between
from engine.edit.own_directions import own_axes, with_own
from engine.edit.settings import check_directions
from engine.kept import Kept
from engine.model.manifest import find_bundle
from engine.model.model import Codes, Model, load_model
from engine.volume import FloatArray

KEPT_BYTES = 128 * 1024 * 1024
"""Codes, copies and velocities of a scan: about five megabytes for the compact model."""


@dataclass(frozen=True)
class Wish:
    """A volume to synthesise from scans prepared to the model's grid, each (X, Y, Z) in [0, 1].

    The codes of ``scan``, or of the point ``fraction`` of the way from ``scan`` to ``second``, moved by ``changes``
    (direction → how far, in its unit) while the readers of ``held`` directions stay as they are. No change and no
    second: the copy. ``drawn``: noise codes drawn from this seed, not the scans' own; what is left of a scan is its
    semantic code.
    """

    scan: FloatArray
    changes: Mapping[str, float]
    second: FloatArray | None = None
    fraction: float = 0.0
    held: Collection[str] = ()
    drawn: int | None = None

    @property
    def is_copy(self) -> bool:
        """Of a scan as it is, which an exact solver returns bit for bit."""
        return not any(self.changes.values()) and (self.second is None or self.fraction in (0.0, 1.0))


@dataclass(frozen=True)
class Synthesis:
    """``volume`` (X, Y, Z) in [0, 1]; ``readouts``: what the readers say of the codes decoded; ``calls`` each way.

    ``movement`` (3, X, Y, Z): in voxels, where the volume looks in the copy of the scan that it was made from; None
    where it was not carried from one.
    """

    volume: FloatArray
    readouts: Mapping[str, float]
    calls: int
    movement: Velocity | None = None


@dataclass(frozen=True)
class Way:
    """``amount`` units of ``step`` (E,) in code space; a picture that is carried goes ``gain`` times as far."""

    name: Hashable
    step: Tensor
    amount: float
    gain: float


@dataclass(frozen=True)
class Start:
    """Where an edit sets out: codes, by what they and the volume they decode to are kept."""

    key: Hashable
    codes: Codes


class Synthesiser:
    """A model, its directions, and what was made of the scans seen last."""

    def __init__(self, model: Model, axes: Mapping[str, Axis]) -> None:
        self.model = model
        self.axes = axes
        self._kept = Kept(KEPT_BYTES)

    def encode(self, scan: FloatArray, calls: int, tick: Tick = no_tick, drawn: int | None = None) -> Codes:
        """The codes of a prepared scan, kept; ``drawn`` as in ``Wish``."""
        key = "codes", _digest(scan), calls, drawn
        return self._kept.get(key, lambda: self.model.encode(scan, calls, tick, drawn))

    def read(self, scan: FloatArray) -> dict[str, float]:
        """What the readers say of a prepared scan; costs no denoiser call."""
        semantic = self.model.semantic_code(scan)
        return {name: axis.read(semantic) for name, axis in self.axes.items()}

    def zeros(self, scan: FloatArray, age: float | None = None) -> dict[str, float]:
        """Where a prepared scan stands on each direction before anything is moved; ``age`` in years, where known."""
        read = self.read(scan)
        zeros = {name: 0.0 if axis.about.from_scan else read[name] for name, axis in self.axes.items()}
        return zeros | ({"age": age} if age is not None and "age" in zeros else {})

    def synthesise(self, wish: Wish, calls: int, tick: Tick = no_tick) -> Synthesis:
        """Carries out ``wish`` with ``calls`` denoiser calls each way. Whatever ``tick`` raises passes through."""
        return self.synthesise_all([wish], calls, tick)[0]

    def synthesise_all(self, wishes: Sequence[Wish], calls: int, tick: Tick = no_tick) -> list[Synthesis]:
        """Carries out ``wishes``, several at a time; copies one by one, so that they stay exact."""
        begun = [self._begun(wish, calls, tick) for wish in wishes]
        codes = [_moved(start.codes, ways) for start, ways in begun]
        volumes, movements = {}, {}
        for number, (wish, (start, ways)) in enumerate(zip(wishes, begun, strict=True)):
            if ways and self.model.manifest.edits == "carried":
                volumes[number], moved = self._carried(start, ways, tick)
                if wish.second is None and wish.drawn is None:
                    movements[number] = moved
            elif wish.is_copy:
                volumes[number] = self.model.decode(codes[number], tick)
        left = [number for number in range(len(wishes)) if number not in volumes]
        volumes |= dict(zip(left, self.model.decode_all([codes[n] for n in left], tick), strict=True))
        return [
            Synthesis(volumes[n], readouts(code, self.axes), calls, movements.get(n)) for n, code in enumerate(codes)
        ]

    def gain_of_people(self) -> float:
        """For a direction that was fitted to differences between people, as age is, and not calibrated itself."""
        return self.axes["age"].gain if "age" in self.axes else 1.0

    def _gain_of_time(self) -> float:
        """What lies beyond two visits is a change of one person, as atrophy is, and not a difference between people."""
        return self.axes["atrophy"].gain if "atrophy" in self.axes else 1.0

    def _begun(self, wish: Wish, calls: int, tick: Tick) -> tuple[Start, list[Way]]:
        """What ``wish`` sets out from, and the ways that it goes from there."""
        check_directions((*wish.changes, *wish.held), (), self.axes)
        ways = [
            Way((name, tuple(sorted(wish.held))), step_of(self.axes, name, wish.held), amount, self.axes[name].gain)
            for name, amount in wish.changes.items()
            if amount
        ]
        codes, key = self.encode(wish.scan, calls, tick, wish.drawn), (_digest(wish.scan), calls, wish.drawn)
        if wish.second is None:
            return Start(key, codes), ways
        second, inside = self.encode(wish.second, calls, tick, wish.drawn), min(max(wish.fraction, 0.0), 1.0)
        if wish.fraction != inside:
            step = second.semantic - codes.semantic
            ways = [Way("beyond", step, wish.fraction - inside, self._gain_of_time()), *ways]
        return Start((key, _digest(wish.second), inside), between(codes, second, inside)), ways

    def _carried(self, start: Start, ways: Sequence[Way], tick: Tick) -> tuple[FloatArray, Velocity]:
        copy = self._kept.get(("copy", start.key), lambda: self.model.decode(start.codes, tick))

        def unit(way: Way) -> Velocity:
            key = "velocity", start.key, way.name
            return self._kept.get(key, lambda: unit_velocity(self.model, start.codes, copy, way.step, tick))

        whole = np.zeros((), np.float32)
        for way in ways:
            whole = whole + np.float32(way.amount * way.gain) * unit(way)
        moved = movement(whole, copy.shape)
        return carried(copy, moved), moved


def _moved(codes: Codes, ways: Sequence[Way]) -> Codes:
    semantic = codes.semantic
    for way in ways:
        semantic = semantic + way.amount * way.step
    return replace(codes, semantic=semantic)


def _digest(scan: FloatArray) -> str:
    return hashlib.sha256(scan.tobytes()).hexdigest()


def load_synthesiser(bundle: str | Path | None = None, device: str = "auto", solver: str | None = None) -> Synthesiser:
    """The model of a bundle, as ``load_model`` loads it, with its directions and the user's own beside them.

    Raises ModelError and UsageError like it.
    """
    model = load_model(bundle, device, solver)
    axes = load_axes(find_bundle(bundle), model.manifest.directions) | own_axes(model.manifest)
    model.manifest = with_own(model.manifest)
    return Synthesiser(model, axes)

"""From prepared scans to synthesised volumes, with the codes of scans kept: a slider move costs one decode."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.diffusion.solvers import Tick, no_tick
from engine.edit.directions import Axis, load_axes, move, readouts
from engine.edit.interpolation import between
from engine.edit.own_directions import own_axes, with_own
from engine.model.manifest import find_bundle
from engine.model.model import Codes, Model, load_model
from engine.volume import FloatArray

CODES_KEPT = 64
"""Each about a third of a megabyte for the compact model."""


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
    """``volume`` (X, Y, Z) in [0, 1]; ``readouts``: what the readers say of the codes decoded; ``calls`` each way."""

    volume: FloatArray
    readouts: Mapping[str, float]
    calls: int


class Synthesiser:
    """A model, its directions, and the codes of the scans seen last."""

    def __init__(self, model: Model, axes: Mapping[str, Axis]) -> None:
        self.model = model
        self.axes = axes
        self._codes: OrderedDict[tuple[str, int, int | None], Codes] = OrderedDict()

    def encode(self, scan: FloatArray, calls: int, tick: Tick = no_tick, drawn: int | None = None) -> Codes:
        """The codes of a prepared scan, from the cache where they are there; ``drawn`` as in ``Wish``."""
        key = hashlib.sha256(scan.tobytes()).hexdigest(), calls, drawn
        if key not in self._codes:
            self._codes[key] = self.model.encode(scan, calls, tick, drawn)
            if len(self._codes) > CODES_KEPT:
                self._codes.popitem(last=False)
        self._codes.move_to_end(key)
        return self._codes[key]

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
        codes = [self._codes_of(wish, calls, tick) for wish in wishes]
        together = [number for number, wish in enumerate(wishes) if not wish.is_copy]
        volumes = dict(zip(together, self.model.decode_all([codes[n] for n in together], tick), strict=True))
        for number in set(range(len(wishes))).difference(together):
            volumes[number] = self.model.decode(codes[number], tick)
        return [Synthesis(volumes[n], readouts(code, self.axes), calls) for n, code in enumerate(codes)]

    def gain_of_people(self) -> float:
        """For a direction that was fitted to differences between people, as age is, and not calibrated itself."""
        return self.axes["age"].gain if "age" in self.axes else 1.0

    def _gain_of_time(self) -> float:
        """What lies beyond two visits is a change of one person, as atrophy is, and not a difference between people."""
        return self.axes["atrophy"].gain if "atrophy" in self.axes else 1.0

    def _codes_of(self, wish: Wish, calls: int, tick: Tick) -> Codes:
        codes = self.encode(wish.scan, calls, tick, wish.drawn)
        if wish.second is not None:
            second = self.encode(wish.second, calls, tick, wish.drawn)
            codes = between(codes, second, wish.fraction, self._gain_of_time())
        return move(codes, self.axes, wish.changes, wish.held)


def load_synthesiser(bundle: str | Path | None = None, device: str = "auto", solver: str | None = None) -> Synthesiser:
    """The model of a bundle, as ``load_model`` loads it, with its directions and the user's own beside them.

    Raises ModelError and UsageError like it.
    """
    model = load_model(bundle, device, solver)
    axes = load_axes(find_bundle(bundle), model.manifest.directions) | own_axes(model.manifest)
    model.manifest = with_own(model.manifest)
    return Synthesiser(model, axes)

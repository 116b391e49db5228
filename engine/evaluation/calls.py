"""How many denoiser calls are enough: an edit's distance from the one made with very many."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any

import numpy as np

from engine.edit.directions import Axis, move
from engine.model.manifest import Solver, SolverName
from engine.model.model import Model
from engine.volume import FloatArray

SOLVERS: tuple[SolverName, ...] = ("anchored", "bdia", "dpm", "ddim")
CALLS = (2, 3, 4, 6, 8, 12)
MANY = 48
PREVIEW_ERROR = 0.25
FINAL_ERROR = 0.10
"""Largest root mean square error of an edited volume, as a share of the whole edit's."""


@dataclass(frozen=True)
class Point:
    """``error``: root mean square over the volume, 1 = as large as the edit itself; mean over people."""

    solver: SolverName
    calls: int
    error: float


def curve(model: Model, axis: Axis, amount: float, volumes: Sequence[FloatArray]) -> list[Point]:
    """Every solver at every number of calls, for ``volumes`` (X, Y, Z) moved by ``amount`` along ``axis``.

    The reference is the anchored solver with ``MANY`` calls: its copy is the autoencoder's own.
    """

    def edited(solver: SolverName, calls: int, volume: FloatArray, amount: float) -> FloatArray:
        solving = copy.copy(model)
        solving.manifest = replace(model.manifest, solver=Solver(solver, calls, calls))
        codes = solving.encode(volume, calls)
        return solving.decode(move(codes, {axis.about.name: axis}, {axis.about.name: amount}))

    errors: dict[tuple[SolverName, int], list[float]] = {(s, c): [] for s in SOLVERS for c in CALLS}
    for volume in volumes:
        whole = edited("anchored", MANY, volume, amount)
        change = whole - edited("anchored", MANY, volume, 0.0)
        for (solver, calls), found in errors.items():
            error = edited(solver, calls, volume, amount) - whole
            found.append(float(np.linalg.norm(error) / np.linalg.norm(change)))
    return [Point(solver, calls, fmean(found)) for (solver, calls), found in errors.items()]


def recommended(points: Sequence[Point]) -> Solver:
    """The solver that is near enough to the many-call edit with the fewest calls, and the calls of preview and final.

    Of several the first of ``SOLVERS``: with noise that was drawn, BDIA's states drift apart. Where none is near
    enough, the nearest.
    """

    def fewest(among: Sequence[Point], allowed: float) -> Point:
        near = [point for point in among if point.error <= allowed]
        if not near:
            return min(among, key=lambda p: p.error)
        return min(near, key=lambda p: (p.calls, SOLVERS.index(p.solver)))

    final = fewest(points, FINAL_ERROR)
    preview = fewest([p for p in points if p.solver == final.solver], PREVIEW_ERROR)
    return Solver(final.solver, min(preview.calls, final.calls), final.calls)


def rows(points: Sequence[Point]) -> list[dict[str, Any]]:
    """The curve as a manifest keeps it."""
    return [asdict(point) for point in points]

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.edit.synthesis import load_synthesiser
from engine.evaluation.calls import CALLS, SOLVERS, Point, curve, recommended


def test_the_fewest_calls_that_are_near_enough_are_recommended() -> None:
    points = [Point("ddim", 4, 0.5), Point("ddim", 12, 0.05), Point("anchored", 2, 0.2), Point("anchored", 6, 0.06)]
    solver = recommended(points)
    assert (solver.name, solver.preview_calls, solver.final_calls) == ("anchored", 2, 6)


def test_where_nothing_is_near_the_nearest_is_recommended() -> None:
    solver = recommended([Point("ddim", 4, 3.0), Point("anchored", 12, 0.8)])
    assert (solver.name, solver.preview_calls, solver.final_calls) == ("anchored", 12, 12)


def test_the_curve_holds_every_solver_and_exact_ones_need_no_calls_for_no_change(tiny_bundle: Path) -> None:
    synthesiser = load_synthesiser(tiny_bundle, "cpu")
    volume = np.random.default_rng(0).random((16, 24, 16)).astype(np.float32)
    points = curve(synthesiser.model, synthesiser.axes["age"], 3000.0, [volume])
    assert {(p.solver, p.calls) for p in points} == {(s, c) for s in SOLVERS for c in CALLS}
    assert all(np.isfinite(p.error) for p in points)
    assert synthesiser.model.manifest.solver.name == "bdia"

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from engine.edit.directions import Axis, Vector, held_still, load_axes, move, readouts, save_axis
from engine.edit.interpolation import between, slerp
from engine.edit.probes import fit_probe, scores
from engine.edit.settings import parse_settings
from engine.edit.synthesis import Synthesiser, Wish, load_synthesiser
from engine.errors import UsageError
from engine.model.manifest import Direction
from engine.model.model import Codes
from engine.volume import FloatArray


@pytest.fixture(scope="module")
def synthesiser(tiny_bundle: Path) -> Synthesiser:
    return load_synthesiser(tiny_bundle, "cpu")


def _scan(cohort: Path, name: str) -> FloatArray:
    return np.asarray(nib.load(next((cohort / name).rglob("*_T1w.nii.gz"))).dataobj, np.float32) / 255


def test_no_change_returns_the_copy(synthesiser: Synthesiser, tiny_cohort: Path) -> None:
    scan = _scan(tiny_cohort, "sub-02")
    copy = synthesiser.synthesise(Wish(scan, {}), 4).volume
    zero = synthesiser.synthesise(Wish(scan, {"age": 0.0}), 4).volume
    other = synthesiser.synthesise(Wish(scan, {"age": 400.0}), 4).volume
    assert np.array_equal(copy, zero)
    assert not np.array_equal(copy, other)


def test_a_second_edit_of_a_scan_costs_no_encoding(synthesiser: Synthesiser, tiny_cohort: Path) -> None:
    scan = _scan(tiny_cohort, "sub-04")
    ticks: list[int] = []
    synthesiser.synthesise(Wish(scan, {"age": 5.0}), 6, lambda step, of: ticks.append(of))
    first = len(ticks)
    ticks.clear()
    synthesiser.synthesise(Wish(scan, {"age": 6.0}), 6, lambda step, of: ticks.append(of))
    assert (first, len(ticks)) == (11, 5)


def test_the_ends_of_a_timeline_are_the_two_copies(synthesiser: Synthesiser, tiny_cohort: Path) -> None:
    a, b = _scan(tiny_cohort, "sub-01"), _scan(tiny_cohort, "sub-06")
    start = synthesiser.synthesise(Wish(a, {}, b, 0.0), 4).volume
    end = synthesiser.synthesise(Wish(a, {}, b, 1.0), 4).volume
    assert np.abs(start - synthesiser.synthesise(Wish(a, {}), 4).volume).max() < 0.02
    assert np.abs(end - synthesiser.synthesise(Wish(b, {}), 4).volume).max() < 0.02


def test_beyond_the_visits_the_code_goes_on_and_the_noise_stays(synthesiser: Synthesiser, tiny_cohort: Path) -> None:
    a, b = (synthesiser.encode(_scan(tiny_cohort, name), 4) for name in ("sub-01", "sub-06"))
    beyond = between(a, b, 1.5)
    assert torch.allclose(beyond.semantic, b.semantic + 0.5 * (b.semantic - a.semantic), atol=1e-5)
    assert torch.allclose(beyond.noise, b.noise, atol=1e-5)


def test_an_unknown_direction_is_refused(synthesiser: Synthesiser, tiny_cohort: Path) -> None:
    with pytest.raises(UsageError, match="shoe: the model has no such direction: choose among age"):
        synthesiser.synthesise(Wish(_scan(tiny_cohort, "sub-02"), {"shoe": 1.0}), 4)


def _axis(weight: Vector, step: Vector) -> Axis:
    return Axis(Direction("x", "X", "units", 0.0, 1.0, None), weight, 0.0, step)


def test_held_readers_stay_still_and_the_step_changes_no_more_than_that_takes() -> None:
    rng = np.random.default_rng(0)
    step, readers = rng.standard_normal(12), rng.standard_normal((3, 12)) * [[1e-3], [1.0], [1e3]]
    kept = held_still(step, readers)
    assert np.abs(readers @ kept / np.linalg.norm(readers, axis=1)).max() < 1e-12
    for other in rng.standard_normal((20, 12)):
        as_still = other - np.linalg.pinv(readers) @ readers @ other
        assert np.linalg.norm(kept - step) <= np.linalg.norm(as_still - step)


def test_a_step_that_no_reader_sees_is_left_as_it_is_and_readers_may_repeat_each_other() -> None:
    step = np.array([0.0, 2.0, 1.0])
    readers = np.array([[1.0, 0, 0], [2.0, 0, 0]])
    assert np.allclose(held_still(step, readers), step)
    assert np.allclose(held_still(step + np.array([5.0, 0, 0]), readers), step)


def test_holding_moves_the_other_readout_by_nothing_and_without_it_by_what_goes_along() -> None:
    axes = {
        "age": _axis(np.array([1.0, 0, 0]), np.array([1.0, 0.5, 0])),
        "sex": _axis(np.array([0.2, 1.0, 0]), np.array([0, 1.0, 0])),
    }
    codes = Codes(torch.tensor([1.0, 2.0, 3.0]), torch.zeros(1, 1, 1, 1, 1), torch.zeros(1, 1, 1, 1), 2)
    before = readouts(codes, axes)
    free, held = (readouts(move(codes, axes, {"age": 2.0}, names), axes) for names in ((), ("sex",)))
    assert free["sex"] - before["sex"] == pytest.approx(1.4)
    assert held["sex"] == pytest.approx(before["sex"], abs=1e-6)
    assert 1.0 < held["age"] - before["age"] < 2.0
    both = readouts(move(codes, axes, {"age": 2.0, "sex": 0.5}, ("age", "sex")), axes)
    alone = readouts(move(codes, axes, {"sex": 0.5}, ("age",)), axes)
    assert both["sex"] - before["sex"] == pytest.approx(alone["sex"] - before["sex"], abs=1e-6)
    with pytest.raises(UsageError, match="shoe: the model has no such direction"):
        move(codes, axes, {"age": 2.0}, ("shoe",))


def test_a_direction_of_ones_own_goes_as_far_as_age_does(synthesiser: Synthesiser) -> None:
    age = replace(synthesiser.axes["age"], gain=2.25)
    assert Synthesiser(synthesiser.model, {"age": age}).gain_of_people() == 2.25
    assert Synthesiser(synthesiser.model, {}).gain_of_people() == 1.0


def test_a_gain_is_kept_and_files_without_one_have_none(tmp_path: Path) -> None:
    axis = replace(_axis(np.ones(3), np.ones(3)), gain=2.5)
    path = save_axis(axis, tmp_path)
    assert load_axes(tmp_path, (axis.about,))["x"].gain == 2.5
    stored = {name: array for name, array in load_file(path).items() if name != "gain"}
    save_file(stored, path)
    assert load_axes(tmp_path, (axis.about,))["x"].gain == 1.0


def test_a_drawn_noise_code_is_its_seeds_and_leaves_the_semantic_code(
    synthesiser: Synthesiser, tiny_cohort: Path
) -> None:
    scan = _scan(tiny_cohort, "sub-02")
    own, one, again, two = (synthesiser.encode(scan, 4, drawn=seed) for seed in (None, 1, 1, 2))
    assert torch.equal(one.noise, again.noise) and not torch.equal(one.noise, two.noise)
    assert torch.equal(one.semantic, own.semantic) and one.noise.shape == own.noise.shape


def test_slerp_keeps_the_length_and_halves_the_angle() -> None:
    a, b = torch.tensor([1.0, 0, 0]), torch.tensor([0, 1.0, 0])
    assert torch.allclose(slerp(a, b, 0.5), torch.tensor([0.5**0.5, 0.5**0.5, 0]))


def test_slerp_of_parallel_tensors_is_a_straight_line() -> None:
    a = torch.tensor([1.0, 2.0])
    assert torch.allclose(slerp(a, 3 * a, 0.5), 2 * a)
    assert torch.allclose(slerp(a, a, 0.3), a)


def test_left_out_readings_equal_those_of_probes_really_fitted_without_the_person() -> None:
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((30, 5))
    values = codes @ rng.standard_normal(5) + 0.3 * rng.standard_normal(30) + 50
    probe = fit_probe(codes, values)
    x = (codes - codes.mean(0)) / codes.std(0)
    shrink = np.linalg.svd(x, compute_uv=False) ** 2
    # The penalty is recovered from the fitted weights, then each person is left out for real.
    grid = np.logspace(-2, 5, 29)
    weights = [np.linalg.solve(x.T @ x + p * np.eye(5), x.T @ (values - values.mean())) / codes.std(0) for p in grid]
    penalty = grid[np.argmin([np.abs(w - probe.weight).max() for w in weights])]
    assert len(shrink) == 5
    for person in range(30):
        rest = np.arange(30) != person
        centred, centre = x[rest] - x[rest].mean(0), values[rest].mean()
        weight = np.linalg.solve(centred.T @ centred + penalty * np.eye(5), centred.T @ (values[rest] - centre))
        assert probe.left_out[person] == pytest.approx(centre + (x[person] - x[rest].mean(0)) @ weight, abs=1e-6)


def test_the_step_is_the_mean_change_of_codes_per_unit() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(20, 80, 200)
    slope = np.array([0.5, -0.1, 0.0])
    probe = fit_probe(values[:, None] * slope + 0.1 * rng.standard_normal((200, 3)), values)
    assert np.allclose(probe.step, slope, atol=2e-3)


def test_scores_of_the_mean_predictor_have_no_r2() -> None:
    truth = np.array([1.0, 2.0, 6.0])
    assert scores(truth, np.full(3, 3.0)) == pytest.approx({"mae": 2.0, "rmse": (14 / 3) ** 0.5, "r2": 0.0})


@pytest.mark.parametrize(("word", "moved"), [("age=+10", 10.0), ("age=-5", -5.0), ("age=75", 15.0), ("age=+2.5", 2.5)])
def test_settings_are_relative_with_a_sign_and_absolute_without(word: str, moved: float) -> None:
    assert parse_settings([word], {"age": 60.0}) == {"age": moved}


@pytest.mark.parametrize("word", ["age", "age=", "=3", "age=old", "age=nan", "shoe=3", "age=+inf"])
def test_settings_that_make_no_sense_are_refused(word: str) -> None:
    with pytest.raises(UsageError):
        parse_settings([word], {"age": 60.0})

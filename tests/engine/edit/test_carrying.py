from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from engine.cohort.deformation import jacobian
from engine.edit.carrying import Velocity, _flow, movement, velocity
from engine.edit.carrying import carried as moved_by
from engine.edit.synthesis import Synthesiser, Wish, load_synthesiser
from engine.volume import FloatArray

RNG = np.random.default_rng(0)
FAR = 1e4
"""Years: the tiny model has learnt next to nothing."""


@pytest.fixture
def synthesiser(tiny_bundle: Path) -> Synthesiser:
    """The tiny model, its edits carried."""
    made = load_synthesiser(tiny_bundle, "cpu")
    made.model.manifest = replace(made.model.manifest, edits="carried")
    return made


def _scan(cohort: Path, name: str) -> FloatArray:
    return np.asarray(nib.load(next((cohort / name).rglob("*_T1w.nii.gz"))).dataobj, np.float32) / 255


def _tissue(shape: tuple[int, int, int] = (32, 36, 28)) -> FloatArray:
    rough = ndimage.gaussian_filter(RNG.standard_normal(shape), 2.0)
    return np.asarray(0.5 + 0.2 * rough / rough.std(), np.float32).clip(0, 1)


def _ball(radius: float, shape: tuple[int, int, int] = (32, 36, 28)) -> FloatArray:
    away = np.sqrt(sum((i - (n - 1) / 2) ** 2 for i, n in zip(np.indices(shape), shape, strict=True)))
    return np.asarray(1 / (1 + np.exp(away - radius)), np.float32)


def carried(volume: FloatArray, way: Velocity) -> FloatArray:
    return moved_by(volume, movement(way, volume.shape))


def test_a_ball_that_was_drawn_larger_is_carried_to_that_size() -> None:
    still, larger, smaller = _ball(8.0), _ball(8.5), _ball(7.5)
    way = velocity(still, larger, smaller)
    made = carried(still, way)
    assert np.abs(made - larger).mean() < 0.2 * np.abs(still - larger).mean()
    assert carried(still, -way).sum() < still.sum() < made.sum() < carried(still, 2 * way).sum()


def test_mottle_that_both_sides_share_moves_nothing() -> None:
    still, larger, smaller = _ball(8.0), _ball(8.5), _ball(7.5)
    mottle = 0.2 * RNG.standard_normal(still.shape).astype(np.float32)
    assert np.allclose(velocity(still, larger + mottle, smaller + mottle), velocity(still, larger, smaller), atol=1e-5)


def test_however_far_it_goes_nothing_folds() -> None:
    wild = np.stack([ndimage.gaussian_filter(RNG.standard_normal((16, 18, 14)), 2.0) for _ in "xyz"])
    wild *= 6.0 / np.abs(wild).max()
    assert jacobian(_flow(wild), (1.0, 1.0, 1.0)).min() > 0
    assert jacobian(wild, (1.0, 1.0, 1.0)).min() < 0, "as a plain displacement it would"


def test_there_and_back_is_nearly_the_same_and_where_nothing_moves_it_is_the_same() -> None:
    volume = _tissue()
    way = np.zeros((3, 16, 18, 14), np.float32)
    way[:, 6:10, 7:11, 5:9] = 1.0
    way = ndimage.gaussian_filter(way, (0, 1, 1, 1))
    moved = carried(volume, way)
    assert np.abs(carried(moved, -way) - volume).mean() < 0.1 * np.abs(moved - volume).mean()
    assert np.array_equal(moved[:4], volume[:4])
    assert np.array_equal(carried(volume, 0 * way), volume)


def test_a_grid_of_odd_size_is_carried_too() -> None:
    still, larger, smaller = (_ball(radius, (31, 35, 27)) for radius in (8.0, 8.5, 7.5))
    made = carried(still, velocity(still, larger, smaller))
    assert made.shape == still.shape
    assert np.abs(made - larger).mean() < 0.2 * np.abs(still - larger).mean()


def test_after_the_first_move_of_a_slider_the_next_costs_no_call_of_the_denoiser(
    synthesiser: Synthesiser, tiny_cohort: Path
) -> None:
    scan = _scan(tiny_cohort, "sub-04")
    ticks: list[int] = []
    for years in (5.0, 6.0):
        ticks.clear()
        synthesiser.synthesise(Wish(scan, {"age": years}), 4, lambda step, of: ticks.append(of))
    assert ticks == []


def test_no_change_is_the_copy_and_a_change_goes_by_its_gain(synthesiser: Synthesiser, tiny_cohort: Path) -> None:
    scan = _scan(tiny_cohort, "sub-04")
    copy = synthesiser.synthesise(Wish(scan, {}), 4).volume
    assert np.array_equal(synthesiser.synthesise(Wish(scan, {"age": 0.0}), 4).volume, copy)
    axes = {"age": replace(synthesiser.axes["age"], gain=2.0)}
    twice = Synthesiser(synthesiser.model, axes).synthesise(Wish(scan, {"age": FAR}), 4)
    once = Synthesiser(synthesiser.model, {"age": replace(axes["age"], gain=1.0)})
    assert np.abs(once.synthesise(Wish(scan, {"age": 2 * FAR}), 4).volume - twice.volume).max() < 1e-5
    assert not np.array_equal(twice.volume, copy)
    assert twice.readouts["age"] - synthesiser.read(scan)["age"] == pytest.approx(FAR, rel=1e-3)


def test_beyond_the_visits_the_last_one_is_carried_on(synthesiser: Synthesiser, tiny_cohort: Path) -> None:
    a, b = _scan(tiny_cohort, "sub-01"), _scan(tiny_cohort, "sub-06")
    last, little, more = (synthesiser.synthesise(Wish(a, {}, b, f), 4).volume for f in (1.0, 1e3, 1e4))
    assert 0 < np.abs(little - last).mean() < np.abs(more - last).mean()

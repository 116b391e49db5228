from __future__ import annotations

import numpy as np
import pytest

from engine.edit.directions import Axis
from engine.model.manifest import Direction
from engine.training.directions import atrophy_axis, value_axis


def test_a_step_moves_the_reader_by_what_was_asked_however_shy_it_is() -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(20, 80, 60)
    codes = values[:, None] * rng.standard_normal(16) * 0.01 + rng.standard_normal((60, 16))
    axis = value_axis(Direction("age", "Age", "years", 20, 80, None), codes, values)
    assert axis.weight @ axis.step == pytest.approx(1.0)
    assert axis.about.error == pytest.approx(axis.about.scores["mae"]) and axis.about.error > 0


def _twins(people: int = 40) -> tuple[Axis, np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(1)
    ageing, illness = rng.standard_normal((2, 24))
    own = 5 * rng.standard_normal((people, 24))
    healthy = own + ageing + 0.1 * rng.standard_normal((people, 24))
    ill = own + 2 * ageing + illness + 0.1 * rng.standard_normal((people, 24))
    return atrophy_axis(own, healthy, ill), own, healthy, ill


def test_one_unit_of_atrophy_is_what_illness_does_beyond_ageing_and_is_read_as_one() -> None:
    axis, own, healthy, ill = _twins()
    assert np.allclose(axis.step, (ill - healthy).mean(0))
    assert axis.weight @ axis.step == pytest.approx(1.0)
    assert (own @ axis.weight + axis.bias).mean() == pytest.approx(0.0, abs=1e-9)
    assert axis.about.from_scan


def test_the_reader_of_atrophy_tells_the_ill_from_their_ageing_twins() -> None:
    axis, own, healthy, ill = _twins()
    read_healthy, read_ill = (healthy - own) @ axis.weight, (ill - own) @ axis.weight
    assert read_ill.min() > read_healthy.max()
    assert (read_ill - read_healthy).mean() == pytest.approx(1.0)

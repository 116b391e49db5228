from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.disease import auc, left_out_decisions
from engine.evaluation.intervals import bootstrap, mean, r2
from engine.evaluation.words import figure_in_words, number


def test_an_interval_holds_its_value_and_narrows_with_more_people() -> None:
    rng = np.random.default_rng(0)
    few, many = (bootstrap(mean, rng.normal(5, 1, n)) for n in (10, 1000))
    assert few and many
    assert few[1] < few[0] < few[2]
    assert many[2] - many[1] < 0.3 * (few[2] - few[1])
    assert many[1] < 5 < many[2]


def test_paired_samples_are_drawn_together() -> None:
    truth = np.arange(20.0)
    assert bootstrap(lambda a, b: float(np.abs(a - b).max()), truth, truth + 1) == [1.0, 1.0, 1.0]


def test_rows_of_one_person_count_as_one_person() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=12)
    alone = bootstrap(mean, values)
    often = bootstrap(mean, np.repeat(values, 10), people=[f"{k:02d}" for k in np.repeat(np.arange(12), 10)])
    blind = bootstrap(mean, np.repeat(values, 10))
    assert alone and often and blind
    assert often == pytest.approx(alone, abs=1e-9)
    assert blind[2] - blind[1] < 0.5 * (often[2] - often[1])


def test_what_is_no_number_has_no_figure() -> None:
    assert bootstrap(r2, [50.0], [51.0]) is None
    assert bootstrap(mean, []) is None


def test_the_area_under_the_curve_is_the_share_of_pairs_in_order() -> None:
    ill, score = np.array([0.0, 0, 1, 1, 1]), np.array([1.0, 3, 2, 3, 4])
    pairs = [(a > b) + 0.5 * (a == b) for a in score[ill == 1] for b in score[ill == 0]]
    assert auc(ill, score) == pytest.approx(np.mean(pairs))


def test_nobody_decides_on_their_own_threshold() -> None:
    """Someone whose scores lie apart from all others' is judged as the others would judge them."""
    ill = np.array([0.0, 1, 0, 1, 0, 1, 0, 1])
    score = np.array([0.0, 1, 0.1, 1.1, 0.2, 1.2, 5.0, 6.0])
    said = left_out_decisions(ill, score, ["a", "a", "b", "b", "c", "c", "d", "d"])
    assert said.tolist() == [0, 1, 0, 1, 0, 1, 1, 1]


def test_numbers_keep_three_figures_and_no_exponent() -> None:
    assert [number(v) for v in (0.00178, 0.92718, -3.5, 10.38, 1204.0, 0.0)] == [
        "0.00178",
        "0.927",
        "-3.50",
        "10.4",
        "1,204",
        "0",
    ]
    assert figure_in_words(None) == ("–", "")

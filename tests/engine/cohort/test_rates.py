"""Rates over people: the asked mean and spread, never the wrong way, and groups that overlap."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cohort.rates import Rate, change_after, draw_severity

NORMAL, ALZHEIMER = {"hippocampus": Rate(-1.4, 0.8)}, {"hippocampus": Rate(-4.7, 1.6)}


def drawn(rates: dict[str, Rate], people: int = 4000) -> np.ndarray:
    severities = (draw_severity(sorted(rates), 0.5, np.random.default_rng([1, n])) for n in range(people))
    return np.array([list(severity.rates(rates).values()) for severity in severities])


def test_people_have_the_mean_and_spread_of_their_group() -> None:
    rates = drawn(ALZHEIMER)
    # Standard errors of 4000 draws: 0.025 and 0.03; cutting off at 2.5 standard deviations takes 3 % of the spread.
    assert rates.mean() == pytest.approx(-4.7, abs=0.1)
    assert rates.std() == pytest.approx(1.6, abs=0.15)


def test_nobodys_region_goes_the_other_way() -> None:
    assert drawn(NORMAL).max() < 0.0


def test_groups_overlap() -> None:
    assert np.percentile(drawn(NORMAL), 2) < np.percentile(drawn(ALZHEIMER), 98)


def test_regions_have_the_asked_share_of_variance_in_common() -> None:
    rates = {"a": Rate(-1.0, 0.1), "b": Rate(2.0, 0.2)}
    assert np.corrcoef(drawn(rates).T)[0, 1] == pytest.approx(-0.5, abs=0.05)


def test_no_rate_is_no_change() -> None:
    assert Rate(0.0, 0.0).of(1.3) == 0.0


def test_a_constant_rate_compounds() -> None:
    assert change_after({"ventricles": 10.0}, 2.0)["ventricles"] == pytest.approx(0.21)

from __future__ import annotations

import numpy as np
import pytest

from engine.training.calibration import GAINS, least_sufficient


def test_the_gain_is_where_what_is_shown_first_reaches_what_was_asked() -> None:
    rest = [0.1] * (len(GAINS) - 3)
    assert least_sufficient([1.2, 2.0, 3.0, *rest]) == GAINS[0]
    assert least_sufficient([0.4, 0.8, 1.2, *rest]) == pytest.approx(1.75)
    assert least_sufficient([0.4 * gain for gain in GAINS]) == pytest.approx(2.5)


def test_where_no_gain_suffices_it_is_the_one_that_shows_most() -> None:
    assert least_sufficient([0.2, 0.4, 0.6, *[0.5] * (len(GAINS) - 3)]) == GAINS[2]
    assert least_sufficient(list(-np.array(GAINS))) == GAINS[0]

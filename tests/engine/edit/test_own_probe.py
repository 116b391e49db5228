"""Whether codes predict a column, and the direction that is made where they do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from engine.edit.own_probe import Column, column_of, direction, predict, roc_auc
from engine.edit.probes import classified_left_out, fit_classifier, fit_probe, read_left_out
from engine.errors import UsageError

PEOPLE, SIZE = 60, 12


def _codes(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Codes of which the first number is ten times a score of 20 to 30, nearly, and the score."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(20, 30, PEOPLE)
    codes = rng.standard_normal((PEOPLE, SIZE))
    codes[:, 0] = 10 * score + rng.standard_normal(PEOPLE)
    return codes, score


def test_a_score_in_the_codes_becomes_a_direction_that_moves_it_by_what_is_asked() -> None:
    codes, score = _codes()
    column = Column(score, None)
    prediction = predict(codes, column, seed=0)
    assert prediction.convinces and prediction.scores["r2"] > 0.95 and prediction.p < 0.01
    axis = direction(codes, column, "MMSE", "MMSE", "points", prediction)
    assert axis.weight @ axis.step == pytest.approx(1.0)
    assert axis.step[0] == pytest.approx(10.0, rel=0.1)
    assert (axis.about.low, axis.about.high) == (score.min(), score.max())
    assert np.abs(codes @ axis.weight + axis.bias - score).mean() < 1.0


def test_a_column_of_chance_makes_no_direction() -> None:
    codes, _ = _codes()
    found = [predict(codes, Column(np.random.default_rng(n).standard_normal(PEOPLE), None), 0) for n in range(5)]
    assert not any(prediction.convinces for prediction in found)
    assert predict(codes, Column(np.arange(PEOPLE) % 2.0, ("a", "b")), 0).convinces is False


def test_nobody_is_read_by_a_probe_that_knew_them() -> None:
    codes, score = _codes()
    folds = np.arange(PEOPLE) % 10
    other = score.copy()
    other[folds == 3] += 1000.0
    read = read_left_out(codes, np.stack([score, other], 1), folds)
    assert np.allclose(read[folds == 3, 0], read[folds == 3, 1])
    assert not np.allclose(read[folds == 4, 0], read[folds == 4, 1])
    turned = (score > 25)[:, None] ^ (folds == 3)[:, None]
    logits = classified_left_out(codes, np.hstack([(score > 25)[:, None], turned]), folds)
    assert np.allclose(logits[folds == 3, 0], logits[folds == 3, 1])


def test_left_out_in_folds_of_one_is_the_leave_one_out_of_the_fit() -> None:
    codes, score = _codes()
    read = read_left_out(codes, score[:, None], np.arange(PEOPLE))[:, 0]
    # The fit keeps the penalty and the standardisation that everyone led to.
    assert np.abs(read - fit_probe(codes, score).left_out).max() < 0.1


def test_a_classifier_reads_zero_and_one_at_the_means_and_steps_from_one_to_the_other() -> None:
    codes, score = _codes()
    classes = score > 25
    weight, bias, step = fit_classifier(codes, classes)
    read = codes @ weight + bias
    assert read[classes].mean() == pytest.approx(1.0) and read[~classes].mean() == pytest.approx(0.0)
    assert np.allclose(step, codes[classes].mean(0) - codes[~classes].mean(0))
    prediction = predict(codes, Column(classes.astype(float), ("low", "high")), 0)
    assert prediction.scores["auc"] > 0.95 and prediction.scores["acc"] > 0.85 and prediction.convinces


def test_the_logistic_fit_is_the_minimum_of_its_penalised_likelihood() -> None:
    rng = np.random.default_rng(1)
    codes = rng.standard_normal((40, 3))
    classes = codes[:, 0] + rng.standard_normal(40) > 0
    logits = classified_left_out(np.vstack([codes, codes]), np.hstack([classes, classes])[:, None], np.arange(80) // 40)
    x = (codes - codes.mean(0)) / codes.std(0)

    def best(penalty: float) -> np.ndarray:
        def loss(w: np.ndarray) -> float:
            z = x @ w[:3] + w[3]
            return float(np.logaddexp(0, np.where(classes, -z, z)).sum() + penalty / 8 * w[:3] @ w[:3])

        found = optimize.minimize(loss, np.zeros(4), tol=1e-10).x
        return np.asarray(x @ found[:3] + found[3])

    from engine.edit.probes import PENALTIES

    assert min(np.abs(best(penalty) - logits[:40, 0]).max() for penalty in PENALTIES) < 1e-3


def test_roc_auc_counts_pairs_and_halves_ties() -> None:
    classes = np.array([False, False, True, True])
    assert roc_auc(classes, np.array([0.0, 1.0, 2.0, 3.0])) == 1.0
    assert roc_auc(classes, np.array([0.0, 2.0, 2.0, 3.0])) == pytest.approx(0.875)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["1"] * 30, "is 1 for everyone"),
        (["F", "M", "x"] * 10, "words of 3 kinds"),
        (["1", "2", "3"] * 3, "of 9 people"),
        (["F"] * 28 + ["M"] * 2, "only 2 people differ"),
    ],
)
def test_a_column_that_cannot_be_fitted_is_named(words: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        column_of(words, "score")


def test_two_kinds_of_words_become_zero_and_one_and_two_numbers_stay_themselves() -> None:
    column = column_of(["M", "F"] * 10, "sex")
    assert column.classes == ("F", "M") and column.values[:2].tolist() == [1.0, 0.0]
    column = column_of(["2", "1.0", "1"] * 10, "group")
    assert column.classes == ("1", "2") and column.values[:2].tolist() == [2.0, 1.0]

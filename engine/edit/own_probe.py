"""Whether codes predict what a table says of people, and the direction where they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from engine.edit.directions import Axis
from engine.edit.probes import classified_left_out, fit_classifier, fit_probe, read_left_out, scores
from engine.errors import UsageError
from engine.model.manifest import Direction

Array = NDArray[np.float64]
FOLDS = 10
PERMUTATIONS = 200
LEAST_PEOPLE = 20
LEAST_OF_A_CLASS = 5
LIKELY = 0.05
"""A permutation p below this, and better than knowing nothing, makes a direction."""


@dataclass(frozen=True)
class Column:
    """A number for each person, (N,). ``classes``: what its two values are called, lower first; None: a quantity."""

    values: Array
    classes: tuple[str, str] | None


@dataclass(frozen=True)
class Prediction:
    """How well codes predict a column in people that the probe was not fitted to.

    ``scores`` of a quantity: mae, rmse, r2, and mae_mean, the error of knowing the mean alone. Of two classes: auc,
    acc, precision, recall, f1, the higher class being positive. ``p``: share of shuffled columns predicted as well.
    """

    scores: dict[str, float]
    p: float

    @property
    def convinces(self) -> bool:
        better = self.scores["auc"] > 0.5 if "auc" in self.scores else self.scores["r2"] > 0
        return better and self.p < LIKELY

    def in_words(self) -> str:
        found = self.scores
        if "auc" in found:
            return f"ROC-AUC {found['auc']:.2f}, accuracy {found['acc']:.2f}, permutation p {self.p:.3f}"
        error = f"mean absolute error {found['mae']:.3g}, {found['mae_mean']:.3g} by the mean alone"
        return f"R² {found['r2']:.2f}, {error}, permutation p {self.p:.3f}"


def column_of(words: Sequence[str], name: str) -> Column:
    """The column ``name`` as numbers. Two different values are classes, in the order of numbers or of the alphabet.

    Raises UsageError for words of more than two kinds, for less than two values, and for too few people.
    """
    kinds = sorted(set(words))
    try:
        numbers = np.array([float(word) for word in words])
        kinds = [f"{value:g}" for value in sorted(set(numbers.tolist()))]
    except ValueError:
        if len(kinds) > 2:
            raise UsageError(
                f"{name}: holds words of {len(kinds)} kinds: name a column of numbers, or one of two kinds."
            ) from None
        numbers = np.array([float(kinds.index(word)) for word in words])
    if len(words) < LEAST_PEOPLE:
        raise UsageError(
            f"{name}: is known of {len(words)} people with a scan, too few to tell (at least {LEAST_PEOPLE}): add more."
        )
    if len(kinds) < 2:
        raise UsageError(f"{name}: is {kinds[0]} for everyone: name a column that differs between people.")
    if len(kinds) > 2:
        return Column(numbers, None)
    rarer = min(int((numbers == value).sum()) for value in set(numbers.tolist()))
    if rarer < LEAST_OF_A_CLASS:
        raise UsageError(f"{name}: only {rarer} people differ from the rest (at least {LEAST_OF_A_CLASS}): add more.")
    return Column(numbers, (kinds[0], kinds[1]))


def predict(codes: Array, column: Column, seed: int) -> Prediction:
    """Cross-validated in ten parts of people, codes (N, E); p by two hundred shuffles (Ojala and Garriga 2010)."""
    rng = np.random.default_rng(seed)
    values = column.values
    folds = rng.permutation(np.arange(len(values)) % FOLDS)
    shuffled = np.stack([values, *(rng.permutation(values) for _ in range(PERMUTATIONS))], axis=1)
    if column.classes is None:
        read = read_left_out(codes, shuffled, folds)
        reached = 1 - np.square(read - shuffled).sum(0) / np.square(shuffled - shuffled.mean(0)).sum(0)
        centres = np.array([values[folds != fold].mean() for fold in folds])
        found = {**scores(values, read[:, 0]), "mae_mean": float(np.abs(values - centres).mean())}
    else:
        classes = shuffled == values.max()
        read = classified_left_out(codes, classes, folds)
        reached = np.array([roc_auc(classes[:, n], read[:, n]) for n in range(read.shape[1])])
        found = _of_classes(classes[:, 0], read[:, 0])
    return Prediction(found, float((1 + (reached[1:] >= reached[0]).sum()) / (1 + PERMUTATIONS)))


def direction(codes: Array, column: Column, name: str, label: str, unit: str, prediction: Prediction) -> Axis:
    """The direction of a column, fitted to everyone; codes (N, E).

    The step is stretched until the reader sees as much as was asked for: one fitted to few people is shy.
    """
    low, high = float(column.values.min()), float(column.values.max())
    if column.classes is None:
        probe = fit_probe(codes, column.values)
        weight, bias, step = probe.weight, probe.bias, probe.step
    else:
        weight, bias, step = fit_classifier(codes, column.values == high)
        weight, bias, step = weight * (high - low), low + bias * (high - low), step / (high - low)
    about = Direction(name, label, unit, low, high, prediction.scores.get("mae"), prediction.scores)
    return Axis(about, weight, bias, step / float(weight @ step))


def roc_auc(classes: NDArray[np.bool_], read: Array) -> float:
    """The chance that someone of the higher class is read higher than someone of the lower (Hanley and McNeil 1982)."""
    ranks, positive = stats.rankdata(read), int(classes.sum())
    above = ranks[classes].sum() - positive * (positive + 1) / 2
    return float(above / (positive * (len(classes) - positive)))


def _of_classes(classes: NDArray[np.bool_], logits: Array) -> dict[str, float]:
    told = logits > 0
    hits = int((told & classes).sum())
    precision, recall = hits / max(int(told.sum()), 1), hits / int(classes.sum())
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    accuracy = float((told == classes).mean())
    return {"auc": roc_auc(classes, logits), "acc": accuracy, "precision": precision, "recall": recall, "f1": f1}

"""How fast the parts of the brain change in a year, and how people differ in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

MOST = 2.5
"""Nobody lies further from the others than so many standard deviations."""


@dataclass(frozen=True)
class Rate:
    """Yearly change of a region's volume in percent: ``mean`` over people, ``spread`` their standard deviation."""

    mean: float
    spread: float

    def of(self, deviation: float) -> float:
        """The rate of someone ``deviation`` standard deviations more affected than the middle of the group.

        Log-normal: nobody's region goes the other way, and a few go much faster.
        """
        if self.mean == 0.0:
            return 0.0
        variance = np.log1p((self.spread / self.mean) ** 2)
        return float(self.mean * np.exp(np.sqrt(variance) * deviation - variance / 2.0))


@dataclass(frozen=True)
class Severity:
    """Where someone stands among the people of a group: ``overall``, and in each region, in standard deviations."""

    overall: float
    regions: Mapping[str, float]

    def rates(self, rates: Mapping[str, Rate]) -> dict[str, float]:
        """Percent a year of each region, for a member of the group whose ``rates`` these are."""
        return {region: rate.of(self.regions[region]) for region, rate in rates.items()}


def draw_severity(regions: list[str], common: float, random: np.random.Generator) -> Severity:
    """``common``: the share of the variance, 0 to 1, that all ``regions`` of a person have in common."""
    overall, *own = np.clip(random.standard_normal(1 + len(regions)), -MOST, MOST)
    mixed = np.sqrt(common) * overall + np.sqrt(1.0 - common) * np.array(own)
    return Severity(float(overall), dict(zip(regions, mixed.tolist(), strict=True)))


def change_after(percent_per_year: Mapping[str, float], years: float) -> dict[str, float]:
    """Relative change of each region after ``years`` at a constant rate."""
    return {region: float((1.0 + percent / 100.0) ** years - 1.0) for region, percent in percent_per_year.items()}

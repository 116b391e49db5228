"""An age regression that the directions know nothing of: a ridge on the network's region volumes over their sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.cohort.members import read_members
from engine.errors import ScanError
from engine.evaluation.intervals import Array
from engine.evaluation.subjects import Judged
from engine.measure.volume_age import fit_volume_age

LEAST_FITTED = 12


class AgeFromRegions:
    """``people`` it was fitted to, its ``error`` on those left out, and whether they are ``apart`` from the judged."""

    def __init__(self, names: Sequence[str], volumes: Array, ages: Array, regions: Sequence[str], apart: bool) -> None:
        self._names, self._volumes, self._ages = np.array(names), volumes, ages
        self._regions, self.apart = tuple(regions), apart
        self._fitted = fit_volume_age(range(len(self._regions)), volumes, ages)
        self.people, self.error = len(ages), self._fitted.error

    @classmethod
    def fitted(cls, judged: Judged) -> AgeFromRegions | None:
        """On people of split train where the cohort has enough, else on the judged, each read without themselves."""
        if judged.volumetry is None:
            return None
        try:
            apart = [m for m in read_members(judged.cohort, "train") if m not in judged.members]
        except ScanError:
            apart = []
        enough = sum(member.age is not None for member in apart) >= LEAST_FITTED
        people = [m for m in (apart if enough else judged.members) if m.age is not None]
        if len(people) < LEAST_FITTED:
            return None
        volumes = judged.each(
            people, lambda m: list((judged.regions_ml(judged.image(m.first)) or {}).values()), "measuring regions"
        )
        ages = np.array([float(member.age or 0.0) for member in people])
        regions = judged.volumetry.config.regions
        return cls([m.name for m in people], np.array(volumes), ages, regions, enough)

    def read(self, name: str, volumes: Mapping[str, float]) -> float:
        asked = np.array([[volumes[region] for region in self._regions]])
        reader = self._fitted
        if not self.apart:
            rest = self._names != name
            reader = fit_volume_age(range(len(self._regions)), self._volumes[rest], self._ages[rest])
        return float(reader.read(asked)[0])

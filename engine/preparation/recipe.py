"""What a model wants done to a scan: the part of its manifest that preparation reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from engine.errors import ModelError
from engine.volume import Grid


@dataclass(frozen=True)
class Recipe:
    """``shape`` and ``affine`` (rows, world_from_voxel, mm) of the model's grid, and how a head comes to lie on it.

    ``working_mm``: scans sharper than this are smoothed and brought to it first, as the training heads were.
    ``percentile`` of the brain's voxels becomes ``level``, on a scale of 0 to 1.
    """

    shape: tuple[int, int, int]
    affine: tuple[tuple[float, ...], ...]
    working_mm: float = 2.0
    extraction: str = "deepbet"
    registration: str = "affine"
    template: str = "mni152-sym-2009a"
    percentile: float = 98.0
    level: float = 230 / 255

    @property
    def grid(self) -> Grid:
        return Grid(self.shape, np.array(self.affine, np.float64))

    def to_json(self) -> dict[str, Any]:
        """Plain values, as they stand in a manifest; the inverse of ``from_json``."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Recipe:
        """Raises ModelError for a key or a step that this version does not know."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown or not {"shape", "affine"} <= set(values):
            words = ", ".join(sorted(unknown)) or "no grid"
            raise ModelError(f"The model's preparation is not understood ({words}): update Neurolapse.")
        shape, affine = values["shape"], values["affine"]
        rest = {key: value for key, value in values.items() if key not in ("shape", "affine")}
        recipe = cls((shape[0], shape[1], shape[2]), tuple(tuple(float(v) for v in row) for row in affine), **rest)
        known = (COMPACT_RECIPE.extraction, COMPACT_RECIPE.registration, COMPACT_RECIPE.template)
        if (recipe.extraction, recipe.registration, recipe.template) != known:
            raise ModelError("The model asks for a preparation that this version cannot do: update Neurolapse.")
        return recipe


COMPACT_RECIPE = Recipe(
    shape=(80, 96, 80),
    affine=((2.0, 0.0, 0.0, -79.0), (0.0, 2.0, 0.0, -112.0), (0.0, 0.0, 2.0, -72.0), (0.0, 0.0, 0.0, 1.0)),
)
"""The compact model's grid and rules, those by which its training heads were made."""

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

    ``registration`` "given" is for a model whose training scans were prepared by a program and a template that are not
    ours: it takes scans that were prepared so (``engine.preparation.given``), and no others. Once ``template_file``, a
    path that is found beside the manifest and not written in it, names that template, it is "syn".
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
    template_file: str | None = None

    @property
    def takes_given(self) -> bool:
        """Whether scans that were prepared elsewhere, to the published template, are taken as they are."""
        return self.template == _PUBLISHED

    @property
    def grid(self) -> Grid:
        return Grid(self.shape, np.array(self.affine, np.float64))

    def to_json(self) -> dict[str, Any]:
        """Plain values, as they stand in a manifest; the inverse of ``from_json``."""
        return {key: value for key, value in asdict(self).items() if key != "template_file"}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Recipe:
        """Raises ModelError for a key or a step that this version does not know."""
        unknown = set(values) - {field.name for field in fields(cls) if field.name != "template_file"}
        if unknown or not {"shape", "affine"} <= set(values):
            words = ", ".join(sorted(unknown)) or "no grid"
            raise ModelError(f"The model's preparation is not understood ({words}): update Neurolapse.")
        shape, affine = values["shape"], values["affine"]
        rest = {key: value for key, value in values.items() if key not in ("shape", "affine")}
        recipe = cls((shape[0], shape[1], shape[2]), tuple(tuple(float(v) for v in row) for row in affine), **rest)
        if (recipe.extraction, recipe.registration, recipe.template) not in _KNOWN:
            raise ModelError("The model asks for a preparation that this version cannot do: update Neurolapse.")
        return recipe


COMPACT_RECIPE = Recipe(
    shape=(80, 96, 80),
    affine=((2.0, 0.0, 0.0, -79.0), (0.0, 2.0, 0.0, -112.0), (0.0, 0.0, 2.0, -72.0), (0.0, 0.0, 0.0, 1.0)),
)
"""The compact model's grid and rules, those by which its training heads were made."""

PUBLISHED_TEMPLATE = Grid(
    (182, 218, 182), np.array([[-1.0, 0, 0, 90], [0, 1, 0, -126], [0, 0, 1, -72], [0, 0, 0, 1]], np.float64)
)
"""The 1 mm grid that published preparation ends on: the ANTs template "mni", taken to lie as FSL's MNI152 does, with
index 0 of the first axis on the person's right (the file was not at hand: a scan that lies otherwise is refused)."""

_PUBLISHED_MM = 1.5
_OURS, _PUBLISHED = "mni152-sym-2009a", "ants-mni"
_KNOWN = (
    ("deepbet", "affine", _OURS),
    ("deepbet", "syn", _OURS),
    ("given", "given", _PUBLISHED),
    ("deepbet", "syn", _PUBLISHED),
)


def published_recipe(shape: tuple[int, int, int], own_template: bool = False) -> Recipe:
    """Prepared scans as given, on the published 1.5 mm grid centred to ``shape`` (published: 128 × 160 × 128); raw ones
    too where the model brings its ``own_template``.

    Voxel i of the 1.5 mm grid lies at voxel 1.5·i of the template, and there are 122 × 146 × 122 of them (182/1.5 and
    218/1.5, rounded up). An axis that is padded gets half of what lacks before it, an odd voxel after it (3, 7, 3
    before); one that is cropped starts at half its length less half the asked one (LDAE specification 3). So for the
    published shape world = (94.5 − 1.5·i, −136.5 + 1.5·j, −76.5 + 1.5·k).
    """
    linear = PUBLISHED_TEMPLATE.affine[:3, :3] * _PUBLISHED_MM
    origin = PUBLISHED_TEMPLATE.affine[:3, 3].copy()
    for axis, (have, want) in enumerate(zip(PUBLISHED_TEMPLATE.shape, shape, strict=True)):
        count = int(np.ceil(have / _PUBLISHED_MM))
        before = (want - count) // 2 if want >= count else want // 2 - count // 2
        origin -= linear[:, axis] * before
    rows = [(*(float(v) for v in linear[row]), float(origin[row])) for row in range(3)]
    how = ("deepbet", "syn") if own_template else ("given", "given")
    return Recipe(shape, (*rows, (0.0, 0.0, 0.0, 1.0)), _PUBLISHED_MM, *how, _PUBLISHED, percentile=100.0, level=1.0)

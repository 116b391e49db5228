"""Scans that come prepared, for a model whose own preparation cannot be repeated here: only its last steps are left.

Published preparation ends in a file on the template's 1 mm grid; what training does to it on loading is done here: to
1.5 mm, linear, centred on the model's grid, least to greatest value brought to 0 … 1 (LDAE specification 3).
"""

from __future__ import annotations

import numpy as np

from engine.errors import PreparationError
from engine.preparation.checks import check_fit, check_scan, check_volume
from engine.preparation.prepared import Prepared
from engine.preparation.recipe import PUBLISHED_TEMPLATE, Recipe
from engine.scans import Scan
from engine.volume import FloatArray, Grid, Volume, resample


def lies_on(scan: Scan, grid: Grid) -> bool:
    """Whether the scan's voxels are those of ``grid``, whichever way its axes run."""
    return scan.volume.grid.matches(_upright(grid))


def comes_prepared(scan: Scan, grid: Grid) -> bool:
    """Whether ``scan`` lies on the published template or on the model's ``grid``."""
    return lies_on(scan, grid) or lies_on(scan, PUBLISHED_TEMPLATE)


def take_given(scan: Scan, recipe: Recipe) -> Prepared:
    """``scan`` on the model's grid in [0, 1]. Raises PreparationError for one that lies elsewhere, or is empty."""
    volume = scan.volume
    if lies_on(scan, recipe.grid):
        data = turned(volume, recipe.grid)
        steps: tuple[str, ...] = ("already on the model's grid",)
    elif lies_on(scan, PUBLISHED_TEMPLATE):
        data = resample(volume, recipe.grid, order=1).data
        steps = ("prepared to the 1 mm template", "model grid and intensity")
    else:
        template, own = (" x ".join(map(str, shape)) for shape in (PUBLISHED_TEMPLATE.shape, recipe.shape))
        raise PreparationError(
            f"{scan.header.name} is not prepared as this model's training scans were (on the template's {template} "
            f"voxels of 1 mm, or the model's {own} of {recipe.working_mm:g} mm): prepare it so, import the model with "
            "its template, or take another model."
        )
    low, high = float(data.min()), float(data.max())
    if high <= low:
        raise PreparationError(f"{scan.header.name} is empty: choose a prepared T1 brain.")
    scale = 1.0 / (high - low)
    on_grid = Volume((data - np.float32(low)) * np.float32(scale), recipe.grid.affine)
    inside = volume.data > low
    return Prepared(
        volume=on_grid,
        native=volume.grid,
        model_from_native=np.eye(4),
        intensity_scale=scale,
        intensity_offset=low,
        mask=inside,
        steps=steps,
        checks=(*check_scan(scan), check_volume(inside, volume.affine), *check_fit(on_grid)),
    )


def _upright(grid: Grid) -> Grid:
    """The same voxels, every axis running as in opened scans (RAS+), of a grid along the world's axes."""
    turn = np.eye(4)
    for axis in range(3):
        if grid.affine[axis, axis] < 0:
            turn[axis, axis], turn[axis, 3] = -1.0, grid.shape[axis] - 1
    return Grid(grid.shape, grid.affine @ turn)


def turned(volume: Volume, grid: Grid) -> FloatArray:
    """The voxels of a volume that lies on ``grid`` in the order of ``grid``."""
    axes = [axis for axis in range(3) if grid.affine[axis, axis] < 0]
    return np.ascontiguousarray(np.flip(volume.data, axes))

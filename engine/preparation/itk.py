"""The border to ITK: its physical space is LPS (x to the left, y to the back) where ours is RAS."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from engine.volume import Affine, FloatArray, Volume, spacing

_LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def load_ants() -> Any:
    """The ants module, set to give the same numbers each time: ITK reads its thread count when it is first loaded."""
    os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"
    import ants

    ants.config.set_ants_deterministic(True, seed_value=1)
    return ants


def image_from(volume: Volume) -> Any:
    """An ANTsImage; ``volume`` must not be sheared."""
    edges = spacing(volume.affine)
    placed = _LPS_FROM_RAS @ volume.affine
    return load_ants().from_numpy(
        np.ascontiguousarray(volume.data, np.float32),
        origin=[float(value) for value in placed[:3, 3]],
        spacing=list(edges),
        direction=placed[:3, :3] / np.array(edges),
    )


def data_from(image: Any) -> FloatArray:
    return np.asarray(image.numpy(), np.float32)


def world_affine_from(transform: Any) -> Affine:
    """(4, 4) in RAS millimetres, moving_from_fixed, of an ITK affine transform (its points go from fixed to moving)."""
    parameters = np.asarray(transform.parameters, np.float64)
    centre = np.asarray(transform.fixed_parameters, np.float64)
    matrix = parameters[:9].reshape(3, 3)
    lps = np.eye(4)
    lps[:3, :3] = matrix
    lps[:3, 3] = parameters[9:] + centre - matrix @ centre
    return np.asarray(_LPS_FROM_RAS @ lps @ _LPS_FROM_RAS, np.float64)


def ras_from_lps(moves: FloatArray) -> FloatArray:
    """Displacements (…, 3) from the one handedness to the other."""
    return moves * np.diag(_LPS_FROM_RAS)[:3].astype(np.float32)

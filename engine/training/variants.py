"""Anatomies that nobody has: training people reshaped, and aged or made younger by their own label maps.

A hundred brains are few to learn shapes from. Each is bent smoothly, and its regions gain or lose volume at rates like
those of ageing and of dementia, each region by its own draw, so that no one course of ageing is put into the data. No
age goes with a variant: ages are read from people as they were scanned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from engine.cohort.deformation import (
    RIM_MM,
    Field,
    Spacing,
    exponential,
    fade,
    random_velocity,
    velocity_of_divergence,
    warp,
)

YEARLY = {
    "ventricles": 0.030,
    "cortical-grey": -0.0045,
    "white-matter": -0.003,
    "deep-grey": -0.004,
    "hippocampus": -0.009,
    "amygdala": -0.009,
}
"""Relative yearly change of a group's volume: the order of size of published rates (normal ageing to impairment)."""

YEARS = (-20.0, 40.0)
SPREAD = 0.7
"""Standard deviation of the logarithm of each region's own factor."""

MOST = 1.1
"""Largest logarithm of a region's change: a factor of three."""

BEND_MM = 18.0
BEND_SIZE_MM = (0.3, 1.3)


def coursing(
    labels: NDArray[np.integer], groups: Mapping[str, Sequence[int]], inside: NDArray[np.bool_], spacing: Spacing
) -> dict[str, Field]:
    """The velocity that multiplies the volume of a group by e, for each of ``YEARLY``, on a grid half as fine.

    ``labels`` and ``inside`` (X, Y, Z), even numbers of voxels. Fluid, inside but in no group, takes up the balance;
    nothing moves at the border of ``inside``. Velocities add up.
    """
    coarse: Spacing = (2 * spacing[0], 2 * spacing[1], 2 * spacing[2])
    shares = {name: _halved(np.isin(labels, indices)) for name, indices in groups.items() if name != "csf/other"}
    slack = np.clip(_halved(inside) - sum(shares.values()), 0.0, 1.0)
    stillness = fade(_halved(inside) >= 0.5, coarse, RIM_MM)
    return {
        name: velocity_of_divergence(shares[name] - slack * (shares[name].sum() / max(slack.sum(), 1e-9)), coarse)
        * stillness
        for name in YEARLY
        if name in shares
    }


def reshaped(
    image: NDArray[np.uint8], courses: Mapping[str, Field], spacing: Spacing, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """``image`` (X, Y, Z) bent at random and, where ``courses`` are given, moved along them."""
    coarse: Spacing = (2 * spacing[0], 2 * spacing[1], 2 * spacing[2])
    half: tuple[int, int, int] = tuple(n // 2 for n in image.shape)
    velocity = random_velocity(half, coarse, BEND_MM, rng.uniform(*BEND_SIZE_MM), rng)
    years = rng.uniform(*YEARS)
    for name, course in courses.items():
        change = YEARLY[name] * years * np.exp(SPREAD * rng.standard_normal())
        velocity += np.clip(change, -MOST, MOST) * course
    backward = _doubled(exponential(-velocity, coarse))
    moved = warp(image.astype(np.float32), backward, spacing, order=3)
    brain = warp((image > 0).astype(np.float32), backward, spacing) >= 0.5
    return np.where(brain, np.clip(np.rint(moved), 1, 255), 0).astype(np.uint8)


def _halved(share: NDArray[np.bool_]) -> NDArray[np.float64]:
    blocks = share.reshape([m for n in share.shape for m in (n // 2, 2)])
    return np.asarray(blocks.mean((1, 3, 5), dtype=np.float64))


def _doubled(field: Field) -> Field:
    return np.asarray(F.interpolate(torch.from_numpy(field)[None], scale_factor=2, mode="trilinear")[0].numpy())

"""A label map brought along with a follow-up, its voxel counts those of the follow-up's true volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.cohort.deformation import Field, Spacing

SOFTNESS = (0.5, 0.2, 0.1, 0.05, 0.02)
STEPS, LONGEST_STEP = 8, 4.0


def carried(
    labels: NDArray[np.integer],
    groups: Mapping[str, Sequence[int]],
    backward: Field,
    spacing: Spacing,
    growth: Mapping[str, float],
) -> NDArray[np.integer]:
    """``labels`` (X, Y, Z) read at ``x + backward(x)``.

    ``growth``: group → relative change of its volume. A voxel goes to the group that has most of it (linear shares),
    after each of these groups was given the advantage with which its number of voxels comes out right to a few: borders
    that move by less than half a voxel would otherwise stay where they are. Within the group, to its nearest label.
    """
    order = list(groups)
    group_of = np.zeros(int(labels.max()) + 1, np.intp)
    for number, name in enumerate(order, 1):
        known = [index for index in groups[name] if index < len(group_of)]
        group_of[known] = number
    corners, weights = _corners(labels, backward, spacing)

    result = labels.reshape(-1).copy()
    # Where all eight corners agree nothing is to be decided.
    same = np.all(corners == corners[0], axis=0)
    result[same] = corners[0, same]
    open_voxels = np.flatnonzero(~same)
    corners, weights = corners[:, open_voxels], weights[:, open_voxels]
    corner_groups = group_of[corners]

    shares = np.zeros((len(order) + 1, len(open_voxels)))
    for corner_group, weight in zip(corner_groups, weights, strict=True):
        shares[corner_group, np.arange(len(open_voxels))] += weight
    settled = np.bincount(group_of[result[same]], minlength=len(order) + 1)
    before = np.bincount(group_of[labels.reshape(-1)], minlength=len(order) + 1)
    wanted = {order.index(name) + 1: round(before[order.index(name) + 1] * (1.0 + g)) for name, g in growth.items()}
    chosen = _counted_out(shares, {k: count - settled[k] for k, count in wanted.items()})

    # Among the corners of the chosen group, the label of the nearest one.
    nearest = np.where(corner_groups == chosen, weights, -1.0).argmax(axis=0)
    result[open_voxels] = corners[nearest, np.arange(len(open_voxels))]
    return result.reshape(labels.shape)


def _corners(
    labels: NDArray[np.integer], backward: Field, spacing: Spacing
) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    """Labels and linear weights, both (8, voxels), of the corners around each point that is read."""
    last = np.reshape(labels.shape, (3, 1)) - 1
    index = np.indices(labels.shape).reshape(3, -1) + backward.reshape(3, -1) / np.reshape(spacing, (3, 1))
    index = np.clip(index, 0.0, last)
    low = np.minimum(np.floor(index).astype(np.intp), np.maximum(last - 1, 0))
    part = index - low
    flat = np.ascontiguousarray(labels).reshape(-1)
    found, weights = [], []
    for step in product((0, 1), repeat=3):
        up = np.reshape(step, (3, 1))
        found.append(flat[np.ravel_multi_index(tuple(np.minimum(low + up, last)), labels.shape)])
        weights.append(np.prod(np.where(up == 1, part, 1.0 - part), axis=0))
    return np.stack(found), np.stack(weights)


def _counted_out(shares: NDArray[np.float64], wanted: Mapping[int, int]) -> NDArray[np.intp]:
    """The winner of each voxel (N,) among ``shares`` (K, N), so that each k of ``wanted`` wins about so many voxels.

    The likeliest assignment with given counts. Its advantages maximise a concave function of K numbers, softened so
    that Newton's method finds them, less and less (entropic optimal transport: Peyré and Cuturi 2019, chapter 4).
    """
    groups, counts = list(wanted), np.array(list(wanted.values()), np.float64)
    with np.errstate(divide="ignore"):
        scores = np.log(shares.astype(np.float32))
    advantage = np.zeros((len(shares), 1), np.float32)
    for softness in SOFTNESS:
        for _ in range(STEPS):
            chances = np.exp((scores + advantage - (scores + advantage).max(axis=0)) / softness)
            chances = (chances / chances.sum(axis=0))[groups].astype(np.float64)
            missing = counts - chances.sum(axis=1)
            if np.abs(missing).max() < 1.0:
                break
            slope = (np.diag(chances.sum(axis=1)) - chances @ chances.T) / softness
            # A group that has all it can get has no slope.
            step = np.linalg.solve(slope + 1e-3 * np.eye(len(groups)), missing)
            advantage[groups, 0] += np.clip(step, -LONGEST_STEP * softness, LONGEST_STEP * softness)
    return np.asarray((scores + advantage).argmax(axis=0))

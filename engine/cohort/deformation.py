"""Smooth, invertible changes of anatomy: a person's own shape, and what years do to its regions.

A field is an array (3, X, Y, Z) in millimetres along the array axes of an axis-aligned grid. A displacement ``u`` maps
the point ``x`` to ``x + u(x)``. A velocity is a field that a point follows for one unit of time; its flow
``exponential(v)`` is invertible, and ``exponential(-v)`` is its inverse (Arsigny et al. 2006, log-Euclidean polyaffine
and diffeomorphic statistics). To bring an image along with the anatomy it is read through the inverse: ``warp``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Field = NDArray[np.float64]
Scalar = NDArray[np.float64]
Spacing = tuple[float, float, float]

RIM_MM = 4.0
"""A follow-up's movement fades to nothing this near the border of what may move."""

EAGERNESS = 1.5
"""Share of the missing change added each round: neighbours and the still rim hold a region back, 1 would be slow."""


@dataclass(frozen=True)
class FollowUp:
    """What happened to an anatomy: ``forward`` takes its points to the later ones, ``backward`` is the inverse.

    ``jacobian`` (X, Y, Z) is the local volume ratio later / earlier, ``achieved`` the relative change of each region.
    ``growth``: the logarithm of each region's change that led there, where a similar search may start.
    """

    forward: Field
    backward: Field
    jacobian: Scalar
    achieved: Mapping[str, float]
    growth: Mapping[str, float]


def follow_up(
    regions: Mapping[str, NDArray[np.floating] | NDArray[np.bool_]],
    changes: Mapping[str, float],
    inside: NDArray[np.bool_],
    spacing: Spacing,
    tolerance: float | Mapping[str, float] = 0.002,
    rounds: int = 30,
    start: Mapping[str, float] | None = None,
) -> FollowUp:
    """The flow that changes the volume of each region as asked and moves nothing outside ``inside``.

    ``regions``: name → share of each voxel that belongs to it (X, Y, Z), 0 to 1; a label map gives ``labels == index``.
    ``changes``: region → relative change of its volume over the whole time, −0.1 for a loss of a tenth; every region of
    ``regions`` must be named, 0 keeps it. What lies inside but in no region (fluid) takes up the balance. Volumes are
    those of the regions brought along, as a later scan would show them. The search begins with ``start``, the
    ``growth`` of a similar one, and ends when every change is met within ``tolerance`` (absolute, 0.002 = 0.2 % of the
    region; one for all or one for each). Raises ValueError when ``rounds`` do not suffice: the asked changes contradict
    each other on this anatomy.
    """
    if regions.keys() != changes.keys():
        raise ValueError(f"regions {sorted(regions)} and changes {sorted(changes)} differ")
    shares = {name: np.asarray(share, np.float64) for name, share in regions.items()}
    slack = np.clip(inside - sum(shares.values()), 0.0, 1.0)
    stillness = fade(inside, spacing, RIM_MM)
    growth = dict(start or {name: float(np.log1p(change)) for name, change in changes.items()})
    allowed = tolerance if isinstance(tolerance, Mapping) else dict.fromkeys(changes, tolerance)

    for _ in range(rounds):
        divergence = sum((growth[name] * shares[name] for name in shares), np.zeros(inside.shape))
        divergence -= slack * (divergence.sum() / max(slack.sum(), 1e-9))
        velocity = velocity_of_divergence(divergence, spacing) * stillness
        backward = exponential(-velocity, spacing)
        achieved = {
            name: float(warp(share, backward, spacing).sum() / share.sum() - 1.0) for name, share in shares.items()
        }
        if all(abs(achieved[name] - changes[name]) <= allowed[name] for name in changes):
            forward = exponential(velocity, spacing)
            return FollowUp(forward, backward, jacobian(forward, spacing), achieved, growth)
        for name, change in changes.items():
            growth[name] += EAGERNESS * float(np.log1p(change) - np.log1p(achieved[name]))
    raise ValueError(f"the changes {dict(changes)} could not be met; reached {achieved}")


def random_velocity(
    shape: tuple[int, int, int], spacing: Spacing, scale_mm: float, size_mm: float, random: np.random.Generator
) -> Field:
    """A smooth velocity without preferred direction: features of about ``scale_mm``, root mean square ``size_mm``."""
    sigma = [scale_mm / edge for edge in spacing]
    velocity = np.stack([ndimage.gaussian_filter(random.standard_normal(shape), sigma, mode="reflect") for _ in "xyz"])
    return np.asarray(velocity * (size_mm / np.sqrt(np.mean(velocity**2))))


def velocity_of_divergence(divergence: Scalar, spacing: Spacing) -> Field:
    """The gradient field whose divergence is ``divergence`` (X, Y, Z), nothing crossing the faces of the grid.

    Solves Poisson's equation by cosine transforms. The mean of ``divergence`` has no solution and is left out.
    """
    frequencies = [
        (2.0 * np.cos(np.pi * np.arange(n) / n) - 2.0) / edge**2
        for n, edge in zip(divergence.shape, spacing, strict=True)
    ]
    laplacian = frequencies[0][:, None, None] + frequencies[1][None, :, None] + frequencies[2][None, None, :]
    laplacian[0, 0, 0] = 1.0
    spectrum = fft.dctn(divergence, type=2) / laplacian
    spectrum[0, 0, 0] = 0.0
    potential = fft.idctn(spectrum, type=2)
    return np.stack(np.gradient(potential, *spacing))


def exponential(velocity: Field, spacing: Spacing) -> Field:
    """The displacement of points that follow ``velocity`` for one unit of time, by scaling and squaring."""
    longest = float(np.sqrt((velocity**2).sum(axis=0)).max())
    # Halved until no step is longer than an eighth of a voxel; then each squaring doubles the time.
    halvings = max(0, int(np.ceil(np.log2(max(longest, 1e-9) / (min(spacing) / 8.0)))))
    displacement = velocity / 2.0**halvings
    for _ in range(halvings):
        displacement = compose(displacement, displacement, spacing)
    return displacement


def compose(first: Field, then: Field, spacing: Spacing) -> Field:
    """The displacement of going along ``first`` and from there along ``then``."""
    return first + np.stack([warp(component, first, spacing) for component in then])


def warp(image: NDArray[np.floating], displacement: Field, spacing: Spacing, order: int = 1) -> Scalar:
    """``image`` (X, Y, Z) read at ``x + displacement(x)``; beyond the grid its nearest voxel is read."""
    index = np.indices(image.shape, dtype=np.float64) + displacement / np.reshape(spacing, (3, 1, 1, 1))
    return np.asarray(ndimage.map_coordinates(image, index, output=np.float64, order=order, mode="nearest"))


def jacobian(displacement: Field, spacing: Spacing) -> Scalar:
    """Local volume ratio (X, Y, Z): the determinant of the derivative of ``x + displacement(x)``; below 0 it folds."""
    rows = np.stack([np.stack(np.gradient(component, *spacing), axis=-1) for component in displacement], axis=-2)
    return np.asarray(np.linalg.det(rows + np.eye(3)))


def fade(inside: NDArray[np.bool_], spacing: Spacing, width_mm: float) -> Scalar:
    """0 outside, rising smoothly to 1 at ``width_mm`` from the border."""
    depth = np.clip(ndimage.distance_transform_edt(inside, sampling=spacing) / width_mm, 0.0, 1.0)
    return np.asarray(depth**2 * (3.0 - 2.0 * depth))

"""An edit as a movement of the person's own tissue, read off what the model draws on both sides of a code.

A small denoiser draws a moved code as the right change under a mottle of its own. What is the same with its sign turned
when the code moves the other way, and can be had by moving tissue smoothly, is the change; the rest is mottle
(docs/decisions/0017). A velocity is an array (3, x, y, z) on a grid half as fine as the volume's, in the volume's
voxels: which way each place looks for its grey value.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from engine.diffusion.solvers import Tick, no_tick
from engine.model.model import Codes, Model
from engine.volume import FloatArray

Velocity = NDArray[np.floating]

WIDTH = 0.8
"""Standard deviation, in voxels of the coarse grid, of the neighbourhood that moves alike."""

STIFFNESS = 1e-3
"""Squared grey per voxel: where grey values differ less than its root, a difference of grey moves little."""

STILL = 0.03
"""Voxels: what moves less is left as it is."""

REACH = 6.0
"""How far a code moves for its velocity to be read: about fifteen years of age in the compact model."""


def unit_velocity(model: Model, codes: Codes, copy: FloatArray, step: Tensor, tick: Tick = no_tick) -> Velocity:
    """What adding ``step`` (E,) to ``codes``, which decode to ``copy``, moves by what the model draws around it."""
    far = REACH / max(float(step.norm()), 1e-9)
    plus, minus = model.decode_all([replace(codes, semantic=codes.semantic + s * far * step) for s in (1, -1)], tick)
    return velocity(copy, plus, minus) / np.float32(far)


def velocity(still: FloatArray, plus: FloatArray, minus: FloatArray) -> Velocity:
    """What moves the tissue of ``still`` (X, Y, Z) towards ``plus``, and backwards towards ``minus``.

    Least squares in a Gaussian neighbourhood (Lucas and Kanade 1981) of half the difference of both.
    """
    slope = np.stack(np.gradient(still))
    asked = (plus - minus) / 2
    products = [slope[i] * slope[j] for i in range(3) for j in range(i, 3)] + [part * asked for part in slope]
    coarse = F.avg_pool3d(torch.from_numpy(np.stack(products)), 2, ceil_mode=True).numpy()
    xx, xy, xz, yy, yz, zz, *right = (ndimage.gaussian_filter(part, WIDTH, mode="nearest") for part in coarse)
    matrix = np.stack([xx, xy, xz, xy, yy, yz, xz, yz, zz], -1).reshape(*xx.shape, 3, 3)
    found = np.linalg.solve(
        matrix + np.float32(STIFFNESS) * np.eye(3, dtype=np.float32), np.stack(right, -1)[..., None]
    )
    return np.ascontiguousarray(np.moveaxis(found[..., 0], -1, 0), np.float32)


def movement(velocity: Velocity, shape: tuple[int, ...]) -> Velocity:
    """Where each voxel of a grid of ``shape`` looks after one unit of time along ``velocity``: a displacement
    (3, X, Y, Z) in voxels. Nothing folds."""
    coarse = torch.from_numpy(2 * _flow(velocity / 2))[None]
    return np.asarray(F.interpolate(coarse, size=shape, mode="trilinear")[0].numpy())


def carried(volume: FloatArray, movement: Velocity) -> FloatArray:
    """``volume`` (X, Y, Z) in [0, 1], its tissue moved by ``movement``, as ``movement()`` returns it."""
    places = np.nonzero(np.square(movement).sum(0) > STILL**2)
    out = volume.copy()
    if len(places[0]):
        read = np.stack(places) + np.stack([part[places] for part in movement])
        out[places] = np.clip(_read(volume, read), 0.0, 1.0)
    return out


def _read(volume: FloatArray, places: NDArray[np.floating]) -> FloatArray:
    """Grey values (N,) at ``places`` (3, N) in voxels, by cubic splines, on every core."""
    splines = ndimage.spline_filter(volume, 3, output=np.float32, mode="nearest")
    parts = np.array_split(places, os.cpu_count() or 1, axis=1)

    def read(part: NDArray[np.floating]) -> FloatArray:
        return np.asarray(ndimage.map_coordinates(splines, part, order=3, mode="nearest", prefilter=False))

    with ThreadPoolExecutor(len(parts)) as pool:
        return np.concatenate(list(pool.map(read, parts)))


def _flow(velocity: Velocity) -> Velocity:
    """Where points end that follow ``velocity``, in voxels of its own grid: scaling and squaring (Arsigny 2006)."""
    longest = float(np.sqrt(np.square(velocity).sum(0).max()))
    halvings = max(0, int(np.ceil(np.log2(max(longest, 1e-9) * 8.0))))
    moved = velocity / np.float32(2**halvings)
    here = np.indices(velocity.shape[1:], np.float32)
    for _ in range(halvings):
        there = here + moved
        moved = moved + np.stack([ndimage.map_coordinates(part, there, order=1, mode="nearest") for part in moved])
    return moved

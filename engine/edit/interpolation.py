"""The point between two scans: codes on the straight line, noise codes on the sphere's arc."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from engine.errors import UsageError
from engine.model.model import Codes

SMALL_SINE = 1e-6


def slerp(a: Tensor, b: Tensor, fraction: float) -> Tensor:
    """Spherical interpolation (Shoemake 1985) over the whole tensor; a straight line where the two are parallel."""
    cosine = torch.dot(a.flatten(), b.flatten()) / (a.norm() * b.norm())
    theta = torch.arccos(cosine.clamp(-1.0, 1.0))
    sine = torch.sin(theta)
    if float(sine) < SMALL_SINE:
        return (1 - fraction) * a + fraction * b
    return (torch.sin((1 - fraction) * theta) * a + torch.sin(fraction * theta) * b) / sine


def between(first: Codes, second: Codes, fraction: float) -> Codes:
    """Codes ``fraction`` of the way from ``first`` to ``second``; below 0 or above 1 is extrapolation.

    Beyond the two scans only the semantic code goes on along its line: the noise code stays the nearer scan's.
    Raises UsageError when the two were encoded with different numbers of calls.
    """
    if first.calls != second.calls:
        raise UsageError("The two scans were encoded with different numbers of steps: encode them alike.")
    inside = min(max(fraction, 0.0), 1.0)
    noise = [slerp(a, b, inside) for a, b in zip(first.noise, second.noise, strict=True)]
    return replace(
        first,
        semantic=torch.lerp(first.semantic, second.semantic, fraction),
        noise=torch.stack(noise),
        latent=torch.lerp(first.latent, second.latent, inside),
    )

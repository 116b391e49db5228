"""How alike two volumes are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.volume import FloatArray


def _valid_blur(length: int, width: int, sigma: float, like: Tensor) -> Tensor:
    """The matrix (length, length − width + 1) that convolves a row with a normalised Gaussian, valid part only."""
    offset = torch.arange(width, dtype=torch.float64) - (width - 1) / 2
    window = torch.exp(-0.5 * (offset / sigma) ** 2)
    window = window / window.sum()
    matrix = torch.zeros(length, length - width + 1, dtype=torch.float64)
    for start in range(length - width + 1):
        matrix[start : start + width, start] = window
    return matrix.to(like)


def _blur(x: Tensor, width: int, sigma: float) -> Tensor:
    """Gaussian mean over every window of (B, 1, X, Y, Z).

    Three matrix products: on the CPU a fifth of the time of three one-dimensional convolutions.
    """
    along_x, along_y, along_z = (_valid_blur(n, width, sigma, x) for n in x.shape[2:])
    x = along_y.T @ (x @ along_z)
    rows = along_x.T @ x.flatten(3)
    return rows.reshape(*rows.shape[:3], *x.shape[3:])


def ssim(a: Tensor, b: Tensor, width: int = 7, sigma: float = 1.5, data_range: float = 1.0) -> Tensor:
    """Structural similarity (B,) of volumes (B, 1, X, Y, Z): the mean of ``ssim_map``, background included."""
    return ssim_map(a, b, width, sigma, data_range).flatten(1).mean(1)


def ssim_map(a: Tensor, b: Tensor, width: int = 7, sigma: float = 1.5, data_range: float = 1.0) -> Tensor:
    """Structural similarity around each voxel (B, 1, X − width + 1, …) of volumes (B, 1, X, Y, Z).

    Wang et al. 2004 with a Gaussian window, k1 = 0.01, k2 = 0.03, biased variances, valid convolution. Voxel i of the
    map is the window whose middle lies at i + (width − 1) / 2.
    """
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    # Variances are small differences of large numbers: in half precision nothing is left of them.
    with torch.autocast(a.device.type, enabled=False):
        a, b = a.float(), b.float()
        moments = _blur(torch.cat([a, b, a * a, b * b, a * b]), width, sigma)
    mu_a, mu_b, aa, bb, ab = moments.chunk(5)
    var_a, var_b, cov = aa - mu_a**2, bb - mu_b**2, ab - mu_a * mu_b
    return ((2 * mu_a * mu_b + c1) * (2 * cov + c2)) / ((mu_a**2 + mu_b**2 + c1) * (var_a + var_b + c2))


@dataclass(frozen=True)
class Similarity:
    mean_absolute_difference: float
    ssim: float


def compare(a: FloatArray, b: FloatArray) -> Similarity:
    """Whole volumes (X, Y, Z) in [0, 1]; SSIM with σ 1.5 and width 7."""
    x, y = (torch.from_numpy(v)[None, None] for v in (a, b))
    return Similarity(float((x - y).abs().mean()), float(ssim(x, y)))

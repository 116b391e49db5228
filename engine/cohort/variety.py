"""What differs between two scans of one brain: contrast, brightness, shading and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.cohort.deformation import Spacing

SHADING_MM = 40.0
GRAIN_VOXELS = 0.5


@dataclass(frozen=True)
class Variety:
    """Standard deviations over visits; 0 leaves a thing as it is.

    ``contrast`` of the logarithm of the power that grey values are raised to, ``brightness`` of the logarithm of their
    factor; ``shading`` of what is left of the coil's uneven field, as a share; ``noise`` in grey levels of 255.
    """

    contrast: float = 0.0
    brightness: float = 0.0
    shading: float = 0.0
    noise: float = 0.0

    def applied(self, image: NDArray[np.uint8], spacing: Spacing, random: np.random.Generator) -> NDArray[np.uint8]:
        """``image`` (X, Y, Z), background 0, as another session would have shown it. Draws the same for any image."""
        power, gain = np.exp(random.standard_normal(2) * (self.contrast, self.brightness))
        shading = ndimage.gaussian_filter(random.standard_normal(image.shape), [SHADING_MM / edge for edge in spacing])
        noise = ndimage.gaussian_filter(random.standard_normal(image.shape), GRAIN_VOXELS)
        if self == Variety():
            return image
        levels = 255.0 * (image / 255.0) ** power * gain
        levels *= 1.0 + shading * (self.shading / shading.std())
        levels += noise * (self.noise / noise.std())
        return np.where(image > 0, np.clip(np.rint(levels), 1, 255), 0).astype(np.uint8)

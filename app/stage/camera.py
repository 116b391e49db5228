"""Where a 3D view is looked at from: an immutable camera, how the mouse turns it, and the link that views share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

Vector = tuple[float, float, float]

# Half a turn for a drag over the whole view.
TURN = np.pi
ZOOM_RANGE = (0.3, 12.0)


@dataclass(frozen=True)
class Camera:
    """``direction`` from the volume's middle to the eye and ``up`` are unit vectors in world axes (RAS+).

    ``shift`` moves the picture, in heights of the view (right, up), at zoom 1. Free of any volume's size, so that
    views of different volumes can share it.
    """

    direction: Vector = (0.676, 0.563, 0.475)
    up: Vector = (-0.365, -0.304, 0.880)
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)

    def turned(self, right: float, down: float) -> Camera:
        """The volume follows the mouse: ``right``, ``down`` are fractions of the view."""
        direction, up = np.asarray(self.direction), np.asarray(self.up)
        side = np.cross(up, direction)
        direction = _rotated(direction, up, -right * TURN)
        side = _rotated(side, up, -right * TURN)
        direction, up = _rotated(direction, side, -down * TURN), _rotated(up, side, -down * TURN)
        direction /= np.linalg.norm(direction)
        up = up - direction * (up @ direction)
        up /= np.linalg.norm(up)
        return replace(self, direction=_vector(direction), up=_vector(up))

    def shifted(self, right: float, up: float) -> Camera:
        return replace(self, shift=(self.shift[0] + right / self.zoom, self.shift[1] + up / self.zoom))

    def zoomed(self, factor: float) -> Camera:
        low, high = ZOOM_RANGE
        return replace(self, zoom=min(max(self.zoom * factor, low), high))


STANDARD: dict[str, Camera] = {
    "L": Camera((-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    "R": Camera((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    "A": Camera((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "P": Camera((0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
    "S": Camera((0.0, 0.0, 1.0), (0.0, 1.0, 0.0)),
    "I": Camera((0.0, 0.0, -1.0), (0.0, 1.0, 0.0)),
}
"""Seen from the person's left, right, front, back, from above and from below."""


class CameraLink(QObject):
    """One camera that several 3D views hold together."""

    changed = Signal(object)
    """(Camera)"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._camera = Camera()

    @property
    def camera(self) -> Camera:
        return self._camera

    def set(self, camera: Camera) -> None:
        if camera != self._camera:
            self._camera = camera
            self.changed.emit(camera)


def _rotated(vector: NDArray[np.float64], axis: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Rodrigues' rotation of ``vector`` about the unit ``axis`` by ``angle`` radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(vector * cos + np.cross(axis, vector) * sin + axis * (axis @ vector) * (1 - cos))


def _vector(array: NDArray[np.float64]) -> Vector:
    return float(array[0]), float(array[1]), float(array[2])

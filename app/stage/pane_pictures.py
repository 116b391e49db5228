"""The pictures one pane is painted from, each made again only when something it depends on has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from app.stage import colour, slicing
from app.stage.overlay_volume import OverlayVolume
from app.stage.slicing import PaneMap, Plane
from app.stage.view_state import Layer, ViewState
from engine.volume import FloatArray, Volume

OPAQUE, SEE_THROUGH = QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied


@dataclass(frozen=True)
class Drawn:
    """A QImage and the array that owns its pixels."""

    image: QImage
    pixels: object


class PanePictures:
    """By role: "first", "second", "change", and the keys of other layers."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._known: dict[str, tuple[object, object, Drawn]] = {}

    def get(self, role: str) -> Drawn | None:
        known = self._known.get(role)
        return known[2] if known else None

    def forget(self, role: str) -> None:
        self._known.pop(role, None)

    def layer(
        self, role: str, volume: Volume, view: ViewState, through: float, layer: Layer, brightness: float = 1.0
    ) -> QImage:
        """The slice of ``volume`` at ``through`` millimetres in the layer's window and colours."""
        index = slicing.axes_of(volume.grid).index(self._plane.through, through)
        window, smooth = layer.window or view.window, view.smooth and not layer.nearest
        key = (index, view.convention, view.nose, window, smooth, brightness, layer.colours)

        def make() -> Drawn:
            levels = slicing.to_grey(self._extract(volume, index, view, smooth), *window)
            return _coloured(levels, colour.map_table(layer.colours, brightness), OPAQUE)

        return self._cached(role, volume, key, make)

    def change(self, volume: Volume, view: ViewState, through: float) -> QImage:
        """A signed change in the colours of the change map."""
        index = slicing.axes_of(volume.grid).index(self._plane.through, through)
        overlay, smooth = view.overlay, view.smooth and not view.layer("change").nearest
        key = (index, view.convention, view.nose, smooth, overlay)

        def make() -> Drawn:
            table = colour.change_table(overlay.threshold, overlay.limit, overlay.ramp, overlay.strength)
            return _coloured(
                slicing.to_signed(self._extract(volume, index, view, smooth), overlay.limit), table, SEE_THROUGH
            )

        return self._cached("change", volume, key, make)

    def overlay(
        self, overlay: OverlayVolume, view: ViewState, through: float, layer: Layer, place: PaneMap
    ) -> tuple[QImage, QRectF] | None:
        """The overlay's own slice there and where it lies in the pane; None where the overlay does not reach."""
        axes = slicing.axes_of(overlay.volume.grid)
        at = (through - axes.start[self._plane.through]) / axes.step[self._plane.through]
        count = axes.count[self._plane.through]
        if not -0.5 <= at <= count - 0.5:
            return None
        smooth = view.smooth and not layer.nearest and overlay.labels is None
        at = min(max(at, 0.0), count - 1.0) if smooth else float(axes.index(self._plane.through, through))
        window = layer.window or view.window
        key = (round(at, 3), view.convention, view.nose, window, smooth, layer.colours)

        def make() -> Drawn:
            if overlay.labels is not None:
                values = self._extract(overlay.volume, int(at), view, False)
                numbers = np.searchsorted(overlay.labels, values) + 1
                return _coloured(
                    np.where(values == 0, 0, numbers), colour.label_table(overlay.labels.size), SEE_THROUGH
                )
            picture = self._between(overlay.volume, at, view, smooth)
            return _coloured(
                slicing.to_grey(picture, *window), colour.map_table(layer.colours, ground=False), SEE_THROUGH
            )

        image = self._cached(layer.key, overlay, key, make)
        return image, QRectF(*replace(place, axes=axes).rectangle())

    def _between(self, volume: Volume, at: float, view: ViewState, smooth: bool) -> FloatArray:
        """The slice at the index ``at``: between two, their mixture."""
        low = int(at)
        share = at - low
        picture = self._extract(volume, low, view, smooth)
        if share < 1e-3:
            return picture
        return np.asarray(picture * (1 - share) + self._extract(volume, low + 1, view, smooth) * share, np.float32)

    def _extract(self, volume: Volume, index: int, view: ViewState, smooth: bool) -> FloatArray:
        picture = slicing.extract(volume, self._plane, index, view.convention, view.nose)
        if smooth and max(picture.shape) <= slicing.SMOOTHED_AT_MOST:
            return slicing.smooth(picture)
        return picture

    def _cached(self, role: str, source: object, key: object, make: Callable[[], Drawn]) -> QImage:
        known = self._known.get(role)
        if known is None or known[0] is not source or known[1] != key:
            known = (source, key, make())
            self._known[role] = known
        return known[2].image


def _coloured(levels: NDArray[np.integer], table: colour.Table, layout: QImage.Format) -> Drawn:
    pixels = table[levels]
    height, width = pixels.shape
    return Drawn(QImage(pixels.data, width, height, 4 * width, layout), pixels)

"""What is looked at, free of Qt: an immutable state and the functions that change it.

Distances are world millimetres, RAS+. One state may be shared by any number of columns; that is what links them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Convention = Literal["radiological", "neurological"]
Nose = Literal["left", "right"]
Point = tuple[float, float, float]

ZOOM_RANGE = (0.25, 20.0)


@dataclass(frozen=True)
class Overlay:
    """How the change map is drawn over the picture, in the volume's own intensity unit.

    Below ``threshold`` nothing is drawn; over the next ``ramp`` the colour comes in; at ``limit`` it is at its end.
    """

    shown: bool = False
    threshold: float = 8 / 255
    limit: float = 60 / 255
    ramp: float = 6 / 255
    strength: float = 0.8


@dataclass(frozen=True)
class ViewState:
    """``zoom`` 1 fits the volume into the pane; ``pan`` moves the middle of the panes away from the volume's middle;
    ``hidden`` are planes, each by the world axis (0, 1, 2) that its slices are stacked along.
    """

    crosshair: Point = (0.0, 0.0, 0.0)
    zoom: float = 1.0
    pan: Point = (0.0, 0.0, 0.0)
    window: tuple[float, float] = (0.0, 1.0)
    convention: Convention = "radiological"
    nose: Nose = "left"
    crosshair_shown: bool = True
    smooth: bool = True
    hidden: tuple[int, ...] = ()
    overlay: Overlay = field(default_factory=Overlay)

    def at(self, crosshair: Point) -> ViewState:
        return replace(self, crosshair=crosshair)

    def zoomed(self, factor: float) -> ViewState:
        low, high = ZOOM_RANGE
        return replace(self, zoom=min(max(self.zoom * factor, low), high))

    def panned(self, by: Point) -> ViewState:
        x, y, z = (old + step for old, step in zip(self.pan, by, strict=True))
        return replace(self, pan=(x, y, z))

    def fitted(self) -> ViewState:
        return replace(self, zoom=1.0, pan=(0.0, 0.0, 0.0))

    def centred(self, middle: Point) -> ViewState:
        """The crosshair comes to the middle of panes whose volume has its middle at ``middle``."""
        x, y, z = (here - there for here, there in zip(self.crosshair, middle, strict=True))
        return replace(self, pan=(x, y, z))

    def toggled(self, axis: int) -> ViewState:
        """The plane stacked along ``axis`` hidden or shown again; the last one is never hidden."""
        hidden = tuple(sorted({*self.hidden} ^ {axis}))
        return self if len(hidden) == 3 else replace(self, hidden=hidden)

    def windowed(self, low: float, high: float) -> ViewState:
        """Intensities ``low`` to ``high`` become black to white; in either order, never equal."""
        low, high = min(low, high), max(low, high)
        return replace(self, window=(low, high if high > low else low + max(abs(low), 1.0) * 1e-6))

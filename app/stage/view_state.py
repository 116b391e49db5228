"""What is looked at, free of Qt: an immutable state and the functions that change it.

Distances are world millimetres, RAS+. One state may be shared by any number of columns; that is what links them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import dist
from typing import Literal

Convention = Literal["radiological", "neurological"]
Nose = Literal["left", "right"]
Layout = Literal["tall", "grid", "row", "column", "strip"]
"""One large plane above two and 3D; 2 x 2; side by side; one above the other; one large above a strip of the rest."""
Solid = Literal["surface", "volume"]
Point = tuple[float, float, float]

ZOOM_RANGE = (0.25, 20.0)
SCAN, COPY, SYNTHETIC, CHANGE = "scan", "copy", "synthetic", "change"


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
class Layer:
    """How one volume is drawn: ``key`` is SCAN, COPY, SYNTHETIC, CHANGE or that of an overlay's file.

    ``window`` None: the shared one. ``nearest``: voxels are shown as squares even where the view is smooth. Whether
    the change map is shown, and how strongly, its ``Overlay`` says.
    """

    key: str
    shown: bool = True
    opacity: float = 1.0
    nearest: bool = False
    colours: str = "grey"
    window: tuple[float, float] | None = None


LAYERS = (Layer(CHANGE), Layer(SYNTHETIC), Layer(COPY), Layer(SCAN))
"""From top to bottom."""


@dataclass(frozen=True)
class Clip:
    """What is cut away in 3D at the crosshair: for each world axis the side (+1 towards R, A, S; -1; 0: nothing).

    ``corner``: only where all these sides meet; else everything on any of them.
    """

    sides: tuple[int, int, int] = (1, 1, 1)
    corner: bool = True


@dataclass(frozen=True)
class Ruler:
    """A measured line in the plane stacked along ``axis``; world millimetres."""

    axis: int
    start: Point
    end: Point

    @property
    def length(self) -> float:
        """Millimetres."""
        return dist(self.start, self.end)


@dataclass(frozen=True)
class Tiles:
    """A lightbox: ``rows`` by ``columns`` slices of the plane stacked along ``axis``, at equal steps."""

    axis: int = 2
    rows: int = 3
    columns: int = 4


@dataclass(frozen=True)
class ViewState:
    """``zoom`` 1 fits the volume into the pane; ``pan`` moves the middle of the panes away from the volume's middle;
    ``hidden`` are planes, each by the world axis (0, 1, 2) that its slices are stacked along; ``layers`` stand from
    top to bottom.
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
    layers: tuple[Layer, ...] = LAYERS
    rulers: tuple[Ruler, ...] = ()
    layout: Layout = "tall"
    tiles: Tiles | None = None
    solid: Solid = "surface"
    clip: Clip = field(default_factory=Clip)

    def layer(self, key: str) -> Layer:
        """The layer ``key``; drawn in the usual way where it is in no list."""
        return next((layer for layer in self.layers if layer.key == key), Layer(key))

    def with_layer(self, layer: Layer) -> ViewState:
        """``layer`` in place of the one with its key."""
        return replace(self, layers=tuple(layer if old.key == layer.key else old for old in self.layers))

    def with_shared_window(self) -> ViewState:
        """Scan, copy and synthetic under one window again; overlays keep theirs."""
        kinds = {layer.key for layer in LAYERS}
        return replace(self, layers=tuple(replace(x, window=None) if x.key in kinds else x for x in self.layers))

    def window_of(self, key: str) -> tuple[float, float]:
        return self.layer(key).window or self.window

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

    def windowed(self, low: float, high: float, key: str = "") -> ViewState:
        """Intensities ``low`` to ``high`` become black to white; in either order, never equal. A layer ``key`` with a
        window of its own gets it for itself, all others have the shared one."""
        low, high = min(low, high), max(low, high)
        window = (low, high if high > low else low + max(abs(low), 1.0) * 1e-6)
        layer = self.layer(key)
        return replace(self, window=window) if layer.window is None else self.with_layer(replace(layer, window=window))

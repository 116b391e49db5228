"""One plane of one volume and what is laid over it, and the mouse and keys back to the shared view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app import bindings
from app.stage import colour, gestures, slicing
from app.stage.pane_marks import (
    WAITING_OPACITY,
    PaneWords,
    PictureState,
    paint_crosshair,
    paint_empty,
    paint_ruler,
    paint_tag,
    paint_wipe,
    paint_wipe_handle,
    paint_words,
)
from app.stage.pane_pictures import Drawn, PanePictures
from app.stage.slicing import PaneMap, Plane
from app.stage.view_link import ViewLink
from app.stage.view_state import CHANGE, COPY, SCAN, SYNTHETIC, Layer, Point, Ruler, ViewState
from app.theme.current import current
from app.theme.kinds import Kind
from app.theme.tokens import PICTURE
from engine.volume import Volume

DRAGS = frozenset({"crosshair", "zoom", "zoom box", "pan", "window", "region", "wipe", "ruler"})
"""The actions that a press begins and a release ends."""
ChangeOver = Literal["shown", "first", "second"]

DIVIDER_REACH = 8
"""Pixels on either side of the divider where a press takes hold of it."""
WHEEL_NOTCH = 120
ZOOM_STEP = 1.1
# A right-drag of this many pixels doubles the zoom.
ZOOM_DRAG = 120.0
PAN_STEP = 0.1
"""Of the pane's width, for a key."""
LEAST_BOX = 3
"""Pixels: a smaller region is a click that trembled."""
FADE_MS = 120
KEYS: Mapping[Kind, str] = MappingProxyType(
    {Kind.SCAN: SCAN, Kind.COPY: COPY, Kind.SYNTHETIC: SYNTHETIC, Kind.EXTRAPOLATED: SYNTHETIC, Kind.CHANGE: COPY}
)
"""The layer that says how a volume of that kind is drawn; a change map's cell holds the copy below the map."""


@dataclass(frozen=True)
class _Drag:
    action: str
    start: QPointF
    last: QPointF
    before: ViewState


class SlicePane(QWidget):
    """Shows one plane. Everything shared with other panes lies in its ``ViewLink``."""

    double_clicked = Signal()
    wiped = Signal(float, bool)
    """The divider is at this fraction of the width; true once it is let go."""

    def __init__(self, plane: Plane, link: ViewLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plane = plane
        self._link = link
        self._volume: Volume | None = None
        self._change: Volume | None = None
        self._change_over: ChangeOver = "shown"
        self._second: Volume | None = None
        self._second_kind = Kind.SYNTHETIC
        self._wipe: float | None = None
        self._fade = 1.0
        self._kind = Kind.SCAN
        self._grid_label = ""
        self._name_shown = True
        self._empty_text = ""
        self._own = ""
        self._spoken = ""
        self._state = PictureState()
        self._drag: _Drag | None = None
        self._wheel = 0
        self._others: Mapping[str, Volume] = {}
        self._at: float | None = None
        self._pictures = PanePictures(plane)
        self._previous: Drawn | None = None
        self._version = 0
        self._composed: tuple[object, QImage] | None = None
        self._fading = QVariantAnimation(self)
        self._fading.setDuration(FADE_MS)
        self._fading.setStartValue(1.0)
        self._fading.setEndValue(0.0)
        self._fading.valueChanged.connect(lambda _: self.update())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(60, 60)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMouseTracking(True)
        self._follow(link)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, 320)

    # What is shown

    @property
    def volume(self) -> Volume | None:
        return self._volume

    @property
    def link(self) -> ViewLink:
        return self._link

    @property
    def windows(self) -> tuple[tuple[float, float], ...]:
        """Black and white of the volume, then of the second one where there is one."""
        kinds = [self._kind] * (self._volume is not None) + [self._second_kind] * (self._second is not None)
        return tuple(self._link.state.window_of(KEYS[kind]) for kind in kinds)

    def set_link(self, link: ViewLink) -> None:
        """Follow another view state: how a cell is unlinked."""
        self._link.changed.disconnect(self._on_view)
        self._link.overlays_changed.disconnect(self._renew)
        self._follow(link)
        self._renew()

    def _follow(self, link: ViewLink) -> None:
        self._link = link
        link.changed.connect(self._on_view)
        link.overlays_changed.connect(self._renew)

    def show_volume(self, volume: Volume | None, kind: Kind, grid_label: str = "", spoken: str = "") -> None:
        """``grid_label`` names the grid ("model 2.0 mm"); ``spoken`` what the screen reader says beside plane and kind
        ("71.5 years"). None empties the pane. The very same Volume again costs nothing: voxels changed in place show
        as a new Volume of the same array."""
        if volume is not self._volume:
            self._fading.stop()
            self._previous = self._pictures.get("first") if _same_place(volume, self._volume) else None
            self._pictures.forget("first")
        self._volume, self._kind, self._grid_label, self._spoken = volume, kind, grid_label, spoken
        self._renew()
        self._name_for_readers()

    def dismiss(self) -> None:
        """Let go of every volume and picture: a widget that was deleted lives on until Python looks for cycles."""
        self._volume = self._change = self._second = self._previous = self._composed = None
        self._others = {}
        self._pictures = PanePictures(self.plane)

    def set_overlay(self, change: Volume | None, over: ChangeOver = "shown") -> None:
        """Signed change on the same grid as the volume: drawn while ``view.overlay.shown``, or, where a cell is there
        to show a change map, always over the "first" or the "second" volume."""
        self._change, self._change_over = change, over
        self._renew()

    def set_second(self, volume: Volume | None, kind: Kind = Kind.SYNTHETIC) -> None:
        """A second volume on the same grid for wipe and fade; None ends both."""
        self._second, self._second_kind = volume, kind
        self._renew()

    def set_others(self, volumes: Mapping[str, Volume]) -> None:
        """Volumes on the same grid, by the keys of their layers: drawn below and above this pane's own, in the order
        of the view's layers."""
        self._others = volumes
        self._renew()

    def set_position(self, position: float | None) -> None:
        """Stay at this place (millimetres) of the stack, as a tile of a lightbox; None: follow the crosshair."""
        self._at = position
        self._renew()

    def take_after(self, pane: SlicePane) -> None:
        """Show what ``pane`` shows."""
        self._change, self._change_over, self._others = pane._change, pane._change_over, pane._others
        self._second, self._second_kind = pane._second, pane._second_kind
        self._wipe, self._fade, self._own, self._state = pane._wipe, pane._fade, pane._own, pane._state
        self.show_volume(pane._volume, pane._kind, pane._grid_label, pane._spoken)

    def set_wipe(self, fraction: float | None) -> None:
        """Left of this fraction of the width the volume, right of it the second; None: no divider."""
        self._wipe = fraction
        self._renew()

    def set_fade(self, fraction: float) -> None:
        """Opacity of the second volume over the first."""
        self._fade = fraction
        self._renew()

    def set_state(self, state: PictureState) -> None:
        """A preview that gives way to the final picture fades out."""
        arrives = state.name == "final" and self._state.name in ("preview", "refining")
        self._state = state
        if arrives and self._previous is not None and not current().reduced_motion:
            self._fading.start()
        self._renew()

    def set_own(self, words: str) -> None:
        """The sign of a cell that is not linked: "own window", "own view", or empty."""
        self._own = words
        self.update()

    def set_name_shown(self, shown: bool) -> None:
        """Whether the plane's word stands before the position; narrow columns leave it out."""
        self._name_shown = shown
        self.update()

    def set_empty_text(self, text: str) -> None:
        """What an empty pane says, lines broken by newlines."""
        self._empty_text = text
        self.update()

    def pane_map(self) -> PaneMap | None:
        """The way between this pane's pixels and the world, or None while it is empty."""
        if self._volume is None:
            return None
        view = self._link.state
        size = (float(self.width()), float(self.height()))
        return slicing.pane_map(self._volume.grid, self.plane, size, view.zoom, view.pan, view.convention, view.nose)

    def focus_area(self) -> tuple[QRect, int]:
        # A ring outside the pane would lie under its neighbours' pixels 2 px away; keep it inside.
        return self.rect().adjusted(4, 4, -4, -4), 2

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        self.update()
        if now.crosshair != before.crosshair or now.convention != before.convention:
            self._name_for_readers()

    def _name_for_readers(self) -> None:
        view = self._link.state
        words = [self.plane.word]
        if self._volume is not None:
            words += [self._kind.word, *([self._spoken] if self._spoken else [])]
            words += [slicing.position_text(self.plane, self._slice_position()), view.convention]
        else:
            words.append("empty")
        self.setAccessibleName(", ".join(words))

    def _through(self) -> float:
        """Millimetres along the stack of what is looked at."""
        return self._link.state.crosshair[self.plane.through] if self._at is None else self._at

    def _index(self) -> int:
        assert self._volume is not None
        return slicing.axes_of(self._volume.grid).index(self.plane.through, self._through())

    def _in_slice(self, point: Point) -> bool:
        """Whether ``point`` lies in the slice that is shown."""
        if self._volume is None:
            return False
        return slicing.axes_of(self._volume.grid).index(self.plane.through, point[self.plane.through]) == self._index()

    def _slice_position(self) -> float:
        assert self._volume is not None
        return slicing.axes_of(self._volume.grid).position(self.plane.through, self._index())

    # Painting

    def _renew(self) -> None:
        """Something other than the view has changed."""
        self._version += 1
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(PICTURE["ground"]))
            place = self.pane_map()
            if place is None:
                paint_empty(painter, self.size(), self._empty_text)
                return
            self._paint_composed(painter, place)
            view = self._link.state
            if view.crosshair_shown and self._in_slice(view.crosshair):
                paint_crosshair(painter, self.size(), *place.pixel(view.crosshair))
            for ruler in (*view.rulers, *self._unfinished()):
                if ruler.axis == self.plane.through and self._in_slice(ruler.start):
                    paint_ruler(
                        painter, QPointF(*place.pixel(ruler.start)), QPointF(*place.pixel(ruler.end)), ruler.length
                    )
            paint_words(painter, self.size(), self._words(view))
            self._paint_tags(painter)
            if self._drag is not None and self._drag.action in ("region", "zoom box"):
                painter.setPen(QPen(QColor(PICTURE["crosshair"]), 1.0, Qt.PenStyle.DashLine))
                painter.drawRect(QRectF(self._drag.start, self._drag.last).normalized())

    def _unfinished(self) -> tuple[Ruler, ...]:
        """The line that is being measured."""
        place = self.pane_map()
        if self._drag is not None and self._drag.action == "ruler" and place is not None:
            start, end = (place.world(at.x(), at.y(), self._through()) for at in (self._drag.start, self._drag.last))
            return (Ruler(self.plane.through, start, end),)
        anchor = self._link.anchor
        if anchor is not None and anchor[0] == self.plane.through:
            return (Ruler(anchor[0], anchor[1], self._link.state.crosshair),)
        return ()

    def _paint_composed(self, painter: QPainter, place: PaneMap) -> None:
        """All layers, put together anew only when one of them changed: a crosshair that moves within its slice, as it
        does in two panes of three, costs no scaling of pictures."""
        if self._fading.state() == QVariantAnimation.State.Running:
            self._paint_pictures(painter, place)
            return
        ratio, view = self.devicePixelRatioF(), self._link.state
        still = replace(view, crosshair=(0.0, 0.0, 0.0), crosshair_shown=True, rulers=())
        key = (self._version, still, self._slice_position(), self.size(), ratio)
        if self._composed is None or self._composed[0] != key:
            picture = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
            picture.setDevicePixelRatio(ratio)
            picture.fill(QColor(PICTURE["ground"]))
            beneath = QPainter(picture)
            self._paint_pictures(beneath, place)
            beneath.end()
            self._composed = (key, picture)
        painter.drawImage(0, 0, self._composed[1])

    def _paint_pictures(self, painter: QPainter, place: PaneMap) -> None:
        """All layers in the order of the view, this pane's own volume among them."""
        view = self._link.state
        assert self._volume is not None
        key = KEYS[self._kind]
        at = next((place for place, layer in enumerate(view.layers) if layer.key == key), len(view.layers))
        strength = WAITING_OPACITY if self._state.name == "out of date" else 1.0
        for layer in reversed(view.layers[at + 1 :]):
            self._paint_layer(painter, place, layer, strength)
        self._paint_own(painter, QRectF(*place.rectangle()), view.layer(key), strength)
        for layer in reversed(view.layers[:at]):
            self._paint_layer(painter, place, layer, strength)
        painter.setOpacity(1.0)

    def _paint_own(self, painter: QPainter, target: QRectF, own: Layer, strength: float) -> None:
        """The volume, its map where it is one's cell, and the second volume over both."""
        view, through = self._link.state, self._through()
        assert self._volume is not None
        on_first, on_second = (self._change if self._change_over == side else None for side in ("first", "second"))
        shown = self._change_shown()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, view.smooth and not own.nearest)
        painter.setOpacity(strength * own.opacity)
        dimmed = colour.OVER_CHANGE if shown or on_first is not None else 1.0
        painter.drawImage(target, self._pictures.layer("first", self._volume, view, through, own, dimmed))
        if self._previous is not None and self._fading.state() == QVariantAnimation.State.Running:
            painter.setOpacity(float(self._fading.currentValue()))
            painter.drawImage(target, self._previous.image)
        painter.setOpacity(strength)
        if on_first is not None:
            painter.drawImage(target, self._pictures.change(on_first, view, through))
        if self._second is None:
            return
        painter.save()
        if self._wipe is not None:
            split = round(self.width() * self._wipe)
            painter.setClipRect(split, 0, self.width() - split, self.height())
            painter.fillRect(self.rect(), QColor(PICTURE["ground"]))
        else:
            painter.setOpacity(strength * self._fade)
        look = view.layer(KEYS[self._second_kind])
        dimmed = 1.0 if on_second is None else colour.OVER_CHANGE
        painter.drawImage(target, self._pictures.layer("second", self._second, view, through, look, dimmed))
        if on_second is not None:
            painter.drawImage(target, self._pictures.change(on_second, view, through))
        painter.restore()

    def _paint_layer(self, painter: QPainter, place: PaneMap, layer: Layer, strength: float) -> None:
        """The change map, an overlay, or another volume of the stack."""
        view, through, target = self._link.state, self._through(), QRectF(*place.rectangle())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, view.smooth and not layer.nearest)
        overlay, other = self._link.overlays.get(layer.key), self._others.get(layer.key)
        painter.setOpacity(strength * layer.opacity)
        if layer.key == CHANGE:
            if self._change is not None and self._change_shown():
                painter.setOpacity(strength)
                painter.drawImage(target, self._pictures.change(self._change, view, through))
        elif overlay is not None and layer.shown:
            drawn = self._pictures.overlay(overlay, view, self._slice_position(), layer, place)
            if drawn is not None:
                if overlay.labels is not None:
                    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
                painter.drawImage(drawn[1], drawn[0])
        elif other is not None and layer.shown and other is not self._volume:
            painter.drawImage(target, self._pictures.layer(layer.key, other, view, through, layer))

    def _change_shown(self) -> bool:
        """Whether the change map lies over the pane as one of its layers."""
        return self._change is not None and self._change_over == "shown" and self._link.state.overlay.shown

    def _words(self, view: ViewState) -> PaneWords:
        return PaneWords(
            name=self.plane.word if self._name_shown else "",
            position=slicing.position_text(self.plane, self._slice_position()),
            letters=slicing.edge_letters(self.plane, view.convention, view.nose),
            grid_label=self._grid_label,
            own=self._own or ("own window" if view.layer(KEYS[self._kind]).window is not None else ""),
            state=self._state,
        )

    def _paint_tags(self, painter: QPainter) -> None:
        if self._second is not None and self._wipe is not None:
            paint_wipe(painter, self.size(), self._wipe, self._kind, self._second_kind)
            if self.plane is Plane.AXIAL:
                paint_wipe_handle(painter, self.size(), self._wipe)
            return
        kind = self._kind if self._second is None or self._fade == 0.0 else self._second_kind
        if self._change_shown():
            kind = Kind.CHANGE
        if kind.tag:
            paint_tag(painter, self.size(), kind.tag, self._words(self._link.state))

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._volume is None:
            return
        where = event.position()
        takes = event.button() == Qt.MouseButton.LeftButton and self._on_divider(where)
        action = "wipe" if takes else self._meant(gestures.of_press(event))
        if action in DRAGS:
            self._drag = _Drag(action, where, where, self._link.state)
            if action == "crosshair":
                self._crosshair_to(where)

    def _meant(self, gesture: str) -> str:
        """The action that ``gesture`` stands for here, or none: empty."""
        in_use = bindings.current()
        if self._link.mode == "ruler" and gesture == "LeftDrag":
            return "ruler"
        in_mode = in_use.action("slice", f"Mode+{gesture}") if self._link.mode == "window" else None
        return in_mode or in_use.action("slice", gesture) or ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        drag, place = self._drag, self.pane_map()
        if place is None:
            return
        now = event.position()
        if drag is None:
            self._point_at(now)
            if not event.buttons() and self._meant(gestures.of_move(event)) == "crosshair":
                self._crosshair_to(now)
            return
        step = now - drag.last
        if drag.action == "crosshair":
            self._crosshair_to(now)
        elif drag.action == "wipe":
            self._wipe_to(now, False)
        elif drag.action == "zoom":
            self._link.set(drag.before.zoomed(2.0 ** ((drag.start.y() - now.y()) / ZOOM_DRAG)))
        elif drag.action == "pan":
            self._pan_by(-step.x(), -step.y(), place)
        elif drag.action == "window":
            self._link.set(_window_dragged(drag.before, now - drag.start, self.size(), KEYS[self._kind]))
        self._drag = _Drag(drag.action, drag.start, now, drag.before)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        drag, self._drag, place = self._drag, None, self.pane_map()
        if drag is None:
            return
        if drag.action == "wipe":
            self._wipe_to(event.position(), True)
        box = QRectF(drag.start, event.position()).normalized()
        if box.width() >= LEAST_BOX and box.height() >= LEAST_BOX:
            if drag.action == "region":
                self._window_from_region(box)
            elif drag.action == "zoom box":
                self._zoom_into(box)
        if drag.action == "ruler" and max(box.width(), box.height()) >= LEAST_BOX and place is not None:
            start, end = (place.world(at.x(), at.y(), self._through()) for at in (drag.start, event.position()))
            self._measured(start, end)
        if drag.action in ("window", "region"):
            self._link.window_dragged.emit()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() != Qt.MouseButton.LeftButton:
            return
        action = self._meant(gestures.with_modifiers("Double", event.modifiers()))
        if action == "fill":
            self.double_clicked.emit()
        elif action == "reset window":
            self._link.window_reset_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        action = self._meant(gestures.of_wheel(event)) if self._volume is not None else ""
        if not action:
            event.ignore()
            return
        if gestures.is_stale(event):
            event.accept()
            return
        turned = gestures.turned(event)
        if action == "wheel zoom":
            self._link.set(self._link.state.zoomed(ZOOM_STEP ** (turned / WHEEL_NOTCH)))
        else:
            self._wheel += turned
            notches = int(self._wheel / WHEEL_NOTCH)
            self._wheel -= notches * WHEEL_NOTCH
            if action == "wheel through":
                self.step_slice(notches)
            elif notches:
                self._link.points_asked.emit(notches)
        event.accept()

    def event(self, event: QEvent) -> bool:
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch and self._meant("Pinch"):
            self._link.set(self._link.state.zoomed(1.0 + event.value()))
            return True
        return super().event(event)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        self._wheel = 0

    def _on_divider(self, where: QPointF) -> bool:
        if self._wipe is None or self._second is None:
            return False
        return abs(where.x() - self.width() * self._wipe) <= DIVIDER_REACH

    def _point_at(self, where: QPointF) -> None:
        """The mouse is an arrow to both sides where it takes hold of the divider."""
        shape = Qt.CursorShape.SplitHCursor if self._on_divider(where) else Qt.CursorShape.CrossCursor
        if shape != self.cursor().shape():
            self.setCursor(shape)

    def _wipe_to(self, where: QPointF, done: bool) -> None:
        self.wiped.emit(min(max(where.x() / max(self.width(), 1), 0.0), 1.0), done)

    def _crosshair_to(self, where: QPointF) -> None:
        place = self.pane_map()
        if place is not None:
            through = self._through()
            inside = place.axes.inside(place.world(where.x(), where.y(), through))
            point = [*inside]
            point[self.plane.through] = through
            self._link.set(self._link.state.at((point[0], point[1], point[2])))

    def _window_from_region(self, region: QRectF) -> None:
        """The window becomes the 0.5 to 99.5 percentile of what lies in ``region`` of the pane."""
        place = self.pane_map()
        if place is None or self._volume is None:
            return
        view = self._link.state
        picture = slicing.extract(self._volume, self.plane, self._index(), view.convention, view.nose)
        left, top, width, height = place.rectangle()
        columns = [int((x - left) / width * picture.shape[1]) for x in (region.left(), region.right())]
        rows = [int((y - top) / height * picture.shape[0]) for y in (region.top(), region.bottom())]
        part = picture[max(rows[0], 0) : max(rows[1] + 1, 0), max(columns[0], 0) : max(columns[1] + 1, 0)]
        if part.size:
            low, high = (float(value) for value in np.percentile(part, (0.5, 99.5)))
            self._link.set(view.windowed(low, high, KEYS[self._kind]))

    def _measured(self, start: Point, end: Point) -> None:
        view = self._link.state
        self._link.set(replace(view, rulers=(*view.rulers, Ruler(self.plane.through, start, end))))
        self._link.ruler_drawn.emit()

    def measure(self) -> None:
        """The first time: a line begins at the crosshair; the second time: it ends there."""
        anchor, crosshair = self._link.anchor, self._link.state.crosshair
        if anchor is None or anchor[0] != self.plane.through:
            self._link.anchor = (self.plane.through, crosshair)
        else:
            self._link.anchor = None
            self._measured(anchor[1], crosshair)
        self.update()

    def _zoom_into(self, box: QRectF) -> None:
        """The part of the picture in ``box`` fills the pane."""
        place = self.pane_map()
        if place is not None:
            self._pan_by(box.center().x() - self.width() / 2, box.center().y() - self.height() / 2, place)
            factor = min(self.width() / box.width(), self.height() / box.height())
            self._link.set(self._link.state.zoomed(factor))

    def _pan_by(self, x: float, y: float, place: PaneMap) -> None:
        """What lies (x, y) pixels right of and below the middle comes to the middle."""
        by = [0.0, 0.0, 0.0]
        by[self.plane.across] = x * place.right / place.scale
        by[self.plane.up] = -y / place.scale
        self._link.set(self._link.state.panned((by[0], by[1], by[2])))

    # Keys

    def step_slice(self, steps: int) -> None:
        """Move the crosshair ``steps`` voxels through the stack, towards R, A or S for positive ones."""
        self._move(self.plane.through, steps)

    def move_in_plane(self, right: int, up: int) -> None:
        """Move the crosshair by voxels along the picture."""
        view = self._link.state
        self._move(self.plane.across, right * slicing.screen_right(self.plane, view.convention, view.nose))
        self._move(self.plane.up, up)

    def _move(self, world_axis: int, steps: int) -> None:
        if self._volume is None or steps == 0:
            return
        axes = slicing.axes_of(self._volume.grid)
        point = list(self._link.state.crosshair)
        direction = 1 if axes.step[world_axis] > 0 else -1
        index = axes.index(world_axis, point[world_axis]) + steps * direction
        point[world_axis] = axes.position(world_axis, min(max(index, 0), axes.count[world_axis] - 1))
        self._link.set(self._link.state.at((point[0], point[1], point[2])))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not self.press(event):
            super().keyPressEvent(event)

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key does here; false where it does nothing."""
        does = _KEYS.get(self._meant(gestures.of_key(event)))
        return self._volume is not None and does is not None and does(self) is not False

    def pan_view(self, right: int, up: int) -> None:
        """Look further to the right or up, by PAN_STEP of the pane."""
        place = self.pane_map()
        if place is not None:
            self._pan_by(right * PAN_STEP * self.width(), -up * PAN_STEP * self.width(), place)

    def centre(self) -> None:
        """The crosshair comes to the middle of the panes."""
        place = self.pane_map()
        if place is not None:
            self._link.set(self._link.state.centred(place.axes.middle))

    def send_crosshair_home(self) -> None:
        """To the middle of the volume."""
        place = self.pane_map()
        if place is not None:
            self._link.set(self._link.state.at(place.axes.inside(place.axes.middle)))

    def leave_mode(self) -> bool:
        """Also takes back a drag or a line under way; false where there is nothing to leave."""
        if not self._link.mode and self._link.anchor is None:
            return False
        if self._drag is not None and self._drag.action == "window":
            self._link.change(window=self._drag.before.window, layers=self._drag.before.layers)
        self._drag = self._link.anchor = None
        self._link.set_mode("")
        self.update()
        return True

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.StyleChange:
            self.update()
        super().changeEvent(event)


def _same_place(one: Volume | None, other: Volume | None) -> bool:
    return one is not None and other is not None and one.grid.matches(other.grid)


def _window_dragged(before: ViewState, by: QPointF, pane: QSize, key: str) -> ViewState:
    """Across is brightness, up and down contrast: the whole pane is one window's width of change."""
    low, high = before.window_of(key)
    width = high - low
    middle = (low + high) / 2 - by.x() / max(pane.width(), 1) * width
    half = width / 2 * 2.0 ** (by.y() / max(pane.height(), 1) * 2.0)
    return before.windowed(middle - half, middle + half, key)


_KEYS: dict[str, Callable[[SlicePane], bool | None]] = {
    "next slice": lambda pane: pane.step_slice(1),
    "previous slice": lambda pane: pane.step_slice(-1),
    "five on": lambda pane: pane.step_slice(5),
    "five back": lambda pane: pane.step_slice(-5),
    "left": lambda pane: pane.move_in_plane(-1, 0),
    "right": lambda pane: pane.move_in_plane(1, 0),
    "up": lambda pane: pane.move_in_plane(0, 1),
    "down": lambda pane: pane.move_in_plane(0, -1),
    "five left": lambda pane: pane.move_in_plane(-5, 0),
    "five right": lambda pane: pane.move_in_plane(5, 0),
    "five up": lambda pane: pane.move_in_plane(0, 5),
    "five down": lambda pane: pane.move_in_plane(0, -5),
    "zoom in": lambda pane: pane.link.set(pane.link.state.zoomed(ZOOM_STEP)),
    "zoom out": lambda pane: pane.link.set(pane.link.state.zoomed(1.0 / ZOOM_STEP)),
    "pan left": lambda pane: pane.pan_view(-1, 0),
    "pan right": lambda pane: pane.pan_view(1, 0),
    "pan up": lambda pane: pane.pan_view(0, 1),
    "pan down": lambda pane: pane.pan_view(0, -1),
    "centre": SlicePane.centre,
    "crosshair home": SlicePane.send_crosshair_home,
    "leave mode": SlicePane.leave_mode,
    "measure": SlicePane.measure,
}
"""What the bindings' actions on keys do to a pane; False: nothing here."""

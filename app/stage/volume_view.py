"""The 3D view: paints the picture of an off-screen scene, hands the mouse to a shared camera.

The scene is made after the widget has painted once, drawn only while it is seen, and at most once per turn of the
event loop however many changes came in between. While the mouse moves it is drawn at half size. A moving crosshair is
followed once the slices have been painted, by one view at a time, and all of them together leave half of the time to
the slices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app import bindings
from app.stage import gestures
from app.stage.camera import STANDARD, Camera, CameraLink
from app.stage.pane_marks import EDGE, TAG_GAP, TAG_MARGIN, WAITING_OPACITY, PictureState, paint_state
from app.stage.slice_pane import KEYS
from app.stage.slicing import NEGATIVE_LETTERS, POSITIVE_LETTERS
from app.stage.view_link import ViewLink
from app.stage.view_state import Clip, ViewState
from app.theme import fonts
from app.theme.halo import halo_text
from app.theme.kinds import Kind, paint_kind_tag, tag_size
from app.theme.tokens import MINUS, PICTURE
from engine.volume import Volume

if TYPE_CHECKING:
    from app.stage.volume_scene import VolumeScene

# A new volume waits this long for a newer one: while a slider is held ten come every second.
VOLUME_PAUSE_MS = 150
FINE_AFTER_MS = 160
SLICES_FIRST_MS = 12
"""A crosshair that moves is painted in the slices before it is followed."""
FOLLOWING = 0.5
"""Of the time, for all views that follow a crosshair together."""
BUTTON, BUTTON_GAP, BUTTON_MARGIN = 20, 2, 7
ZOOM_STEP = 1.1
SWITCHES = "VXYZC"
SLOW = "slow here: software drawing"
SIDES = {"L": "the left", "R": "the right", "A": "the front", "P": "behind", "S": "above", "I": "below"}
WORD_BUTTON = 52
ROOM_FOR_SWITCHES = 260
"""Narrower views have the keys alone."""


class VolumeView(QWidget):
    """One volume in 3D, cut at the shared crosshair, seen by the shared camera."""

    double_clicked = Signal()

    _next_turn = 0.0
    """Of all views: when the next one may follow the crosshair."""

    def __init__(self, link: ViewLink, camera: CameraLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._camera = camera
        self._scene: VolumeScene | None = None
        self._volume: Volume | None = None
        self._kind = Kind.SCAN
        self._grid_label = ""
        self._state = PictureState()
        self._picture: QImage | None = None
        self._pixels: object = None
        self._new_volume = False
        self._new_cut = False
        self._coarse = False
        self._painted = False
        self._last: QPointF | None = None
        self._action: str | None = None
        self._failed = ""
        self.is_slow = False
        """Whether the processor draws, found out with the first picture."""
        self.drawings = 0
        """How often the scene was drawn."""
        self._follows = False
        self._draw_soon = _single_shot(self, 0, self._draw_in_turn)
        self._volume_soon = _single_shot(self, VOLUME_PAUSE_MS, self._draw)
        self._fine_soon = _single_shot(self, FINE_AFTER_MS, self._draw_fine)
        self._go_on = _single_shot(self, 0, self._draw)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(60, 60)
        link.changed.connect(self._on_view)
        camera.changed.connect(self._on_camera)
        self.setAccessibleDescription(
            "L R A P S I: standard views. V: surface or volume. X Y Z: cut a side away. C: corner or whole sides."
        )
        self._name_for_readers()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, 220)

    @property
    def link(self) -> ViewLink:
        return self._link

    @property
    def camera(self) -> CameraLink:
        return self._camera

    @property
    def is_drawn(self) -> bool:
        """Whether the picture is fine and nothing newer waits."""
        waiting = any(timer.isActive() for timer in self._timers())
        return self._picture is not None and not waiting and not self._coarse

    def show_volume(self, volume: Volume | None, kind: Kind, grid_label: str = "") -> None:
        same = volume is self._volume
        self._volume, self._kind, self._grid_label = volume, kind, grid_label
        self._name_for_readers()
        self.update()
        if same:
            return
        self._new_volume = True
        if volume is None:
            self._picture = None
        elif self._picture is None:
            self._request()
        elif self.isVisible():
            self._volume_soon.start()

    def set_state(self, state: PictureState) -> None:
        self._state = state
        self.update()

    def set_link(self, link: ViewLink) -> None:
        self._link.changed.disconnect(self._on_view)
        self._link = link
        link.changed.connect(self._on_view)
        self._new_cut = True
        self._request()

    def set_camera_link(self, camera: CameraLink) -> None:
        self._camera.changed.disconnect(self._on_camera)
        self._camera = camera
        camera.changed.connect(self._on_camera)
        self._request()

    def focus_area(self) -> tuple[QRect, int]:
        return self.rect().adjusted(4, 4, -4, -4), 2

    def _name_for_readers(self) -> None:
        self.setAccessibleName("3D, empty" if self._volume is None else f"3D, {self._kind.word}, {self.words}")

    # Drawing

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if (now.solid, now.clip) != (before.solid, before.clip):
            self._new_volume = True
            self._name_for_readers()
            self._request()
        elif now.crosshair != before.crosshair or now.window != before.window or now.layers != before.layers:
            self._new_cut = True
            self._request(coarse=True, follows=True)

    def _on_camera(self, camera: Camera) -> None:
        self._request(coarse=True)

    def _request(self, coarse: bool = False, follows: bool = False) -> None:
        """Have the scene drawn in the next turn of the event loop; a coarse one is followed by a fine one.

        ``follows`` the crosshair: the next picture waits for its turn.
        """
        if not self.isVisible() or self._volume is None or not self._painted:
            return
        self._coarse = coarse
        self._fine_soon.stop()
        if not self._draw_soon.isActive():
            self._follows = follows
            self._draw_soon.start(max(SLICES_FIRST_MS, self._until_turn()) if follows else 0)

    @staticmethod
    def _until_turn() -> int:
        """Milliseconds."""
        return max(round((VolumeView._next_turn - monotonic()) * 1000), 0)

    def _draw_in_turn(self) -> None:
        """Another view may have drawn since this one asked: what the mouse did meanwhile goes first."""
        wait = self._until_turn() if self._follows else 0
        if wait:
            self._draw_soon.start(wait)
            return
        started = monotonic()
        self._draw()
        now = monotonic()
        VolumeView._next_turn = now + (now - started) * (1.0 / FOLLOWING - 1.0)

    def _draw_fine(self) -> None:
        self._coarse = False
        self._draw()

    def _draw(self) -> None:
        if not self.isVisible() or self._volume is None or self.width() < 2 or self.height() < 2 or self._failed:
            return
        try:
            if not self._render(self._volume):
                self._go_on.start()
                return
        except Exception as fault:  # No graphics on this machine is a state of the view, not an end of the window.
            self._failed = f"3D cannot be drawn here ({type(fault).__name__})."
        if self._coarse:
            self._fine_soon.start()
        self.update()

    def _timers(self) -> tuple[QTimer, ...]:
        return self._draw_soon, self._volume_soon, self._fine_soon, self._go_on

    def _render(self, volume: Volume) -> bool:
        """Draw the scene, or do a part of what comes before: False. Input is answered between the parts."""
        if self._scene is None:
            from app.stage.volume_scene import VolumeScene

            self._scene = VolumeScene()
            self.destroyed.connect(self._scene.close)
            return False
        scene = self._scene
        if self._new_volume:
            scene.set_volume(volume)
            scene.set_mode(self._link.state.solid)
            self._new_volume, self._new_cut = False, True
            return False
        if self._new_cut:
            view = self._link.state
            scene.cut(view.crosshair, view.window_of(KEYS[self._kind]), view.clip)
        self._new_cut = False
        scene.set_camera(self._camera.camera, self.width() / self.height())
        ratio = self.devicePixelRatioF() / (2 if self._coarse else 1)
        self.drawings += 1
        pixels = scene.render(max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1), self._coarse)
        self.is_slow = scene.is_software
        height, width = pixels.shape[:2]
        self._pixels = pixels
        self._picture = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
        return True

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        self._request()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        for timer in self._timers():
            timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self._request(coarse=self._picture is not None)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() == QEvent.Type.StyleChange:
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(PICTURE["ground"]))
            if not self._painted:
                # Loading VTK holds the window up: only after it has been seen.
                self._painted = True
                self._request()
            if self._volume is None:
                return
            if self._picture is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.setOpacity(WAITING_OPACITY if self._state.name == "out of date" else 1.0)
                painter.drawImage(QRectF(self.rect()), self._picture)
                painter.setOpacity(1.0)
            else:
                painter.setFont(fonts.font("body"))
                painter.setPen(QColor(PICTURE["text2"]))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._failed or "Drawing…")
            metrics = QFontMetricsF(fonts.font("pane"))
            painter.setFont(fonts.font("pane"))
            halo_text(painter, QPointF(EDGE, 6 + metrics.ascent()), "3D ", QColor(PICTURE["text2"]))
            foot = self.height() - 7 - metrics.descent()
            halo_text(painter, QPointF(EDGE, foot), self._grid_label, QColor(PICTURE["text2"]))
            painter.setFont(fonts.medium("pane"))
            at = QPointF(EDGE + metrics.horizontalAdvance("3D "), 6 + metrics.ascent())
            end = self.width() - TAG_MARGIN - (tag_size(self._kind.tag).width() if self._kind.tag else 0)
            room = int(end - at.x() - TAG_GAP)
            words = QFontMetricsF(painter.font()).elidedText(self.words, Qt.TextElideMode.ElideRight, room)
            halo_text(painter, at, words, QColor(PICTURE["text"]))
            if self.is_slow:
                painter.setFont(fonts.font("pane"))
                below = QPointF(EDGE, at.y() + metrics.height() + 2)
                halo_text(painter, below, SLOW, QColor(PICTURE["text2"]))
            if self._kind.tag:
                paint_kind_tag(painter, self._kind.tag, self.width() - TAG_MARGIN, TAG_MARGIN)
            paint_state(painter, self.size(), self._state, foot - metrics.height() - 5)
            self._paint_buttons(painter)

    @property
    def words(self) -> str:
        """What is shown, and what is cut away."""
        view = self._link.state
        sides = "".join(_side_letter(axis, side) for axis, side in enumerate(view.clip.sides) if side)
        if view.clip == Clip():
            return f"{view.solid}, clipped at crosshair"
        return f"{view.solid}, {'corner' if view.clip.corner else 'side'} {sides} clipped" if sides else view.solid

    def switches(self) -> dict[str, tuple[QRect, str]]:
        """What is shown and cut, by key: V to volume or surface, X Y Z the side cut away along that axis, C to whole
        sides or their corner. Where each stands, left of the standard views, and what it says."""
        view = self._link.state
        texts = {"V": "volume" if view.solid == "surface" else "surface"}
        for axis, key in enumerate("XYZ"):
            texts[key] = f"{MINUS}{_side_letter(axis, view.clip.sides[axis])}" if view.clip.sides[axis] else key.lower()
        texts["C"] = "sides" if view.clip.corner else "corner"
        places = {}
        for number, (key, text) in enumerate(texts.items()):
            column, row = (0, number - 1) if 0 < number < 4 else (1, 1 if number == 0 else 2)
            wide = WORD_BUTTON if column else BUTTON + 6
            right = self.width() - BUTTON_MARGIN - 2 * BUTTON - BUTTON_GAP - 10 - column * (BUTTON + 6 + BUTTON_GAP)
            x = right - BUTTON_GAP - wide
            y = self.height() - BUTTON_MARGIN - (3 - row) * BUTTON - (2 - row) * BUTTON_GAP
            places[key] = (QRect(x, y, wide, BUTTON), text)
        return places

    def switch(self, key: str) -> None:
        """Do what the switch ``key`` is for."""
        view = self._link.state
        if key == "V":
            self._link.change(solid="volume" if view.solid == "surface" else "surface")
        elif key == "C":
            self._link.change(clip=replace(view.clip, corner=not view.clip.corner))
        else:
            sides = list(view.clip.sides)
            axis = "XYZ".index(key)
            sides[axis] = {1: -1, -1: 0, 0: 1}[sides[axis]]
            self._link.change(clip=replace(view.clip, sides=(sides[0], sides[1], sides[2])))

    def buttons(self) -> dict[str, QRect]:
        """The six standard views: L R, A P, S I from the lower right corner."""
        places = {}
        for number, letter in enumerate(STANDARD):
            column, row = number % 2, number // 2
            x = self.width() - BUTTON_MARGIN - (2 - column) * BUTTON - (1 - column) * BUTTON_GAP
            y = self.height() - BUTTON_MARGIN - (3 - row) * BUTTON - (2 - row) * BUTTON_GAP
            places[letter] = QRect(x, y, BUTTON, BUTTON)
        return places

    def _paint_buttons(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.medium("pane"))
        switches = self.switches().values() if self.width() >= ROOM_FOR_SWITCHES else ()
        for place, letter in [*((place, letter) for letter, place in self.buttons().items()), *switches]:
            painter.setPen(QPen(QColor("#2C343A"), 1.0))
            painter.setBrush(QColor(0, 0, 0, 150))
            painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            painter.setPen(QColor(PICTURE["letter"]))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, letter)

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        where = event.position()
        if event.button() == Qt.MouseButton.LeftButton:
            for letter, place in self.buttons().items():
                if place.contains(where.toPoint()):
                    self.look_from(letter)
                    return
            for key, (place, _) in self.switches().items():
                if place.contains(where.toPoint()) and self.width() >= ROOM_FOR_SWITCHES:
                    self.switch(key)
                    return
        self._last, self._action = where, bindings.current().action("3D", gestures.of_press(event))
        if self._action == "pick":
            self._pick(where)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._last is None:
            return
        step = event.position() - self._last
        self._last = event.position()
        camera, height = self._camera.camera, max(self.height(), 1)
        if self._action == "pan":
            self._camera.set(camera.shifted(step.x() / height, -step.y() / height))
        elif self._action == "turn":
            self._camera.set(camera.turned(step.x() / height, step.y() / height))
        elif self._action == "zoom":
            self._camera.set(camera.zoomed(2.0 ** (-step.y() / 120.0)))

    def _pick(self, where: QPointF) -> None:
        place = self._scene and self._scene.picked(where.x() / self.width(), where.y() / self.height())
        if place is not None:
            self._link.change(crosshair=place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._last = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        taken = [*self.buttons().values(), *(place for place, _ in self.switches().values())]
        if not any(place.contains(event.position().toPoint()) for place in taken):
            self.double_clicked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if bindings.current().action("3D", gestures.of_wheel(event)) != "wheel zoom":
            event.ignore()
            return
        if gestures.is_stale(event):
            event.accept()
            return
        self._camera.set(self._camera.camera.zoomed(ZOOM_STEP ** (gestures.turned(event) / 120)))
        event.accept()

    def tip(self, where: QPoint) -> str:
        """What the button there does, and its key."""
        for letter, place in self.buttons().items():
            if place.contains(where):
                return f"Look from {SIDES[letter]}  {letter}"
        for key, (place, _) in self.switches().items() if self.width() >= ROOM_FOR_SWITCHES else ():
            if place.contains(where):
                view = self._link.state
                tips = {
                    "V": f"Show the {'volume' if view.solid == 'surface' else 'surface'}",
                    "C": "Cut away whole sides" if view.clip.corner else "Cut away the corner of the sides alone",
                }
                return f"{tips.get(key, 'Cut away the other side, or none')}  {key}"
        return ""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip(event.pos()), self)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _letter(event):
            event.accept()  # or a key of the whole window would be meant: P plays, R fits
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        turns = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        turn = turns.get(Qt.Key(event.key()))
        if turn is not None:
            self._camera.set(self._camera.camera.turned(turn[0] / 24, turn[1] / 24))
        elif letter := _letter(event):
            if letter in STANDARD:
                self.look_from(letter)
            else:
                self.switch(letter)
        else:
            super().keyPressEvent(event)

    def look_from(self, letter: str) -> None:
        """One of the six standard views: L R A P S I."""
        self._camera.set(STANDARD[letter])


def _side_letter(axis: int, side: int) -> str:
    return (POSITIVE_LETTERS if side > 0 else NEGATIVE_LETTERS)[axis]


def _letter(event: QKeyEvent) -> str:
    """The standard view or switch that a key asks for, or empty."""
    letter = event.text().upper()
    known = letter in STANDARD or (bool(letter) and letter in SWITCHES)
    return letter if known and event.modifiers() == Qt.KeyboardModifier.NoModifier else ""


def _single_shot(owner: QWidget, milliseconds: int, call: Callable[[], None]) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(call)
    return timer

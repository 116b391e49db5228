"""A state as a thumbnail: its picture, the mark of its kind, its name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QSizePolicy

from app.stage import slicing
from app.stage.view_state import Convention
from app.theme import fonts
from app.theme.current import colour, scaled
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.tokens import PICTURE, RADIUS_FIELD
from engine.volume import FloatArray

HEIGHT_OF_WIDTH = 1.13
CAPTION = 34
MARK = 12


class StateTile(QAbstractButton):
    """A click chooses the state."""

    def __init__(self, name: str, kind: Kind, title: str) -> None:
        super().__init__()
        self._name, self._kind = name, kind
        self._image: QImage | None = None
        self._pixels: object = None
        self._chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(f"{name}, {kind.word} of {title}")
        self.setAccessibleName(f"{name}, {kind.word}, {title}")

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(66, round(66 * HEIGHT_OF_WIDTH) + scaled(CAPTION))

    def show_state(
        self, picture: FloatArray | None, window: tuple[float, float], convention: Convention, chosen: bool
    ) -> None:
        """``picture``: rows from front to back, columns from the person's left to right."""
        self._chosen = chosen
        if picture is not None:
            turned = picture[:, ::-1] if convention == "radiological" else picture
            levels = slicing.to_grey(turned, *window)
            height, width = levels.shape
            self._pixels = levels
            self._image = QImage(levels.data, width, height, width, QImage.Format.Format_Grayscale8)
        else:
            self._image = None
        self.update()

    def focus_area(self) -> tuple[QRect, int]:
        return self._place(), RADIUS_FIELD

    def _place(self) -> QRect:
        return QRect(0, 0, self.width(), self.height() - scaled(CAPTION))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            place = self._place()
            painter.fillRect(place, QColor(PICTURE["ground"]))
            if self._image is not None:
                size = self._image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
                picture = QRect(0, 0, size.width(), size.height())
                picture.moveCenter(place.center())
                painter.drawImage(picture, self._image)
            if self._chosen or self.underMouse():
                painter.setPen(QPen(colour("accent" if self._chosen else "edge"), 2.0))
                painter.drawRoundedRect(QRectF(place).adjusted(1, 1, -1, -1), RADIUS_FIELD, RADIUS_FIELD)
            face = fonts.medium("note")
            metrics = QFontMetricsF(face)
            top = place.bottom() + 6.0
            paint_kind_mark(
                painter, self._kind, QRectF(0, top, MARK, MARK), colour("accent" if self._chosen else "text2")
            )
            left, room = MARK + 4.0, self.width() - MARK - 4.0
            painter.setFont(face)
            painter.setPen(colour("text"))
            name = metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(left, top + metrics.ascent() - 1), name)
            painter.setFont(fonts.font("note"))
            painter.setPen(colour("text2"))
            small = QFontMetricsF(painter.font())
            below = (
                left
                if small.horizontalAdvance(self._kind.word) <= room
                else max(self.width() - small.horizontalAdvance(self._kind.word), 0.0)
            )
            painter.drawText(QPointF(below, top + metrics.ascent() + metrics.height() - 2), self._kind.word)


class KeptTile(StateTile):
    """F2 renames it, Del takes it away, and it can be dragged."""

    renamed = Signal(str)
    removed = Signal()
    dragged = Signal()

    def __init__(self, name: str, kind: Kind, title: str) -> None:
        super().__init__(name, kind, title)
        self._pressed_at: QPointF | None = None
        self._field = QLineEdit(self)
        self._field.setAccessibleName("Name")
        self._field.hide()
        self._field.editingFinished.connect(self._take_name)
        self._field.installEventFilter(self)

    def rename(self) -> None:
        """Have the name typed anew, in its place."""
        self._field.setText(self._name)
        self._field.setGeometry(QRect(0, self.height() - scaled(CAPTION), self.width(), scaled(26)))
        self._field.show()
        self._field.setFocus()
        self._field.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self._field.setText(self._name)
                self.setFocus()
            return True
        return False

    def _take_name(self) -> None:
        if self._field.isVisible():
            self._field.hide()
            name = self._field.text().strip()
            if name and name != self._name:
                self.renamed.emit(name)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._pressed_at = event.position()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseMoveEvent(event)
        start = self._pressed_at
        if start is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if (event.position() - start).manhattanLength() >= QApplication.startDragDistance():
            self._pressed_at = None
            self.setDown(False)
            self.dragged.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.rename()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_F2:
            self.rename()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        menu = QMenu(self)
        menu.addAction("Rename\tF2", self.rename)
        menu.addAction("Remove\tDel", self.removed.emit)
        menu.popup(event.globalPos())

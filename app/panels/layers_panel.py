"""The layers on the stage from top to bottom: eye, mark, name and opacity of each, their order, and the look of one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.layers import Layers, Row
from app.panels.parts import Section, label, row, tool_button
from app.stage.colour import COLOUR_MAPS, label_table
from app.stage.view_state import CHANGE
from app.theme import fonts, icons
from app.theme.current import colour, scaled
from app.theme.kinds import paint_kind_mark
from app.theme.tokens import ROW_HEIGHT

ROW = Qt.ItemDataRole.UserRole
EYE, MARK, BAR, FIGURE = 26, 20, 24, 40
MOST_ROWS = 8
STEP = 0.05
FILTER = "Volumes and label maps (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img);;All files (*)"


class LayersPanel(Section):
    """A file dropped on the list becomes an overlay."""

    def __init__(self, layers: Layers) -> None:
        add = tool_button("add", "Add overlay…", self._ask_files)
        super().__init__("Layers", add)
        self._layers = layers
        self.body.setContentsMargins(8, 8, 8, 8)
        self.title.setContentsMargins(8, 0, 0, 0)
        self.list = LayerList(layers)
        self.list.files_dropped.connect(layers.overlays.add)
        self.empty = label("Nothing loaded.", tone="text2")
        self.empty.setContentsMargins(8, 0, 0, 4)
        self.colours = QComboBox()
        self.colours.setAccessibleName("Colours of the layer")
        self.colours.addItems([name.capitalize() for name in COLOUR_MAPS])
        self.colours.activated.connect(lambda index: layers.set_colours(layers.chosen, tuple(COLOUR_MAPS)[index]))
        self.smooth = tool_button("smooth", "Smooth this layer between voxels", self._toggle_nearest, checkable=True)
        self.own = tool_button("link", "Window shared with scan, copy and synthetic", self._toggle_own, checkable=True)
        self.remove = tool_button("close", "Remove this overlay", lambda: layers.overlays.remove(layers.chosen))
        self._look = QWidget()
        self._look.setLayout(row(self.colours, self.smooth, self.own, None, self.remove, spacing=4))
        self._look.layout().setContentsMargins(8, 0, 0, 0)  # type: ignore[union-attr]
        for part in (self.empty, self.list, self._look):
            self.body.addWidget(part)
        layers.changed.connect(self.refresh)
        layers.chosen_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        rows = self._layers.rows()
        self.list.show_rows(rows)
        chosen = self._layers.row(self._layers.chosen)
        self.empty.setVisible(not rows)
        self.list.setVisible(bool(rows))
        self._look.setVisible(chosen is not None and chosen.key != CHANGE)
        if chosen is None:
            return
        layer = chosen.layer
        self.colours.setVisible(chosen.kind is not None)
        if layer.colours in COLOUR_MAPS:
            self.colours.setCurrentIndex(tuple(COLOUR_MAPS).index(layer.colours))
        self.smooth.setVisible(chosen.kind is not None)  # labels have nothing between them
        self.smooth.setChecked(not layer.nearest)
        self.own.setVisible(not chosen.is_overlay)
        self.own.setChecked(layer.window is None)
        self.own.setIcon(icons.icon("link" if layer.window is None else "unlinked"))
        self.remove.setVisible(chosen.is_overlay)

    def _toggle_nearest(self) -> None:
        self._layers.set_nearest(self._layers.chosen, not self.smooth.isChecked())

    def _toggle_own(self) -> None:
        self._layers.set_own_window(self._layers.chosen, not self.own.isChecked())

    def _ask_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Add overlays", "", FILTER)
        self._layers.overlays.add([Path(name) for name in names])


class LayerList(QListWidget):
    """Space turns the eye, left and right the opacity, Alt with up or down moves, Del removes an overlay."""

    files_dropped = Signal(list)

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self._layers = layers
        self._held: str | None = None
        self.setAccessibleName("Layers")
        self.setItemDelegate(_Rows(self))
        self.setMouseTracking(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.currentItemChanged.connect(lambda now, before: layers.choose(_row(now).key) if now is not None else None)

    def show_rows(self, rows: list[Row]) -> None:
        """Items are kept where the same layers stand as before: a drag of an opacity must not lose its item."""
        keys = [_row(self.item(at)).key for at in range(self.count())]
        self.blockSignals(True)
        if keys != [one.key for one in rows]:
            self.clear()
            for _ in rows:
                self.addItem(QListWidgetItem())
        for at, one in enumerate(rows):
            item = self.item(at)
            item.setData(ROW, one)
            item.setText(one.name)
            item.setToolTip(one.name)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, one.spoken)
            if one.key == self._layers.chosen:
                self.setCurrentItem(item)
        self.blockSignals(False)
        self.setFixedHeight(scaled(ROW_HEIGHT) * min(max(len(rows), 1), MOST_ROWS) + 4)
        self.viewport().update()

    def parts(self, at: int) -> tuple[QRect, QRect]:
        """Where the eye and the opacity's bar of a row are, in the list's viewport."""
        box = self.visualItemRect(self.item(at))
        return _eye(box), _bar(box)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        where = event.position().toPoint()
        item = self.itemAt(where)
        if item is not None and event.button() == Qt.MouseButton.LeftButton:
            box, key = self.visualItemRect(item), _row(item).key
            if _eye(box).contains(where):
                self.setCurrentItem(item)
                self._layers.toggle(key)
                return
            if _bar(box).adjusted(-4, 0, 4, 0).contains(where):
                self.setCurrentItem(item)
                self._held = key
                self._drag_opacity(where.x(), _bar(box), False)
                return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        item = self._held_item()
        if item is None:
            super().mouseMoveEvent(event)
        else:
            self._drag_opacity(event.position().toPoint().x(), _bar(self.visualItemRect(item)), False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        item = self._held_item()
        if item is None:
            super().mouseReleaseEvent(event)
        else:
            self._drag_opacity(event.position().toPoint().x(), _bar(self.visualItemRect(item)), True)
            self._held = None

    def _held_item(self) -> QListWidgetItem | None:
        items = (self.item(at) for at in range(self.count()))
        return next((item for item in items if _row(item).key == self._held), None)

    def _drag_opacity(self, x: int, bar: QRect, done: bool) -> None:
        assert self._held is not None
        self._layers.set_opacity(self._held, round((x - bar.left()) / max(bar.width() - 1, 1), 2), done)

    # Drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
        else:
            super().dragMoveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self.files_dropped.emit([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])
            return
        self._move_to(event.position().toPoint())
        event.setDropAction(Qt.DropAction.CopyAction)  # or the list would take its own item away
        event.accept()

    def _move_to(self, where: QPoint) -> None:
        """The current row comes to stand where it was dropped: before a row's middle above it, else below."""
        keys = [_row(self.item(at)).key for at in range(self.count())]
        moved, target = self.currentRow(), self.indexAt(where).row()
        if moved < 0:
            return
        below = target >= 0 and where.y() > self.visualItemRect(self.item(target)).center().y()
        place = len(keys) if target < 0 else target + below
        key = keys[moved]
        others = [[one for one in part if one != key] for part in (keys[:place], keys[place:])]
        self._layers.order([*others[0], key, *others[1]])

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        item, key = self.currentItem(), event.key()
        if item is None:
            super().keyPressEvent(event)
            return
        now, alt = _row(item), bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if key == Qt.Key.Key_Space:
            self._layers.toggle(now.key)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._layers.set_opacity(now.key, round(now.opacity + (STEP if key == Qt.Key.Key_Right else -STEP), 2))
        elif alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._layers.move(now.key, -1 if key == Qt.Key.Key_Up else 1)
        elif key == Qt.Key.Key_Delete:
            self._layers.overlays.remove(now.key)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in keys:
            event.accept()  # or a key of the whole window would be meant
            return True
        return super().event(event)


def _row(item: QListWidgetItem) -> Row:
    found = item.data(ROW)
    assert isinstance(found, Row)
    return found


def _eye(box: QRect) -> QRect:
    return QRect(box.left() + 2, box.top(), EYE, box.height())


def _bar(box: QRect) -> QRect:
    return QRect(box.right() - scaled(FIGURE) - BAR - 4, box.top(), BAR, box.height())


class _Rows(QStyledItemDelegate):
    """Eye, mark of the kind (a swatch for labels), name; the opacity as a bar and in figures."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(100, scaled(ROW_HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        one = index.data(ROW)
        if not isinstance(one, Row):
            return
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("selected" if chosen else "raised"))
            painter.drawRoundedRect(QRectF(box), 5, 5)
        ink = colour("text" if one.shown else "text3")
        eye = QRectF(_eye(box))
        icons.paint_icon(
            painter,
            "seen" if one.shown else "hidden",
            QRectF(eye.center().x() - 7.5, eye.center().y() - 7.5, 15, 15),
            ink,
        )
        left = box.left() + EYE + 4
        square = QRectF(left, box.center().y() - 7, 14, 14)
        if one.kind is not None:
            paint_kind_mark(painter, one.kind, square, ink)
        else:
            _paint_swatch(painter, square)
        left += MARK
        bar = _bar(box)
        painter.setFont(fonts.font("body"))
        painter.setPen(ink)
        name = one.name
        if one.layer.window is not None and not one.is_overlay:
            icons.paint_icon(painter, "unlinked", QRectF(bar.left() - 20, box.center().y() - 7, 14, 14), colour("warn"))
            bar_left = bar.left() - 24
        else:
            bar_left = bar.left() - 6
        room = bar_left - left
        painter.setPen(ink)
        painter.setFont(fonts.font("body"))
        # Files of one person begin alike: what tells them apart stands at the end.
        side = Qt.TextElideMode.ElideLeft if one.is_overlay else Qt.TextElideMode.ElideRight
        words = QFontMetrics(painter.font()).elidedText(name, side, room)
        painter.drawText(QRect(left, box.top(), room, box.height()), Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = box.center().y()
        painter.setBrush(colour("line"))
        painter.drawRoundedRect(QRectF(bar.left(), middle - 1.5, bar.width(), 4), 2, 2)
        painter.setBrush(ink)
        painter.drawRoundedRect(QRectF(bar.left(), middle - 1.5, bar.width() * one.opacity, 4), 2, 2)
        painter.setPen(colour("text2"))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        figure = QRect(box.right() - scaled(FIGURE) - 6, box.top(), scaled(FIGURE), box.height())
        painter.drawText(figure, right, f"{round(one.opacity * 100)} %")
        painter.restore()


def _paint_swatch(painter: QPainter, square: QRectF) -> None:
    """Four of the colours labels have."""
    inks = [QColor.fromRgb(int(value)) for value in label_table(4)[1:]]
    painter.setPen(Qt.PenStyle.NoPen)
    for number, ink in enumerate(inks):
        painter.fillRect(
            QRectF(square.left() + 2 + 5 * (number % 2), square.top() + 2 + 5 * (number // 2), 4.5, 4.5), ink
        )

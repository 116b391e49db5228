"""States to come back to: kept with one key, shown by a thumbnail, returned to with a click."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
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
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLineEdit, QMenu, QSizePolicy

from app.edit_pictures import EditPictures
from app.kept_pictures import KeptPictures
from app.panels.parts import Section, label, quiet_button, wrapped, years
from app.session import Session
from app.stage import slicing
from app.stage.view_state import ViewState
from app.theme import fonts
from app.theme.current import colour, scaled
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.style import mark
from app.theme.tokens import PICTURE, RADIUS_FIELD, number
from app.workspace.document import Edit, Kept, Scan
from engine.volume import FloatArray

IN_A_ROW = 4
HEIGHT_OF_WIDTH = 1.13
CAPTION = 34
MARK = 12


class KeptTile(QAbstractButton):
    """A click returns to the state; F2 renames it, Del takes it away."""

    renamed = Signal(str)
    removed = Signal()

    def __init__(self, name: str, kind: Kind, title: str) -> None:
        super().__init__()
        self._name, self._kind = name, kind
        self._picture: FloatArray | None = None
        self._image: QImage | None = None
        self._pixels: object = None
        self._chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(f"{name}, {kind.word} of {title}")
        self.setAccessibleName(f"{name}, {kind.word}, {title}")
        self._field = QLineEdit(self)
        self._field.setAccessibleName("Name")
        self._field.hide()
        self._field.editingFinished.connect(self._take_name)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(66, round(66 * HEIGHT_OF_WIDTH) + scaled(CAPTION))

    def show_state(self, picture: FloatArray | None, view: ViewState, chosen: bool) -> None:
        """``picture``: rows from front to back, columns from the person's left to right."""
        self._chosen = chosen
        self._picture = picture
        if picture is not None:
            turned = picture[:, ::-1] if view.convention == "radiological" else picture
            levels = slicing.to_grey(turned, *view.window)
            height, width = levels.shape
            self._pixels = levels
            self._image = QImage(levels.data, width, height, width, QImage.Format.Format_Grayscale8)
        self.update()

    def rename(self) -> None:
        """Have the name typed anew, in its place."""
        self._field.setText(self._name)
        self._field.setGeometry(QRect(0, self.height() - scaled(CAPTION), self.width(), scaled(26)))
        self._field.show()
        self._field.setFocus()
        self._field.selectAll()

    def focus_area(self) -> tuple[QRect, int]:
        return self._place(), RADIUS_FIELD

    def _place(self) -> QRect:
        return QRect(0, 0, self.width(), self.height() - scaled(CAPTION))

    def _take_name(self) -> None:
        if self._field.isVisible():
            self._field.hide()
            name = self._field.text().strip()
            if name and name != self._name:
                self.renamed.emit(name)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
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
        paint_kind_mark(painter, self._kind, QRectF(0, top, MARK, MARK), colour("accent" if self._chosen else "text2"))
        left, room = MARK + 4.0, self.width() - MARK - 4.0
        painter.setFont(face)
        painter.setPen(colour("text"))
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(left, top + metrics.ascent() - 1), name)
        painter.setFont(fonts.font("note"))
        painter.setPen(colour("text2"))
        painter.drawText(QPointF(left, top + metrics.ascent() + metrics.height() - 2), self._kind.word)

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


class KeptPanel(Section):
    """All states that the workspace keeps, in the order they were kept."""

    def __init__(self, session: Session, edits: EditPictures, pictures: KeptPictures) -> None:
        super().__init__("Kept")
        self._session, self._edits, self._pictures = session, edits, pictures
        self.button = quiet_button("Keep this", self.keep, "keep")
        self.button.setToolTip("Ctrl+K")
        self.add_aside(self.button)
        key = label("Ctrl K")
        mark(key, keycap="true")
        key.setFixedHeight(scaled(18))
        self.add_aside(key)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(10)
        for column in range(IN_A_ROW):
            self._grid.setColumnStretch(column, 1)
        self.body.addLayout(self._grid)
        self._empty = wrapped("Keep a state to come back to it.", tone="text3", type="note")
        self.body.addWidget(self._empty)
        self.tiles: list[KeptTile] = []
        self._stood: tuple[tuple[Kept, Scan], ...] = ()
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        edits.changed.connect(self.refresh)
        pictures.changed.connect(self.refresh)
        session.link.changed.connect(self._on_view)
        self.refresh()

    def keep(self) -> None:
        """Ctrl+K: the sliders of the scan on the stage; nothing where that state is kept already."""
        scan = self._session.current
        if scan is not None and self._can_keep():
            kept = Kept(self._name_for(scan, self._edits.edit), scan.key, self._edits.edit)
            self._session.set_kept(f"Keep {kept.name}", (*self._session.workspace.kept, kept))

    def refresh(self) -> None:
        workspace = self._session.workspace
        self.button.setEnabled(self._can_keep())
        self._empty.setVisible(not workspace.kept)
        stood = tuple((kept, workspace.scan(kept.key)) for kept in workspace.kept)
        if stood != self._stood:
            self._stand(stood)
        for tile, kept in zip(self.tiles, workspace.kept, strict=True):
            chosen = (kept.key, kept.edit) == (workspace.current, self._edits.edit)
            tile.show_state(self._pictures.slice(kept), self._session.link.state, chosen)

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if (now.window, now.convention) != (before.window, before.convention):
            self.refresh()

    def _can_keep(self) -> bool:
        scan = self._session.current
        if scan is None or scan.source not in self._session.prepared or self._edits.held:
            return False
        state = (scan.key, self._edits.edit)
        return all((kept.key, kept.edit) != state for kept in self._session.workspace.kept)

    def _stand(self, stood: tuple[tuple[Kept, Scan], ...]) -> None:
        """New tiles: the document keeps other states than before."""
        for tile in self.tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self._stood, self.tiles = stood, []
        for place, (kept, scan) in enumerate(stood):
            tile = KeptTile(kept.name, Kind.COPY if kept.edit.is_zero else Kind.SYNTHETIC, scan.title)
            tile.clicked.connect(lambda _=False, kept=kept: self._session.return_to(kept))
            tile.renamed.connect(lambda name, place=place: self._rename(place, name))
            tile.removed.connect(lambda place=place: self._remove(place))
            self._grid.addWidget(tile, place // IN_A_ROW, place % IN_A_ROW)
            self.tiles.append(tile)

    def _rename(self, place: int, name: str) -> None:
        kept = list(self._session.workspace.kept)
        kept[place] = replace(kept[place], name=name)
        self._session.set_kept(f"Rename {name}", tuple(kept))

    def _remove(self, place: int) -> None:
        kept = self._session.workspace.kept
        self._session.set_kept(f"Remove {kept[place].name}", kept[:place] + kept[place + 1 :])

    def _name_for(self, scan: Scan, edit: Edit) -> str:
        """ "71.5 y", "Atrophy 0.30"; where nothing was moved, the scan's age."""
        words = []
        for direction in self._session.directions:
            zero = self._session.zero_of(direction.name, scan)
            if zero is not None and direction.name == "age" and (edit["age"] or edit.is_zero):
                words.append(years(zero + edit["age"]))
            elif zero is not None and edit[direction.name]:
                words.append(f"{direction.label} {number(zero + edit[direction.name], 2)}")
        return ", ".join(words) or scan.visit or scan.name

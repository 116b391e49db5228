"""Whose scans are open: people, their visits, and the files that could not be opened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QInputDialog,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.panels.part_drag import part_data
from app.panels.parts import Section, Sign, column, quiet_button, row, tool_button, wrapped, years
from app.session import Session, default_window, first_look
from app.stage import slicing
from app.stage.slicing import Plane
from app.theme import fonts, icons
from app.theme.current import colour, scaled
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.scaled_size import keep_scaled
from app.theme.style import mark
from app.theme.tokens import ROW_HEIGHT, parse_number
from app.workspace.document import Part, Scan
from app.workspace.notes import sidecar_of
from engine.volume import Volume

KEY = Qt.ItemDataRole.UserRole
SCAN = Qt.ItemDataRole.UserRole + 1
NOTE = Qt.ItemDataRole.UserRole + 2
PICTURE = Qt.ItemDataRole.UserRole + 3
WARNED = Qt.ItemDataRole.UserRole + 4

VISIT_HEIGHT = 40
THUMBNAIL = (28, 34)
OLDEST = 120.0

MOST_ROWS = 14
"""More are scrolled."""

KINDS = {"scan": Kind.SCAN, "copy": Kind.COPY, "synthetic": Kind.SYNTHETIC, "unknown": Kind.SYNTHETIC}


class ScansPanel(Section):
    """The tree of people and visits; the chosen one is on the stage."""

    open_asked = Signal()
    save_as_asked = Signal()
    pack_asked = Signal()
    notes_asked = Signal()
    sidecar_asked = Signal(object)
    """Path."""

    def __init__(self, session: Session) -> None:
        super().__init__("Scans")
        self.more = tool_button("save", "Save and take along", self._show_more)
        self.add_aside(self.more)
        self.add_aside(tool_button("add", "Open scans  Ctrl+O", self.open_asked.emit))
        self._session = session
        self._thumbnails: dict[str, tuple[Volume, str, QImage]] = {}
        self._without_age: set[str] = set()
        self.body.setContentsMargins(8, 8, 8, 8)
        self.title.setContentsMargins(8, 0, 0, 0)
        self.tree = _Tree()
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(0)
        self.tree.setItemDelegate(_Rows(self.tree))
        self.tree.setAccessibleName("Scans")
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for words, does in (
            ("Look at the preparation", self._look),
            ("Set age…", self._ask_age),
            ("Read the file again", self._reload),
            ("What came with it (JSON)…", self._show_sidecar),
            ("Close", self._close),
        ):
            action = QAction(words, self.tree)
            action.triggered.connect(does)
            self.tree.addAction(action)
        self.tree.currentItemChanged.connect(self._on_chosen)
        self.tree.itemClicked.connect(lambda item, column: self._on_chosen())
        self.tree.dragged.connect(self.refresh)
        self.body.addWidget(self.tree)
        self.age = QLineEdit()
        self.age.setPlaceholderText("years")
        keep_scaled(self.age, 64)
        self.age.setAccessibleName("Age at this scan, years")
        self.age.returnPressed.connect(self._take_age)
        self.age_words = wrapped(tone="warn", type="note")
        self.no_age = quiet_button("Without", self._go_without_age)
        self.no_age.setAccessibleName("Work without the age")
        self._age_asked = QWidget()
        asked = column(self.age_words, row(self.age, self.no_age, None), spacing=4)
        asked.setContentsMargins(8, 0, 8, 0)
        self._age_asked.setLayout(asked)
        self.body.addWidget(self._age_asked)
        self._refusals = QWidget()
        self.body.addWidget(self._refusals)
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        session.client.model_loaded.connect(lambda _: self.refresh())
        session.refusals_changed.connect(self._show_refusals)
        self.refresh()

    def refresh(self) -> None:
        self.tree.blockSignals(True)
        self.tree.clear()
        height = 0
        for subject, visits in self._session.workspace.by_subject().items():
            top = QTreeWidgetItem([subject])
            top.setData(0, NOTE, visits[0].sex)
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            alone = len(visits) == 1 and not visits[0].visit
            height += len(visits) * scaled(VISIT_HEIGHT) + (not alone) * scaled(ROW_HEIGHT)
            if not alone:
                self.tree.addTopLevelItem(top)
            for scan in visits:
                item = QTreeWidgetItem([subject if alone else scan.visit_title])
                item.setData(0, KEY, scan.key)
                item.setData(0, SCAN, scan)
                item.setData(0, NOTE, self._note(scan))
                item.setData(0, PICTURE, self._thumbnail(scan))
                warned = self._warned(scan)
                item.setData(0, WARNED, warned)
                warns = f"{'one check warns' if warned == 1 else f'{warned} checks warn'}" if warned else ""
                item.setToolTip(0, "\n".join(part for part in (str(Path(scan.path)), warns) if part))
                spoken = (scan.title, scan.kind, self._note(scan), warns)
                item.setData(0, Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in spoken if part))
                if alone:
                    self.tree.addTopLevelItem(item)
                else:
                    top.addChild(item)
                    top.setExpanded(True)
                if scan.key == self._session.workspace.current:
                    self.tree.setCurrentItem(item)
        self.tree.blockSignals(False)
        self.tree.setFixedHeight(min(max(height, scaled(ROW_HEIGHT)), MOST_ROWS * scaled(ROW_HEIGHT)) + 4)
        self._show_age_asked()

    def _note(self, scan: Scan) -> str:
        if self._session.is_preparing(scan):
            return "preparing" if self._session.model else "waiting"
        return "" if scan.age is None else years(scan.age)

    def _warned(self, scan: Scan) -> int:
        """How many checks of its preparation warn that nobody has said yes to."""
        prepared = self._session.prepared.get(scan.source)
        return sum(check.warning for check in prepared.reply.checks) if prepared and not scan.accepted else 0

    def _thumbnail(self, scan: Scan) -> QImage | None:
        """An axial slice of what is in memory; made once for each volume."""
        volume = self._session.stage_volume(scan)
        if volume is None:
            return None
        convention = self._session.link.state.convention
        known = self._thumbnails.get(scan.key)
        if known is None or known[0] is not volume or known[1] != convention:
            place = first_look(volume, in_template=scan.source in self._session.prepared)[Plane.AXIAL.through]
            index = slicing.axes_of(volume.grid).index(Plane.AXIAL.through, place)
            picture = slicing.extract(volume, Plane.AXIAL, index, convention, "left")
            levels = slicing.to_grey(picture, *default_window(picture))
            height, width = levels.shape
            image = QImage(levels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
            self._thumbnails[scan.key] = known = (volume, convention, image)
        return known[2]

    def _show_age_asked(self) -> None:
        """Asked quietly, of the scan on the stage, until it is told or waved away."""
        scan = self._session.current
        lacks = scan is not None and scan.age is None and scan.kind == "scan" and scan.key not in self._without_age
        self._age_asked.setVisible(lacks)
        if scan is not None and lacks:
            name = _breakable(scan.title)
            self.age_words.setText(f"Age is missing for {name}: enter it, or work without years.")

    def _take_age(self) -> None:
        scan, age = self._session.current, parse_number(self.age.text())
        wrong = age is None or not 0.0 <= age <= OLDEST
        mark(self.age, wrong="true" if wrong else "")
        if wrong:
            self.age_words.setText(f"Not an age between 0 and {OLDEST:g} years.")
        elif scan is not None:
            self.age.clear()
            self._session.set_age(scan.key, age)

    def _go_without_age(self) -> None:
        if self._session.current is not None:
            self._without_age.add(self._session.current.key)
        self._show_age_asked()

    def _show_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, asked in (
            ("Save the workspace as…", self.save_as_asked),
            ("Pack the workspace and its scans…", self.pack_asked),
            ("Save the notes as a table…", self.notes_asked),
        ):
            menu.addAction(words, asked.emit)
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _look(self) -> None:
        key = self._chosen_key()
        if key is not None:
            self._session.choose(key)
            self._session.set_page("preparation")

    def _reload(self) -> None:
        key = self._chosen_key()
        if key is not None:
            self._session.reload(key)

    def _show_sidecar(self) -> None:
        key = self._chosen_key()
        if key is None:
            return
        path = Path(self._session.workspace.scan(key).path)
        sidecar = sidecar_of(path)
        if sidecar is None:
            self._session.said.emit(f"{path.name} has no JSON file beside it.", "")
        else:
            self.sidecar_asked.emit(sidecar)

    def _show_refusals(self) -> None:
        """The newest sentences; the status line shows one only until the next."""
        old, refusals = self._refusals, self._session.refusals[-3:]
        self._refusals = QWidget()
        if refusals:
            section = Section("Not opened", quiet_button("Dismiss", self._dismiss))
            section.body.setContentsMargins(8, 4, 0, 4)
            for refusal in refusals:
                sign = column(2, Sign("wrong", "error"), None, spacing=0)
                sentence = refusal.sentence.replace(refusal.name, _breakable(refusal.name))
                words = row(sign, wrapped(sentence, tone="error", type="note"))
                words.setStretch(1, 1)
                section.body.addLayout(words)
            self._refusals = section
        self.body.replaceWidget(old, self._refusals)
        old.deleteLater()

    def _dismiss(self) -> None:
        for refusal in list(self._session.refusals):
            self._session.dismiss(refusal)

    def _chosen_key(self) -> str | None:
        item = self.tree.currentItem()
        key = item.data(0, KEY) if item else None
        return key if isinstance(key, str) else None

    def _on_chosen(self) -> None:
        if self.tree.held:
            return
        key = self._chosen_key()
        if key is not None and key != self._session.workspace.current:
            self._session.choose(key)

    def _close(self) -> None:
        key = self._chosen_key()
        if key is not None:
            self._session.close_scan(key)

    def _ask_age(self) -> None:
        key = self._chosen_key()
        if key is None:
            return
        scan = self._session.workspace.scan(key)
        age, given = QInputDialog.getDouble(self, "Age", f"Age at {scan.title}, years", scan.age or 60.0, 0, 120, 1)
        if given:
            self._session.set_age(key, age)


def _breakable(name: str) -> str:
    """A file's name that may go on in the next line after each of its joints."""
    return re.sub(r"[_.-](?=.)", "\\g<0>\u200b", name)


def _paint_thumbnail(painter: QPainter, image: QImage | None, left: int, middle: int) -> int:
    """At the left end of a row; returns where the rest may begin."""
    width, height = (scaled(side) for side in THUMBNAIL)
    room = QRect(left, middle - height // 2, width, height)
    painter.fillRect(room, colour("stage"))
    if image is not None:
        size = image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(QPoint(0, 0), size)
        place.moveCenter(room.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, image)
    return left + width + 8


class _Tree(QTreeWidget):
    """A scan can be dragged into a cell of Compare, or onto the axis of Time; only a click chooses it."""

    dragged = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        self.setDragEnabled(True)
        self.setDragDropMode(QTreeWidget.DragDropMode.DragOnly)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.held = True
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.held = False
        super().mouseReleaseEvent(event)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:  # noqa: N802, N803
        super().startDrag(supportedActions)
        self.held = False
        self.dragged.emit()

    def mimeData(self, items: Sequence[QTreeWidgetItem]) -> QMimeData:  # noqa: N802
        keys = [key for item in items if isinstance(key := item.data(0, KEY), str)]
        return part_data(Part("scan", keys[0])) if keys else QMimeData()


class _Rows(QStyledItemDelegate):
    """People with a caret, visits with the mark of their kind; age or state at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(100, scaled(ROW_HEIGHT if index.data(SCAN) is None else VISIT_HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        scan = index.data(SCAN)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or (state & QStyle.StateFlag.State_MouseOver and scan is not None):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("selected" if chosen else "raised"))
            painter.drawRoundedRect(QRectF(box), 5, 5)
        middle = box.center().y()
        left = box.left() + 8
        if scan is None:
            icons.paint_icon(painter, "open-branch", QRectF(left, middle - 6, 12, 12), colour("text2"))
            left += 20
        else:
            if index.parent().isValid():
                left += 22
            left = _paint_thumbnail(painter, index.data(PICTURE), left, middle)
            paint_kind_mark(painter, KINDS[scan.kind], QRectF(left, middle - 7, 14, 14), colour("text"))
            left += 22
        if index.data(WARNED):
            icons.paint_icon(painter, "warning-filled", QRectF(box.right() - 22, middle - 7, 14, 14), colour("warn"))
            box = box.adjusted(0, 0, -20, 0)
        note = str(index.data(NOTE) or "")
        face = fonts.font("body")
        metrics = QFontMetrics(face)
        painter.setFont(face)
        room = box.right() - 8 - left - (metrics.horizontalAdvance(note) + 8 if note else 0)
        name_face = fonts.medium("body") if scan is not None else face
        painter.setFont(name_face)
        painter.setPen(colour("text"))
        name_metrics, small = QFontMetrics(name_face), QFontMetrics(fonts.font("note"))
        name = name_metrics.elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, room)
        # The kind's word below the name, where it has room whatever the name's length.
        height = name_metrics.height() + (small.height() if scan is not None else 0)
        top = middle - height // 2
        painter.drawText(QRect(left, top, room, name_metrics.height()), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(colour("text2"))
        if scan is not None:
            painter.setFont(fonts.font("note"))
            below = QRect(left, top + name_metrics.height(), room, small.height())
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, scan.kind)
        painter.setFont(face)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(box.adjusted(0, 0, -8, 0), right, note)
        painter.restore()

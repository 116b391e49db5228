"""Whose scans are open: people, their visits, and the files that could not be opened."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QInputDialog,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.panels.parts import Section, label, quiet_button, row, tool_button, wrapped, years
from app.session import Session
from app.theme import fonts, icons
from app.theme.current import colour, scaled
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.style import mark
from app.theme.tokens import ROW_HEIGHT
from app.workspace.document import Scan

KEY = Qt.ItemDataRole.UserRole
SCAN = Qt.ItemDataRole.UserRole + 1
NOTE = Qt.ItemDataRole.UserRole + 2

MOST_ROWS = 14
"""More are scrolled."""

KINDS = {"scan": Kind.SCAN, "copy": Kind.COPY, "synthetic": Kind.SYNTHETIC, "unknown": Kind.SYNTHETIC}


class ScansPanel(Section):
    """The tree of people and visits; the chosen one is on the stage."""

    open_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__("Scans")
        self.add_aside(tool_button("add", "Open scans  Ctrl+O", self.open_asked.emit))
        self._session = session
        self.body.setContentsMargins(8, 8, 8, 8)
        self.title.setContentsMargins(8, 0, 0, 0)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(0)
        self.tree.setItemDelegate(_Rows(self.tree))
        self.tree.setAccessibleName("Scans")
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for words, does in (("Set age…", self._ask_age), ("Close", self._close)):
            action = QAction(words, self.tree)
            action.triggered.connect(does)
            self.tree.addAction(action)
        self.tree.currentItemChanged.connect(self._on_chosen)
        self.body.addWidget(self.tree)
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
        rows = 0
        for subject, visits in self._session.workspace.by_subject().items():
            top = QTreeWidgetItem([subject])
            top.setData(0, NOTE, visits[0].sex)
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            alone = len(visits) == 1 and not visits[0].visit
            rows += len(visits) + (not alone)
            if not alone:
                self.tree.addTopLevelItem(top)
            for scan in visits:
                among_others = scan.title if scan.counted_to else scan.visit or scan.name
                item = QTreeWidgetItem([subject if alone else among_others])
                item.setData(0, KEY, scan.key)
                item.setData(0, SCAN, scan)
                item.setData(0, NOTE, self._note(scan))
                item.setToolTip(0, str(Path(scan.path)))
                item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{scan.title}, {scan.kind}, {self._note(scan)}")
                if alone:
                    self.tree.addTopLevelItem(item)
                else:
                    top.addChild(item)
                    top.setExpanded(True)
                if scan.key == self._session.workspace.current:
                    self.tree.setCurrentItem(item)
        self.tree.blockSignals(False)
        self.tree.setFixedHeight(scaled(ROW_HEIGHT) * min(max(rows, 1), MOST_ROWS) + 4)

    def _note(self, scan: Scan) -> str:
        if self._session.is_preparing(scan):
            return "preparing" if self._session.model else "waiting"
        return "" if scan.age is None else years(scan.age)

    def _show_refusals(self) -> None:
        """The newest sentences; the status line shows one only until the next."""
        old, refusals = self._refusals, self._session.refusals[-3:]
        self._refusals = QWidget()
        if refusals:
            section = Section("Not opened", quiet_button("Dismiss", self._dismiss))
            section.body.setContentsMargins(8, 4, 0, 4)
            for refusal in refusals:
                words = row(_sign(), wrapped(refusal.sentence, tone="error", type="note"))
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


def _sign() -> QWidget:
    sign = label()
    sign.setPixmap(icons.pixmap("wrong", 14, colour("error")))
    sign.setAlignment(Qt.AlignmentFlag.AlignTop)
    return mark(sign)


class _Rows(QStyledItemDelegate):
    """People with a caret, visits with the mark of their kind; age or state at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(100, scaled(ROW_HEIGHT))

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
            paint_kind_mark(painter, KINDS[scan.kind], QRectF(left, middle - 7, 14, 14), colour("text"))
            left += 22
        note = str(index.data(NOTE) or "")
        face = fonts.font("body")
        metrics = QFontMetrics(face)
        painter.setFont(face)
        room = box.right() - 8 - left - (metrics.horizontalAdvance(note) + 8 if note else 0)
        name_face = fonts.medium("body") if scan is not None else face
        painter.setFont(name_face)
        painter.setPen(colour("text"))
        name = QFontMetrics(name_face).elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(left, box.top(), room, box.height()), Qt.AlignmentFlag.AlignVCenter, name)
        left += QFontMetrics(name_face).horizontalAdvance(name) + 8
        painter.setFont(face)
        painter.setPen(colour("text2"))
        word = scan.kind if scan is not None else ""
        if word and left + metrics.horizontalAdvance(word) < box.right() - 16 - metrics.horizontalAdvance(note):
            painter.drawText(QRect(left, box.top(), 100, box.height()), Qt.AlignmentFlag.AlignVCenter, word)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(box.adjusted(0, 0, -8, 0), right, note)
        painter.restore()

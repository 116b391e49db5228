"""Every gesture as the user wants it: choose a line, then make the gesture. What is taken is refused by name."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import bindings
from app.bindings import TABLE, Row, bindings_of, spoken
from app.panels.parts import label, quiet_button, row, wrapped
from app.settings import Settings
from app.stage import gestures
from app.theme.style import mark

HINTS = {
    "window": "Press a key, with Ctrl, Alt or Shift as you like.",
    "slice": "Press a key, or drag or turn the wheel here.",
    "3D": "Drag or turn the wheel here.",
}
WHICH = {
    "wheel through": "by wheel",
    "next slice": "next",
    "previous slice": "previous",
    "five on": "on",
    "five back": "back",
    "five left": "left",
    "five right": "right",
    "five up": "up",
    "five down": "down",
    "zoom": "by drag",
    "wheel zoom": "by wheel",
    "pinch zoom": "by pinch",
    "zoom in": "in",
    "zoom out": "out",
    "pan": "by drag",
    "pan left": "to the left",
    "pan right": "to the right",
    "pan up": "up",
    "pan down": "down",
    "layer above": "before",
    "layer below": "after",
    "hide sagittal": "sagittal",
    "hide coronal": "coronal",
    "hide axial": "axial",
    "previous point": "before",
    "next point": "after",
    "wheel points": "by wheel",
    "next part": "next",
    "previous part": "before",
}
"""What tells lines of the same words apart, where the action's own name does not say it well."""
_ALONE = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class GestureField(QLineEdit):
    """Takes the next gesture made on it."""

    made = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.where: bindings.Where = "window"
        self.setReadOnly(True)
        self.setAccessibleName("New gesture")
        self.setFixedHeight(44)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in _ALONE or event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                return super().event(event)
            if self.where != "3D":
                self.made.emit(gestures.of_key(event))
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.where != "window" and self.hasFocus():
            self.made.emit(gestures.of_press(event))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if self.where != "window":
            self.made.emit(gestures.of_wheel(event))
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.setPlaceholderText(HINTS[self.where])
        super().focusInEvent(event)


class EditKeysDialog(QDialog):
    """There is nothing to confirm: a change acts at once and is kept."""

    chosen = Signal(object)
    """The Settings as they are to be now."""

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle("Change keys")
        self.resize(620, 720)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(12)
        outer.addWidget(label("Change keys", type="title", weight="semibold"))
        self.table = QTableWidget(len(TABLE), 2)
        self.table.setAccessibleName("What the mouse and keys do")
        self.table.horizontalHeader().hide()
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        outer.addWidget(self.table, 1)
        self.field = GestureField()
        self.field.made.connect(self.take)
        outer.addWidget(self.field)
        self.sentence: QLabel = wrapped("", tone="error")
        outer.addWidget(self.sentence)
        self.none = quiet_button("No gesture", lambda: self._set(""))
        self.usual = quiet_button("As usual", lambda: self._set(None))
        every = quiet_button("All as usual", self._reset)
        close = QPushButton("Close")
        mark(close, role="primary")
        close.clicked.connect(self.accept)
        for button in (self.none, self.usual, every, close):
            if isinstance(button, QPushButton):
                button.setAutoDefault(False)
        outer.addLayout(row(self.none, self.usual, every, None, close))
        self.table.currentCellChanged.connect(lambda *_: self._on_line())
        self.table.cellActivated.connect(lambda *_: self.field.setFocus())
        self.table.setCurrentCell(0, 0)
        self._write()

    @property
    def line(self) -> Row:
        return TABLE[max(self.table.currentRow(), 0)]

    def choose(self, action: str) -> None:
        """The first line of that action."""
        self.table.setCurrentCell(next(at for at, one in enumerate(TABLE) if one.action == action), 0)

    def take(self, gesture: str) -> None:
        """The line's gesture from now on, unless it is another's."""
        kept = bindings_of(self._settings.preset, dict(self._settings.keys))
        owner = kept.owner(self.line, gesture)
        if owner is not None:
            fixed = all(one.words != owner for one in TABLE)
            way = "choose another" if fixed else "choose another, or change that one first"
            self.sentence.setText(f"{spoken(gesture)} is taken by “{owner}”: {way}.")
            return
        self._set(gesture)

    def _set(self, gestures_: str | None) -> None:
        """None: as the habits chosen have it."""
        keys = {name: value for name, value in self._settings.keys if name != self.line.name}
        if gestures_ is not None:
            keys[self.line.name] = gestures_
        self._keep(keys)

    def _reset(self) -> None:
        self._keep({})

    def _keep(self, keys: dict[str, str]) -> None:
        self._settings = replace(self._settings, keys=tuple(sorted(keys.items())))
        self.chosen.emit(self._settings)
        self._write()

    def _on_line(self) -> None:
        self.field.where = self.line.where
        self.field.setText("")
        self.field.setPlaceholderText(HINTS[self.line.where])
        self.sentence.setText("")

    def _write(self) -> None:
        kept = bindings_of(self._settings.preset, dict(self._settings.keys))
        for at, one in enumerate(TABLE):
            words = self._words(one)
            changed = "  (changed)" if one.name in kept.keys else ""
            for column, text in ((0, words + changed), (1, " · ".join(map(spoken, kept.of_row(one))))):
                self.table.setItem(at, column, QTableWidgetItem(text))
        self.sentence.setText("")
        self.field.setText(" · ".join(map(spoken, kept.of_row(self.line))))

    @staticmethod
    def _words(one: Row) -> str:
        """The line's words, with what tells it from others of the same words."""
        others = [other for other in TABLE if other.words == one.words and other is not one]
        if not others:
            return one.words
        if any(other.action == one.action for other in others):
            return one.words if one.where == "window" else f"{one.words}, on a picture"
        return f"{one.words}: {WHICH.get(one.action, one.action)}"

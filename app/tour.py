"""A guided tour over the real window: one callout after the other beside the control it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.panels.parts import label, quiet_button, row, wrapped
from app.theme.current import colour
from app.theme.focus_ring import show_whole
from app.theme.style import mark

WIDTH = 320
GAP = 14
VEIL = QColor(0, 0, 0, 120)


@dataclass(frozen=True)
class Stop:
    """``target`` finds the control as the stop is reached, None: the middle of the window; ``before`` leads there."""

    title: str
    words: str
    target: Callable[[], QWidget | None]
    before: Callable[[], object] = lambda: None


class Tour(QWidget):
    """Lies over the window; each stop's control stays free to be tried. Enter or → goes on, ← back, Esc ends it."""

    ended = Signal()

    def __init__(self, window: QWidget, stops: Sequence[Stop]) -> None:
        super().__init__(window)
        self._window = window
        self._stops, self.place = tuple(stops), 0
        self._callout = QWidget(self)
        mark(self._callout, surface="raised")
        self.title = label(type="name", weight="semibold")
        self.words = wrapped(tone="text2")
        self.count = label(tone="text3", type="note")
        self.skip = quiet_button("End the tour", self.end)
        self.back = QPushButton("Back")
        self.next = QPushButton("Next")
        mark(self.next, role="primary")
        self.back.clicked.connect(lambda _=False: self.go(-1))
        self.next.clicked.connect(lambda _=False: self.go(1))
        for button in (self.skip, self.back, self.next):
            button.installEventFilter(self)
        inside = QVBoxLayout(self._callout)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.addWidget(self.title)
        inside.addWidget(self.words)
        inside.addLayout(row(self.count, None, self.skip, self.back, self.next))
        self._callout.setFixedWidth(WIDTH)
        self.setAccessibleName("Guided tour")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        window.installEventFilter(self)
        self.setGeometry(window.rect())
        self.show()
        self.raise_()
        self._arrive()

    def go(self, by: int) -> None:
        if self.place + by >= len(self._stops):
            self.end()
        elif self.place + by >= 0:
            self.place += by
            self._arrive()

    def end(self) -> None:
        self._window.removeEventFilter(self)
        self.hide()
        self.ended.emit()
        self.deleteLater()

    def _arrive(self) -> None:
        stop = self._stops[self.place]
        stop.before()
        self.title.setText(stop.title)
        self.words.setText(stop.words)
        self.count.setText(f"{self.place + 1} of {len(self._stops)}")
        self.back.setEnabled(self.place > 0)
        last = self.place + 1 == len(self._stops)
        self.next.setText("Done" if last else "Next")
        self._callout.setAccessibleName(f"{stop.title}. {stop.words}")
        self._callout.setAccessibleDescription(self.count.text())
        target = stop.target()
        if target is not None:
            show_whole(target)
        self._lay_out()
        self.next.setFocus()

    def _hole(self) -> QRect:
        """Where the control stands in the window; empty where it is not seen."""
        target = self._stops[self.place].target()
        if target is None or not target.isVisible():
            return QRect()
        seen = QRect(target.mapTo(self._window, QPoint(0, 0)), target.size())
        at = target.parentWidget()
        while at is not None and at is not self._window:  # a scrolled panel shows only a part of what is in it
            seen &= QRect(at.mapTo(self._window, QPoint(0, 0)), at.size())
            at = at.parentWidget()
        return seen.adjusted(-4, -4, 4, 4) & self.rect() if seen.isValid() else QRect()

    def _lay_out(self) -> None:
        hole, room = self._hole(), self.rect().adjusted(8, 8, -8, -8)
        inside = self._callout.layout()
        assert inside is not None
        inside.activate()
        # The height that wrapped words need is not in a widget's size hint.
        self._callout.setFixedHeight(inside.totalHeightForWidth(WIDTH))
        size = self._callout.size()
        if hole.isEmpty():
            at = room.center() - QPoint(size.width() // 2, size.height() // 2)
        elif hole.right() + GAP + size.width() <= room.right():
            at = QPoint(hole.right() + GAP, hole.top())
        elif hole.left() - GAP - size.width() >= room.left():
            at = QPoint(hole.left() - GAP - size.width(), hole.top())
        elif hole.bottom() + GAP + size.height() <= room.bottom():
            at = QPoint(hole.left(), hole.bottom() + GAP)
        else:
            at = QPoint(hole.left(), hole.top() - GAP - size.height())
        x = min(max(at.x(), room.left()), room.right() - size.width())
        y = min(max(at.y(), room.top()), room.bottom() - size.height())
        self._callout.move(x, y)
        callout = QRect(self._callout.pos(), size)
        self.setMask(QRegion(self.rect()) - QRegion(hole.adjusted(2, 2, -2, -2)) + QRegion(callout))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), VEIL)
            hole = self._hole()
            if not hole.isEmpty():
                painter.setPen(QPen(colour("accent"), 2))
                painter.drawRect(hole.adjusted(1, 1, -1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            (focused if isinstance(focused, QPushButton) else self.next).click()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and watched is not self._window:
            by = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
            if by:  # a button would take them for the way to the next button
                self.go(by)
            return bool(by)
        if watched is self._window and event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self.setGeometry(self._window.rect())
            self._lay_out()
        return False

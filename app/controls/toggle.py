"""A switch: on or off at once, without a confirmation."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.theme import fonts
from app.theme.current import colour, scaled

WIDTH, HEIGHT, KNOB = 28, 16, 5.0
OFF = 0.42


class Toggle(QAbstractButton):
    """``text`` stands to the right of the switch; the ``toggled`` signal tells."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:  # noqa: N802
        text = self.text()
        extra = 8 + QFontMetricsF(fonts.font("body")).horizontalAdvance(text) + 2 if text else 0
        return QSize(round(WIDTH + extra), max(scaled(20), HEIGHT))

    def focus_area(self) -> tuple[QRect, int]:
        return QRect(0, (self.height() - HEIGHT) // 2, WIDTH, HEIGHT), HEIGHT // 2

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self.isEnabled():
                painter.setOpacity(OFF)
            area = QRectF(self.focus_area()[0])
            middle = area.center().y()
            if self.isChecked():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour("accent"))
                painter.drawRoundedRect(area, HEIGHT / 2, HEIGHT / 2)
                painter.setBrush(colour("ink"))
                painter.drawEllipse(QPointF(area.right() - HEIGHT / 2, middle), KNOB, KNOB)
            else:
                painter.setPen(QPen(colour("edge"), 1.0))
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), HEIGHT / 2, HEIGHT / 2)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour("text2"))
                painter.drawEllipse(QPointF(area.left() + HEIGHT / 2, middle), KNOB, KNOB)
            if self.text():
                painter.setFont(fonts.font("body"))
                painter.setPen(colour("text"))
                room = QRectF(WIDTH + 8, 0, self.width() - WIDTH - 8, self.height())
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())

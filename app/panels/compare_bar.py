"""How two volumes are laid over each other, and by how much: in the tool bar of Compare."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QSlider, QWidget

from app.controls.segmented import Segmented
from app.panels.parts import label, row
from app.session import Session
from app.theme.current import current
from app.theme.scaled_size import keep_scaled
from app.workspace.document import Comparison, Mode

MODES: dict[str, Mode] = {
    "Side by side": "side by side",
    "Wipe": "wipe",
    "Flicker": "flicker",
    "Fade": "fade",
    "Checker": "checkerboard",
}
AMOUNTS: dict[Mode, tuple[str, str]] = {
    "wipe": ("divider", "Divider"),
    "flicker": ("rate", "Rate"),
    "fade": ("fade", "Fade"),
    "checkerboard": ("squares", "Squares"),
}
# The slider counts steps of a hundredth of the width or opacity, and tenths of a turn a second.
RANGES = {"divider": (0, 100, 100.0), "rate": (5, 40, 10.0), "fade": (0, 100, 100.0), "squares": (2, 24, 1.0)}


LONG, SHORT = 120, 56


class CompareBar(QWidget):
    """Arrows move the slider, and with it the divider."""

    moved = Signal(object)
    """The Comparison while the slider is held; the document gets it when it is let go."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._narrow = 0
        self.modes = Segmented(tuple(MODES))
        self.modes.setAccessibleName("How to compare")
        self.modes.chosen.connect(lambda word: session.compare(mode=MODES[word]))
        self._name = label(tone="text2")
        self.amount = QSlider(Qt.Orientation.Horizontal)
        self.amount.setPageStep(10)
        self.value = label(weight="medium")
        keep_scaled(self.value, 52)
        self._still = label("Motion is reduced: Space turns", tone="text2")
        self.setLayout(row(self.modes, 8, self._still, self._name, self.amount, self.value))
        self.amount.valueChanged.connect(self._take)
        self.amount.sliderReleased.connect(lambda: self._take(self.amount.value()))
        session.document_changed.connect(self.refresh)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.refresh()

    def set_narrow(self, narrow: int) -> None:
        """1: a short slider without its name, where there is no room; 2: without its value too."""
        if narrow != self._narrow:
            self._narrow = narrow
            self.refresh()

    def refresh(self) -> None:
        comparison = self._session.workspace.comparison
        self.modes.choose(next(word for word, mode in MODES.items() if mode == comparison.mode))
        still = comparison.mode == "flicker" and current().reduced_motion
        moves = comparison.laid_over and not still
        self._still.setVisible(still)
        self.amount.setVisible(moves)
        self.value.setVisible(moves and self._narrow < 2)
        self._name.setVisible(moves and not self._narrow)
        self.amount.setFixedWidth(SHORT if self._narrow else LONG)
        if comparison.laid_over:
            field, words = AMOUNTS[comparison.mode]
            low, high, scale = RANGES[field]
            self.amount.blockSignals(True)
            self.amount.setRange(low, high)
            self.amount.setValue(round(getattr(comparison, field) * scale))
            self.amount.blockSignals(False)
            self._name.setText(words)
            self.show_amount(comparison)

    def show_amount(self, comparison: Comparison) -> None:
        field, _ = AMOUNTS[comparison.mode]
        value: float = getattr(comparison, field)
        text = (
            f"{value:.1f} Hz" if field == "rate" else f"{value:.0f}" if field == "squares" else f"{value * 100:.0f} %"
        )
        self.value.setText(text)
        self.amount.setAccessibleName(f"{AMOUNTS[comparison.mode][1]}, {text}")
        self.amount.setToolTip(text)

    def _take(self, steps: int) -> None:
        comparison = self._session.workspace.comparison
        if not comparison.laid_over:
            return
        field, _ = AMOUNTS[comparison.mode]
        value = {field: steps if field == "squares" else steps / RANGES[field][2]}
        if self.amount.isSliderDown():
            held = replace(comparison, **value)  # type: ignore[arg-type]
            self.show_amount(held)
            self.moved.emit(held)
        else:
            self._session.compare(**value)

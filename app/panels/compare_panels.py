"""The right side of Compare: how the change map is drawn, what lies at the crosshair, what each cell holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QRadioButton, QSlider, QWidget

from app.compare_pictures import ComparePictures
from app.controls.colour_bar import ColourBar
from app.panels.parts import KindMark, Section, clear, label, tool_button, wrapped
from app.panels.readout_bar import value_text, voxel_of
from app.session import Session
from app.stage.view_state import ViewState
from app.theme.kinds import Kind
from app.theme.style import mark
from app.theme.tokens import number, parse_number, signed
from app.workspace.document import Comparison, Part

STEPS = 1000
MINUS_WORDS = (
    ("copy", "synthetic − copy", "the edit alone"),
    ("scan", "synthetic − scan", "includes the reconstruction error"),
)
AMOUNTS = (("threshold", "Threshold", 0.0, 0.25), ("limit", "Limits", 0.02, 1.0), ("strength", "Strength", 0.0, 1.0))
LEAST_ABOVE_THRESHOLD = 0.01


class MapPanel(Section):
    """Threshold, limits and strength of every change map, and what it is counted from."""

    def __init__(self, session: Session) -> None:
        super().__init__("Change map")
        self._session = session
        self.minus: dict[str, QRadioButton] = {}
        for minus, words, note in MINUS_WORDS:
            button = QRadioButton(words)
            button.setAccessibleDescription(note)
            button.clicked.connect(lambda _=False, minus=minus: session.compare(minus=minus))
            self.body.addWidget(button)
            under = label(note, tone="text3", type="note")
            under.setContentsMargins(22, 0, 0, 2)
            self.body.addWidget(under)
            self.minus[minus] = button
        self._bar = ColourBar()
        self.body.addWidget(self._bar)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        self.amounts: dict[str, _Amount] = {}
        for place, (field, words, low, high) in enumerate(AMOUNTS):
            amount = _Amount(words, low, high, "%" if field == "strength" else "", self._taker(field))
            grid.addWidget(label(words), place, 0)
            grid.addWidget(amount.slider, place, 1)
            grid.addWidget(amount.field, place, 2)
            self.amounts[field] = amount
        self.body.addLayout(grid)
        words = "In the model’s units, 0 to 1. Below the threshold nothing is drawn."
        self.body.addWidget(wrapped(words, tone="text3", type="note"))
        session.link.changed.connect(self._on_view)
        session.document_changed.connect(self._show_minus)
        self._show(session.link.state)
        self._show_minus()

    def _taker(self, field: str) -> Callable[[float], None]:
        return lambda value: self._take(field, value)

    def _take(self, field: str, value: float) -> None:
        link = self._session.link
        fields: dict[str, Any] = {field: value}
        overlay = replace(link.state.overlay, **fields)
        if field == "limit":
            overlay = replace(overlay, threshold=min(overlay.threshold, value - LEAST_ABOVE_THRESHOLD))
        elif field == "threshold":
            overlay = replace(overlay, limit=max(overlay.limit, value + LEAST_ABOVE_THRESHOLD))
        link.change(overlay=overlay)

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if now.overlay != before.overlay:
            self._show(now)

    def _show(self, view: ViewState) -> None:
        for field, amount in self.amounts.items():
            amount.show_value(getattr(view.overlay, field))
        self._bar.set_scale(round(view.overlay.threshold, 2), round(view.overlay.limit, 2))

    def _show_minus(self) -> None:
        self.minus[self._session.workspace.comparison.minus].setChecked(True)


class _Amount:
    """A slider and a field for one number."""

    def __init__(self, name: str, low: float, high: float, unit: str, take: Callable[[float], None]) -> None:
        self._low, self._high, self._unit, self._take = low, high, unit, take
        self._value = low
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setSingleStep(STEPS // 100)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setAccessibleName(name)
        self.field = QLineEdit()
        self.field.setAccessibleName(name)
        self.field.setFixedWidth(58)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.slider.valueChanged.connect(lambda step: take(low + (high - low) * step / STEPS))
        self.field.editingFinished.connect(self._take_typed)

    def show_value(self, value: float) -> None:
        self._value = value
        self.slider.blockSignals(True)
        self.slider.setValue(round((value - self._low) / (self._high - self._low) * STEPS))
        self.slider.blockSignals(False)
        mark(self.field, wrong="")
        self.field.setText(self._text(value))

    def _text(self, value: float) -> str:
        return f"{value * 100:.0f} %" if self._unit else number(value, 3)

    def _take_typed(self) -> None:
        value = parse_number(self.field.text())
        if value is None:
            mark(self.field, wrong="true")
        elif self.field.text() != self._text(self._value):
            self._take(min(max(value / 100 if self._unit else value, self._low), self._high))
            self.show_value(self._value)  # what was typed may lie outside what can be taken


class CrosshairPanel(Section):
    """The value of every volume of the visit on the stage, and of the differences between them."""

    def __init__(self, session: Session, pictures: ComparePictures) -> None:
        super().__init__("At the crosshair")
        self.add_aside(tool_button("copy", "Copy as text", self._copy))
        self._session, self._pictures = session, pictures
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(8)
        self._rows.setVerticalSpacing(6)
        self._rows.setColumnStretch(1, 1)
        self.body.addLayout(self._rows)
        self._labels: list[tuple[str, Any]] = []
        self._names: list[tuple[Kind, str]] = []
        session.link.changed.connect(self._on_view)
        pictures.changed.connect(self.refresh)
        self.refresh()

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if now.crosshair != before.crosshair:
            self.refresh()

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each row."""
        return [(name, value.text()) for name, value in self._labels]

    def refresh(self) -> None:
        if self._session.workspace.page != "compare":
            return
        values = self._values()
        names = [(kind, name) for kind, name, _ in values]
        if names != self._names:
            self._names = names
            self._stand(names)
        for (_, cell), (_, _, text) in zip(self._labels, values, strict=True):
            cell.setText(text)

    def _values(self) -> list[tuple[Kind, str, str]]:
        point = self._session.link.state.crosshair
        rows: list[tuple[Kind, str, str]] = []
        for key in dict.fromkeys(part.key for part in self._session.workspace.comparison.parts):
            at: dict[str, float] = {}
            title = ""
            for what in ("scan", "copy", "synthetic"):
                seen = self._pictures.seen(Part(what, key))
                if seen is None or seen.volume is None or (what == "synthetic" and seen.kind is Kind.COPY):
                    continue
                index = voxel_of(seen.volume, point)
                title = seen.title
                name = ", ".join(words for words in (title, seen.kind.word, seen.age) if words)
                if index is None:
                    rows.append((seen.kind, name, "outside"))
                    continue
                at[what] = float(seen.volume.data[index])
                rows.append((seen.kind, name, value_text(at[what])))
            for one, other, note in (("synthetic", "copy", ""), ("copy", "scan", ", error")):
                if one in at and other in at:
                    name = ", ".join(words for words in (title, f"{one} − {other}{note}") if words)
                    rows.append((Kind.CHANGE, name, signed(at[one] - at[other], 3)))
        return rows

    def _stand(self, names: list[tuple[Kind, str]]) -> None:
        clear(self._rows)
        self._labels = []
        for place, (kind, name) in enumerate(names):
            value = label(weight="semibold")
            self._rows.addWidget(KindMark(kind, 13), place, 0)
            self._rows.addWidget(wrapped(name, tone="text2"), place, 1)
            self._rows.addWidget(value, place, 2, Qt.AlignmentFlag.AlignRight)
            self._labels.append((name, value))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(f"{name}\t{value}" for name, value in self.rows))


class CellsPanel(Section):
    """What each cell holds: scan, copy, synthetic or change map of any visit."""

    def __init__(self, session: Session, pictures: ComparePictures) -> None:
        super().__init__("Cells")
        self._session, self._pictures = session, pictures
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self.body.addLayout(self._grid)
        self.pickers: dict[str, QComboBox] = {}
        self._names: dict[str, QWidget] = {}
        self._offered: list[tuple[str, Part]] = []
        for place, field in enumerate(("first", "second", "beside")):
            picker = QComboBox()
            picker.setMinimumWidth(120)
            picker.activated.connect(lambda index, field=field: self._take(field, index))
            self._names[field] = label(tone="text2")
            self._grid.addWidget(self._names[field], place, 0)
            self._grid.addWidget(picker, place, 1)
            self.pickers[field] = picker
        session.document_changed.connect(self.refresh)
        pictures.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        comparison = self._session.workspace.comparison
        offered = self._offers()
        if offered != self._offered:
            self._offered = offered
            for picker in self.pickers.values():
                picker.clear()
                picker.addItems([words for words, _ in offered])
        for field, picker in self.pickers.items():
            part = getattr(comparison, field)
            index = next((place for place, (_, offer) in enumerate(offered) if offer == part), -1)
            if picker.currentIndex() != index:
                picker.setCurrentIndex(index)
            words = _place_words(field, comparison)
            for widget in (picker, self._names[field]):
                widget.setVisible(bool(words))
            self._names[field].setText(words)  # type: ignore[attr-defined]
            picker.setAccessibleName(f"Cell, {words}")

    def _offers(self) -> list[tuple[str, Part]]:
        workspace = self._session.workspace
        keys: list[str | None] = [None, *(scan.key for scan in workspace.scans if scan.key != workspace.current)]
        offers = []
        for key in keys:
            for what in ("scan", "copy", "synthetic", "change"):
                part = Part(what, key)
                seen = self._pictures.seen(part)
                if seen is not None:
                    kind = {"change": "change map"}.get(what, what)
                    words = " ".join(word for word in (kind.capitalize(), seen.age) if word)
                    offers.append((f"{seen.scan.title}: {words}" if key else words, part))
        return offers

    def _take(self, field: str, index: int) -> None:
        self._session.compare(**{field: self._offered[index][1]})


def _place_words(field: str, comparison: Comparison) -> str:
    """Where the part is seen; empty: nowhere in this mode."""
    if not comparison.laid_over:
        return {"first": "Left", "second": "Right"}.get(field, "")
    return {"first": "Left", "second": "Over it", "beside": "Right"}[field]

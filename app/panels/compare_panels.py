"""The right side of Compare: how change maps are drawn, what lies at the crosshair, what each cell holds, regions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QRadioButton, QSlider, QToolButton

from app.compare_pictures import ComparePictures, Seen
from app.controls.colour_bar import ColourBar
from app.controls.segmented import Segmented
from app.panels.parts import KindMark, Section, clear, label, tool_button, wrapped
from app.panels.readout_bar import value_text, voxel_of
from app.region_volumes import RegionVolumes, decimals_for, region_words
from app.session import Session
from app.stage.slice_pane import KEYS
from app.stage.view_state import ViewState
from app.theme import icons
from app.theme.kinds import Kind
from app.theme.scaled_size import keep_scaled
from app.theme.style import mark
from app.theme.tokens import number, parse_number, signed
from app.workspace.document import CELLS, PARTS, Comparison, Part
from engine.volume import Volume

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
            amount.slider.sliderReleased.connect(self._keep)
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

    def _taker(self, field: str) -> Callable[[float, bool], None]:
        return lambda value, done: self._take(field, value, done)

    def _take(self, field: str, value: float, done: bool) -> None:
        """``done`` false while a slider is held: what it comes to is one step of undo."""
        link = self._session.link
        fields: dict[str, Any] = {field: value}
        overlay = replace(link.state.overlay, **fields)
        if field == "limit":
            overlay = replace(overlay, threshold=min(overlay.threshold, value - LEAST_ABOVE_THRESHOLD))
        elif field == "threshold":
            overlay = replace(overlay, limit=max(overlay.limit, value + LEAST_ABOVE_THRESHOLD))
        link.change(overlay=overlay)
        if done:
            self._keep()

    def _keep(self) -> None:
        self._session.view_steps.keep("Change map", "overlay")

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

    def __init__(self, name: str, low: float, high: float, unit: str, take: Callable[[float, bool], None]) -> None:
        self._name, self._low, self._high, self._unit, self._take = name, low, high, unit, take
        self._value = low
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setSingleStep(STEPS // 100)
        self.slider.setPageStep(STEPS // 10)
        self.field = QLineEdit()
        self.field.setAccessibleName(name)
        keep_scaled(self.field, 58)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.slider.valueChanged.connect(
            lambda step: take(low + (high - low) * step / STEPS, not self.slider.isSliderDown())
        )
        self.field.editingFinished.connect(self._take_typed)

    def show_value(self, value: float) -> None:
        self._value = value
        self.slider.blockSignals(True)
        self.slider.setValue(round((value - self._low) / (self._high - self._low) * STEPS))
        self.slider.blockSignals(False)
        mark(self.field, wrong="")
        self.field.setText(self._text(value))
        self.slider.setAccessibleName(f"{self._name}, {self._text(value)}")  # Qt would read the slider's own steps

    def _text(self, value: float) -> str:
        return f"{value * 100:.0f} %" if self._unit else number(value, 3)

    def _take_typed(self) -> None:
        value = parse_number(self.field.text())
        if value is None:
            mark(self.field, wrong="true")
        elif self.field.text() != self._text(self._value):
            self._take(min(max(value / 100 if self._unit else value, self._low), self._high), True)
            self.show_value(self._value)  # what was typed may lie outside what can be taken


class CrosshairPanel(Section):
    """The value of every volume in the cells, and of the differences between them."""

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
        apart = self._in_cells_of_their_own()
        rows: list[tuple[Kind, str, str]] = []
        for seen in (*self._pictures.read(), *self._pictures.differences()):
            volume = seen.read
            assert volume is not None
            index = voxel_of(volume, point)
            word = "" if seen.kind is Kind.CHANGE else seen.kind.word
            where = "at the shared crosshair" if any(volume is other for other in apart) else ""
            name = ", ".join(words for words in (seen.title, word, seen.age, where) if words)
            value = float(volume.data[index]) if index is not None else 0.0
            text = signed(value, 3) if seen.kind is Kind.CHANGE and seen.two_sided else value_text(value)
            rows.append((seen.kind, name, "outside" if index is None else text))
        return rows

    def _in_cells_of_their_own(self) -> list[Volume]:
        """What cells show whose crosshair is not the one that is read at."""
        comparison = self._session.workspace.comparison
        parts = [comparison.parts[place] for cell, place in enumerate(comparison.places) if cell in comparison.own]
        found = [self._pictures.seen(part) for part in parts]
        return [seen.read for seen in found if seen is not None and seen.read is not None]

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
    """What each cell holds, and whether it follows the window's view."""

    def __init__(self, session: Session, pictures: ComparePictures) -> None:
        super().__init__("Cells")
        self._session, self._pictures = session, pictures
        self.shapes = Segmented(tuple(CELLS))
        self.shapes.setAccessibleName("How many cells")
        self.shapes.chosen.connect(lambda word: session.compare(shape=word))
        self.add_aside(self.shapes)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self.body.addLayout(self._grid)
        self.pickers: list[QComboBox] = []
        self.links: list[QToolButton] = []
        self._names: list[QLabel] = []
        self._offered: list[tuple[str, Part]] = []
        for place in range(len(PARTS)):
            picker = QComboBox()
            picker.setMinimumWidth(120)
            picker.activated.connect(lambda index, place=place: self._take(place, index))
            link = tool_button("link", "Linked", partial(self._toggle_link, place), checkable=True)
            name = label(tone="text2")
            for at, widget in enumerate((name, picker, link)):
                self._grid.addWidget(widget, place, at)
            self._names.append(name)
            self.pickers.append(picker)
            self.links.append(link)
        words = "Drag a scan or a kept state onto a cell."
        self.body.addWidget(wrapped(words, tone="text3", type="note"))
        session.document_changed.connect(self.refresh)
        pictures.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        comparison = self._session.workspace.comparison
        self.shapes.choose(comparison.shape)
        offered = self._pictures.offers()
        if offered != self._offered:
            self._offered = offered
            for picker in self.pickers:
                picker.clear()
                picker.addItems([words for words, _ in offered])
        parts = [part for _, part in offered]
        for place, picker in enumerate(self.pickers):
            part = comparison.parts[place]
            index = parts.index(part) if part in parts else -1
            if picker.currentIndex() != index:
                picker.setCurrentIndex(index)
            words = _place_words(place, comparison)
            for widget in (picker, self._names[place]):
                widget.setVisible(bool(words))
            self._names[place].setText(words)
            picker.setAccessibleName(f"Cell, {words}")
            picker.setToolTip(picker.currentText())
            cell = comparison.places.index(place) if place in comparison.places else None
            link = self.links[place]
            link.setVisible(cell is not None)
            linked = cell not in comparison.own
            link.setChecked(linked)
            link.setIcon(icons.icon("link" if linked else "unlinked"))
            link.setAccessibleName(f"{words}, {'linked' if linked else 'has its own view'}")
            link.setToolTip(
                "Crosshair, zoom and window of all cells" if linked else "Its own crosshair, zoom and window"
            )

    def _take(self, place: int, index: int) -> None:
        comparison = self._session.workspace.comparison
        self._session.compare(parts=comparison.with_part(place, self._offered[index][1]).parts)

    def _toggle_link(self, place: int) -> None:
        comparison = self._session.workspace.comparison
        cell = comparison.places.index(place)
        own = {number: view for number, view in comparison.own.items() if number != cell}
        if cell not in comparison.own:
            view, seen = self._session.link.state, self._pictures.seen(comparison.parts[place])
            own[cell] = replace(view, window=view.window_of(KEYS[seen.kind])) if seen is not None else view
        self._session.compare(own=own)


def _place_words(place: int, comparison: Comparison) -> str:
    """Where the part is seen; empty: nowhere in this mode."""
    if comparison.laid_over and place == 1:
        return "Over it"
    if place not in comparison.places:
        return ""
    cell = comparison.places.index(place)
    return ("Left", "Right")[cell] if comparison.shape == "1×2" else f"Cell {cell + 1}"


class RegionsPanel(Section):
    """How large each region is in the first two volumes of the cells, and by how much that differs."""

    def __init__(self, session: Session, pictures: ComparePictures, regions: RegionVolumes) -> None:
        super().__init__("Regions, ml", label("template space", tone="text2"))
        self.add_aside(tool_button("copy", "Copy as text", self._copy))
        self._session, self._pictures, self._regions = session, pictures, regions
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self.body.addLayout(self._grid)
        self._words = wrapped(tone="text3", type="note")
        self.body.addWidget(self._words)
        self.rows: list[tuple[str, ...]] = []
        session.document_changed.connect(self.refresh)
        pictures.changed.connect(self.refresh)
        regions.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        if self._session.workspace.page != "compare":
            return
        pair = self._first_two()
        found = [self._regions.of(seen.volume) if seen.final else None for seen in pair]
        rows = table_of(_heads(pair), found) if len(pair) == 2 else []
        if self._regions.unknown_to_model:
            self._words.setText("This model measures no regions.")
        elif not rows:
            self._words.setText("Being measured." if len(pair) == 2 else "Needs two volumes in the cells.")
        else:
            words = f"{pair[0].name} against {pair[1].name}."
            error = [seen.kind is Kind.SCAN for seen in pair].count(True) == 1
            words += " The change includes the copy’s error." if error else ""
            self._words.setText(f"{words[:1].upper()}{words[1:]} Millilitres in a brain of the template’s size.")
        if rows != self.rows:
            self.rows = rows
            clear(self._grid)
            for place, row_words in enumerate(rows):
                for at, words in enumerate(row_words):
                    tone = "text2" if at == 0 or place == 0 else ""
                    align = Qt.AlignmentFlag.AlignRight if at else Qt.AlignmentFlag.AlignLeft
                    self._grid.addWidget(label(words, tone=tone, type="note" if place == 0 else ""), place, at, align)

    def _first_two(self) -> list[Seen]:
        """In the order of the cells; a map is no volume to be measured."""
        volumes: dict[int, Seen] = {}
        for part in self._session.workspace.comparison.seen:
            seen = self._pictures.seen(part)
            if seen is not None and seen.volume is not None and seen.kind is not Kind.CHANGE:
                volumes.setdefault(id(seen.volume), seen)
        return list(volumes.values())[:2]

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in self.rows))


def _heads(pair: Sequence[Seen]) -> list[str]:
    """What the two columns are: by their kinds, their ages, or their order."""
    for words in ([seen.kind.word for seen in pair], [seen.age for seen in pair]):
        if all(words) and len(set(words)) == len(pair):
            return words
    return ["first", "second"]


def table_of(heads: Sequence[str], found: Sequence[Mapping[str, float] | None]) -> list[tuple[str, ...]]:
    """A head and a row for each region: both volumes, their difference, and that in per cent of the first."""
    if found[0] is None or found[1] is None:
        return []
    first, second = found[0], found[1]
    rows: list[tuple[str, ...]] = [("", *heads, "change", "%")]
    for region in first:
        if region not in second:
            continue
        change = second[region] - first[region]
        share = signed(100 * change / first[region], 1) if first[region] else "–"
        places = decimals_for(region)
        figures = (number(first[region], places), number(second[region], places), signed(change, places), share)
        rows.append((region_words(region), *figures))
    return rows

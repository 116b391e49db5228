"""Which points lie between and beyond the visits, how done each is, the curve's figures, and the held-out check."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.controls.segmented import Segmented
from app.controls.toggle import Toggle
from app.held_out import HeldOut
from app.panels.parts import KindMark, Section, clear, label, line, row, wrapped, years
from app.session import Session
from app.stage.view_state import ViewState
from app.theme.kinds import Kind
from app.theme.style import mark
from app.theme.tokens import number, parse_number, signed, steps_words
from app.time_pictures import AT_CROSSHAIR, Point, TimePictures
from app.time_player import TimePlayer
from app.time_points import TimePoints
from app.workspace.document import Scan
from app.workspace.timeline import OLDEST

MOST_POINTS = 6
BEYOND = 2.5
"""Years, to begin with."""
ENDS = {"Scans": "scan", "Copies": "copy"}
EQUAL, TYPED = "Equal steps", "Typed ages"


class TimelinePanel(QWidget):
    def __init__(
        self, session: Session, pictures: TimePictures, player: TimePlayer, points: TimePoints, held_out: HeldOut
    ) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.places = PlacesSection(session, pictures, points)
        self.curve = CurveSection(session, pictures)
        self.held_out = HeldOutSection(session, held_out)
        self.points = PointsSection(session, pictures, player, points)
        for part in (self.places, line(), self.points, line(), self.curve, line(), self.held_out):
            layout.addWidget(part)


class PlacesSection(Section):
    """Where the points lie, and what the visits show."""

    def __init__(self, session: Session, pictures: TimePictures, points: TimePoints) -> None:
        self._who = label(tone="text2")
        super().__init__("Timeline", self._who)
        self._session, self._pictures, self._points = session, pictures, points
        self._wrong = ""
        self.steps = Segmented((EQUAL, TYPED))
        self.steps.setAccessibleName("Between the visits")
        self.steps.chosen.connect(self._take_steps)
        self.count = QSpinBox()
        self.count.setRange(1, MOST_POINTS)
        self.count.setAccessibleName("Points between two visits")
        self.count.valueChanged.connect(lambda count: session.set_timeline(f"{count} points between", points=count))
        self.ages = QLineEdit()
        self.ages.setAccessibleName("Ages in years, separated by spaces")
        self.ages.setPlaceholderText("64  66.5  70")
        self.ages.editingFinished.connect(self._take_ages)
        self.beyond = Toggle("Go beyond the visits")
        self.beyond.clicked.connect(lambda on: points.set_beyond(BEYOND if on else 0.0))
        self.by = QDoubleSpinBox()
        self.by.setRange(0.5, 20.0)
        self.by.setSingleStep(0.5)
        self.by.setDecimals(1)
        self.by.setSuffix(" y")
        self.by.setValue(BEYOND)
        self.by.setKeyboardTracking(False)
        self.by.setAccessibleName("Years beyond the visits")
        self.by.valueChanged.connect(points.set_beyond)
        self.ends = Segmented(tuple(ENDS), {"Scans": Kind.SCAN, "Copies": Kind.COPY})
        self.ends.setAccessibleName("Visits show")
        self.ends.chosen.connect(lambda word: session.show_film(ends=ENDS[word]))
        self._hint = wrapped(tone="text3", type="note")
        self.body.addWidget(label("Between visits", tone="text2"))
        self.body.addLayout(row(self.steps, None, self.count))
        self.body.addWidget(self.ages)
        self.body.addWidget(self._hint)
        self.body.addWidget(label("Visits show", tone="text2"))
        self.body.addLayout(row(self.ends, None))
        self.body.addLayout(row(self.beyond, None, self.by))
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        workspace, scan = self._session.workspace, self._session.current
        self._who.setText(_who(workspace.visits or ((scan,) if scan else ())))
        self.setEnabled(bool(workspace.visits))
        typed, dated = self._points.are_typed, self._points.dated
        self.steps.choose(TYPED if typed else EQUAL)
        self.steps.setEnabled(dated)
        for field, value in ((self.count, workspace.points), (self.by, workspace.beyond or self.by.value())):
            field.blockSignals(True)
            field.setValue(value)  # type: ignore[arg-type]
            field.blockSignals(False)
        self.count.setVisible(not typed)
        self.ages.setVisible(typed)
        self.ages.setEnabled(dated)
        if not self.ages.hasFocus() or not self.ages.isModified():
            self.ages.setText("  ".join(number(age, 1) for age in self._points.ages))
            self._wrong = ""
        self.beyond.setVisible(not typed)
        self.by.setVisible(not typed)
        self.beyond.setEnabled(dated)
        self.beyond.setChecked(bool(workspace.beyond))
        self.by.setEnabled(bool(workspace.beyond))
        self._show_hint()

    def _show_hint(self) -> None:
        mark(self.ages, wrong="true" if self._wrong else "")
        mark(self._hint, tone="error" if self._wrong else "text3")
        self._hint.setText(self._wrong or self._about_ages())

    def _about_ages(self) -> str:
        ages = [spot.age for spot in self._pictures.spots if spot.visit is not None]
        if None in ages:
            return "The age at a visit is not known: set it in the list of scans."
        if len({*ages}) < len(ages):
            return f"{'Both' if len(ages) == 2 else 'Several'} visits have one age: set it in the list of scans."
        return "Drag a point along the axis, or double-click there to add one."

    def _take_steps(self, word: str) -> None:
        if word == TYPED:
            self._points.set_typed(self._points.ages)
        else:
            self._points.set_equal()

    def _take_ages(self) -> None:
        if not self.ages.isModified():
            return
        words = self.ages.text().replace(";", " ").replace(", ", " ").split()
        typed = {word: parse_number(word) for word in words if word not in ("y", "years")}
        ages = [age for age in typed.values() if age is not None]
        unread = [word for word, age in typed.items() if age is None]
        if unread:
            self._wrong = f"“{unread[0]}” is no age: type years, separated by spaces. The points stay as they were."
        elif any(not 0.0 <= age <= OLDEST for age in ages):
            self._wrong = f"Ages go from 0 to {OLDEST:.0f} years: type others. The points stay as they were."
        else:
            self._wrong = ""
            self.ages.setModified(False)
            self._points.set_typed(ages)
            self.refresh()
        self._show_hint()


def duration(seconds: float) -> str:
    """As one says it: "a few seconds", "about 40 s", "about 3 min"."""
    if seconds < 7.5:
        return "a few seconds"
    return f"about {round(seconds / 5) * 5} s" if seconds < 90 else f"about {round(seconds / 60)} min"


class PointsSection(Section):
    """All points; the chosen one in the accent."""

    def __init__(self, session: Session, pictures: TimePictures, player: TimePlayer, points: TimePoints) -> None:
        super().__init__("Points")
        self._session, self._pictures, self._player, self._points = session, pictures, player, points
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(12)
        self._grid.setColumnStretch(2, 1)
        self.body.addLayout(self._grid)
        self._empty = wrapped("Add a second visit of this person to see time.", tone="text2")
        self.body.addWidget(self._empty)
        self.expected = wrapped(tone="text2", type="note")
        self.body.addWidget(self.expected)
        self._times: list[QLabel] = []
        self._shown: list[tuple[object, ...]] = []
        pictures.changed.connect(self.refresh)
        player.changed.connect(self._mark_chosen)
        self.refresh()

    def refresh(self) -> None:
        points = self._pictures.points
        self._empty.setVisible(not points)
        self._show_expected()
        shown: list[tuple[object, ...]] = [(point.kind, _time(point), state_words(point)) for point in points]
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._grid)
        self._times = []
        for place, point in enumerate(points):
            time = label(_time(point), weight="semibold")
            self._times.append(time)
            self._grid.addWidget(KindMark(point.kind), place, 0)
            self._grid.addWidget(time, place, 1)
            self._grid.addWidget(label(point.kind.word, tone="text2"), place, 2)
            state = label(state_words(point), tone="text2", type="note")
            self._grid.addWidget(state, place, 3, Qt.AlignmentFlag.AlignRight)
        self._mark_chosen()

    def _show_expected(self) -> None:
        """How long it will take, before it has begun and until it is done."""
        count, seconds = self._pictures.to_be_made, self._pictures.seconds_left
        what = "1 picture" if count == 1 else f"{count} pictures"
        self.expected.setVisible(count > 0 and seconds is not None)
        if seconds is not None:
            model = self._session.model
            where = f" on this computer ({model.device})" if model is not None else ""
            self.expected.setText(f"{what} to be made, {duration(seconds)}{where}.")

    def _mark_chosen(self) -> None:
        for place, time in enumerate(self._times):
            tone = "accent" if place == self._player.chosen else ""
            if time.property("tone") != tone:
                mark(time, tone=tone)


class CurveSection(Section):
    """What the curve is of, and its figures from the first visit to the last."""

    def __init__(self, session: Session, pictures: TimePictures) -> None:
        super().__init__("Curve", label("template space", tone="text2"))
        self._session, self._pictures = session, pictures
        self.measure = QComboBox()
        self.measure.setAccessibleName("Measure of the curve")
        # Its longest entry would make the panel wider than its place.
        self.measure.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.measure.setMinimumContentsLength(12)
        self.measure.activated.connect(lambda index: session.show_film(measure=self.measure.itemData(index)))
        self.body.addWidget(self.measure)
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(0, 1)
        self.body.addLayout(self._grid)
        words = "The dashed line runs through the copies, so that the step from scan to model is not read as change."
        self.body.addWidget(wrapped(words, tone="text3", type="note"))
        self.figures: list[tuple[str, str]] = []
        session.document_changed.connect(self.refresh)
        session.link.changed.connect(self._on_view)
        pictures.changed.connect(self.refresh)
        self.refresh()

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if now.crosshair != before.crosshair and self._session.workspace.film.measure == AT_CROSSHAIR:
            self.refresh()

    def refresh(self) -> None:
        if self._session.workspace.page != "time":
            return
        measures, chosen = self._pictures.measures, self._session.workspace.film.measure
        if [self.measure.itemData(place) for place in range(self.measure.count())] != list(measures):
            self.measure.clear()
            for measure, title in measures.items():
                self.measure.addItem(title, measure)
        self.measure.setCurrentIndex(self.measure.findData(chosen))
        figures = self._figures(chosen)
        if figures != self.figures:
            self.figures = figures
            clear(self._grid)
            for place, (words, value) in enumerate(figures):
                self._grid.addWidget(label(words, tone="text2"), place, 0)
                self._grid.addWidget(label(value, weight="semibold"), place, 1, Qt.AlignmentFlag.AlignRight)

    def _figures(self, measure: str) -> list[tuple[str, str]]:
        points = self._pictures.points
        visits = [place for place, point in enumerate(points) if point.scan is not None]
        values, copies = self._pictures.values(measure), self._pictures.through_copies(measure)
        if len(visits) < 2:
            return []
        start, end = visits[0], visits[-1]
        first, last = values[start], values[end]
        if first is None or last is None:
            return []
        unit = self._pictures.unit_of(measure)
        decimals = 1 if unit else 3
        rows = [("From visit to visit", f"{signed(last - first, decimals)} {unit}".rstrip())]
        age, other = points[start].age, points[end].age
        if age is not None and other is not None and other > age:
            rows.append(("A year", f"{signed((last - first) / (other - age), decimals + 1)} {unit}".rstrip()))
        errors = [
            signed(copy - value, decimals)
            for value, copy in ((first, copies[start]), (last, copies[end]))
            if copy is not None
        ]
        if errors and self._session.workspace.film.ends == "scan":
            rows.append(("Copies less their scans", f"{' and '.join(errors)} {unit}".rstrip()))
        return rows


class HeldOutSection(Section):
    """A middle visit hidden: predicted beside acquired, one number, one map."""

    def __init__(self, session: Session, held_out: HeldOut) -> None:
        super().__init__("Held-out check")
        self._session, self._held_out = session, held_out
        self.visit = QComboBox()
        self.visit.setAccessibleName("Visit to hide")
        self.visit.activated.connect(lambda _: self.refresh())
        self.check = QPushButton("Hide and predict")
        self.check.clicked.connect(lambda _=False: self._run(held_out.check))
        self.show_it = QPushButton("Show beside the scan")
        self.show_it.clicked.connect(lambda _=False: self._run(held_out.show))
        self.words = wrapped(tone="text2")
        self.body.addWidget(self.visit)
        self.body.addLayout(row(self.check, None))
        self.body.addLayout(row(self.show_it, None))
        self.body.addWidget(self.words)
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        held_out.changed.connect(self.refresh)
        self.refresh()

    def _key(self) -> str | None:
        key = self.visit.currentData()
        return key if isinstance(key, str) else None

    def _run(self, does: object) -> None:
        key = self._key()
        if key is not None and callable(does):
            does(key)

    def refresh(self) -> None:
        offered = [(_visit_words(scan), scan.key) for scan in self._held_out.candidates]
        if [(self.visit.itemText(at), self.visit.itemData(at)) for at in range(self.visit.count())] != offered:
            chosen = self._key()
            self.visit.clear()
            for item in offered:
                self.visit.addItem(*item)
            self.visit.setCurrentIndex(max(self.visit.findData(chosen), 0))
        key = self._key()
        found = self._held_out.found(key) if key is not None else None
        self.visit.setVisible(key is not None)
        self.check.setVisible(key is not None and found is None)
        self.show_it.setVisible(found is not None)
        self.check.setEnabled(not self._held_out.is_running())
        if key is None:
            self.words.setText("Needs three visits: hide the middle one and compare.")
        elif found is None:
            running = self._held_out.is_running()
            self.words.setText(
                "Being made from its neighbours." if running else "Made from the visits before and after."
            )
        else:
            copy = f", its own copy by {found.copy:.4f}" if found.copy is not None else ""
            self.words.setText(
                f"Predicted and acquired differ by {found.predicted:.4f} on average{copy}, "
                f"the visit before by {found.unchanged:.4f}."
            )


def _who(visits: Sequence[Scan]) -> str:
    """The person, or the people who were joined on one timeline."""
    subjects = list(dict.fromkeys(scan.subject for scan in visits))
    sex = visits[0].sex if len(subjects) == 1 else ""
    return ", ".join(part for part in (" and ".join(subjects), sex) if part)


def _visit_words(scan: Scan) -> str:
    return f"{scan.visit_title}, {years(scan.age)}" if scan.age is not None else scan.visit_title


def _time(point: Point) -> str:
    return years(point.age) if point.age is not None else point.name


def state_words(point: Point) -> str:
    """ "final, 20 steps", the visit's name, or that it waits."""
    if point.scan is not None and not point.is_made:
        return point.scan.visit_title
    if point.picture is None:
        return "waiting"
    return f"{point.picture.reply.quality}, {steps_words(point.picture.reply.calls)}"

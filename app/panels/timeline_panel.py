"""Which points lie between the two visits, and how done each is."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from app.controls.segmented import Segmented
from app.panels.measures_panel import unit_sign
from app.panels.parts import KindMark, Section, clear, label, line, row, wrapped, years
from app.session import Session
from app.theme.kinds import Kind
from app.theme.style import mark
from app.theme.tokens import signed
from app.time_pictures import Point, TimePictures
from app.time_player import TimePlayer

MOST_POINTS = 6
MEASURE = "age"
ENDS = {"Scans": "scan", "Copies": "copy"}


class TimelinePanel(QWidget):
    def __init__(self, session: Session, pictures: TimePictures, player: TimePlayer) -> None:
        super().__init__()
        self._session, self._pictures, self._player = session, pictures, player
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._who = label(tone="text2")
        settings = Section("Timeline", self._who)
        self.count = QSpinBox()
        self.count.setRange(1, MOST_POINTS)
        self.count.setAccessibleName("Points between the visits")
        self.count.valueChanged.connect(session.set_points)
        settings.body.addLayout(row(label("Points between visits, equal steps", tone="text2"), None, self.count))
        settings.body.addWidget(label("Ends show", tone="text2"))
        self.ends = Segmented(tuple(ENDS), {"Scans": Kind.SCAN, "Copies": Kind.COPY})
        self.ends.setAccessibleName("Ends show")
        self.ends.chosen.connect(lambda word: session.show_film(ends=ENDS[word]))
        settings.body.addLayout(row(self.ends, None))
        self._settings = settings
        points = Section("Points")
        self._points = QGridLayout()
        self._points.setHorizontalSpacing(8)
        self._points.setVerticalSpacing(12)
        self._points.setColumnStretch(2, 1)
        points.body.addLayout(self._points)
        self._empty = wrapped("Add a second visit of this person to see time.", tone="text2")
        points.body.addWidget(self._empty)
        curve = Section("Curve", label("template space", tone="text2"))
        self._curve = QGridLayout()
        self._curve.setVerticalSpacing(10)
        self._curve.setColumnStretch(0, 1)
        curve.body.addLayout(self._curve)
        words = (
            "What the model reads from each column. The dashed line runs through the copies, so that the step from "
            "scan to model is not read as change."
        )
        curve.body.addWidget(wrapped(words, tone="text3", type="note"))
        self._curve_section = curve
        for part in (settings, line(), points, line(), curve):
            layout.addWidget(part)
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        pictures.changed.connect(self.refresh)
        player.changed.connect(self._mark_chosen)
        self.refresh()

    def refresh(self) -> None:
        scan = self._session.current
        self._who.setText(", ".join(part for part in (scan.subject, scan.sex) if part) if scan else "")
        self.count.blockSignals(True)
        self.count.setValue(self._session.workspace.points)
        self.count.blockSignals(False)
        points = self._pictures.points
        self._settings.setEnabled(bool(points))
        self._empty.setVisible(not points)
        self.ends.choose(next(word for word, ends in ENDS.items() if ends == self._session.workspace.film.ends))
        clear(self._points)
        self._times: list[QLabel] = []
        for place, point in enumerate(points):
            time = label(self._time(point), weight="semibold")
            self._times.append(time)
            self._points.addWidget(KindMark(point.kind), place, 0)
            self._points.addWidget(time, place, 1)
            self._points.addWidget(label(point.kind.word, tone="text2"), place, 2)
            self._points.addWidget(label(state_words(point), tone="text2", type="note"), place, 3)
        self._mark_chosen()
        self._show_curve(points)

    def _mark_chosen(self) -> None:
        for place, time in enumerate(self._times):
            tone = "accent" if place == self._player.chosen else ""
            if time.property("tone") != tone:
                mark(time, tone=tone)

    def _time(self, point: Point) -> str:
        return years(point.age) if point.age is not None else point.name

    def _show_curve(self, points: list[Point]) -> None:
        values = self._pictures.values(MEASURE)
        clear(self._curve)
        if not points or values[0] is None or values[-1] is None:
            self._curve_section.setVisible(False)
            return
        self._curve_section.setVisible(True)
        direction = next(d for d in self._session.directions if d.name == MEASURE)
        change, unit = values[-1] - values[0], unit_sign(direction.unit)
        rows = [(f"{direction.label} read, from visit to visit", f"{signed(change)} {unit}")]
        first, last = points[0].age, points[-1].age
        if first is not None and last is not None and last > first:
            rows.append((f"{direction.label} read, a year", f"{signed(change / (last - first), 2)} {unit}"))
        for place, (words, value) in enumerate(rows):
            self._curve.addWidget(label(words, tone="text2"), place, 0)
            self._curve.addWidget(label(value, weight="semibold"), place, 1)


def state_words(point: Point) -> str:
    """ "final, 20 steps", the visit's name, or that it waits."""
    if point.kind is Kind.SCAN and point.scan is not None:
        return point.scan.visit or point.scan.name
    if point.picture is None:
        return "waiting"
    return f"{point.picture.reply.quality}, {point.picture.reply.calls} steps"

"""What was looked at in a scan's preparation, what was done, and what the user says to it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.panels.parts import Sign, clear, column, label, line, quiet_button, row, wrapped, years
from app.preparation_check import PreparationCheck
from app.session import Session
from app.theme.scaled_size import keep_scaled
from app.theme.style import mark
from app.theme.tokens import parse_number
from engine.service.messages import Check

OLDEST = 120.0
MASKS = "Masks (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img);;All files (*)"
COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


class ChecksPanel(QWidget):
    """The checks, warnings first; below them what can be done by hand, and the answer."""

    def __init__(self, session: Session, check: PreparationCheck) -> None:
        super().__init__()
        mark(self, surface="panel")
        self._session, self._check = session, check
        self.title = label(type="title", weight="semibold")
        self.summary = wrapped(tone="text2")
        self.problem = wrapped(tone="error")
        self._checks = QVBoxLayout()
        self._checks.setSpacing(0)
        self.age = QLineEdit()
        keep_scaled(self.age, 72)
        self.age.setPlaceholderText("years")
        self.age.setAccessibleName("Age at this scan, years")
        self.age.editingFinished.connect(self._take_age)
        self.age_words = wrapped(tone="text2")
        self._steps = QVBoxLayout()
        self._steps.setSpacing(4)
        self.stripped = QCheckBox("The skull is already removed")
        self.registered = QCheckBox("It already lies in MNI space")
        for box in (self.stripped, self.registered):
            box.clicked.connect(lambda _=False: self._redo())
        self.mask_words = wrapped(tone="text2")
        self.other_mask = QPushButton("Take a mask file…")
        self.other_mask.clicked.connect(lambda _=False: self._choose_mask())
        self.no_mask = quiet_button("Without it", lambda: self._redo_with(None))
        self.question = label("Do the lines follow the brain?", type="name", weight="semibold")
        self.yes = QPushButton("Yes, use this scan")
        mark(self.yes, role="primary")
        self.yes.clicked.connect(lambda _=False: check.accept())
        self.no = quiet_button("Not this one", check.refuse)
        self.no.setToolTip("Takes the scan out of the workspace; its file stays as it is")
        inside = QWidget()
        mark(inside, surface="panel")
        parts = column(
            self.title,
            self.summary,
            self.problem,
            4,
            self._checks,
            row(label("Age", weight="medium"), None, self.age),
            self.age_words,
            4,
            line(),
            4,
            label("What was done", weight="semibold"),
            self._steps,
            4,
            line(),
            4,
            label("By hand", weight="semibold"),
            wrapped("Where a step failed, say what is true of this file: it is prepared again.", tone="text2"),
            self.stripped,
            self.registered,
            self.mask_words,
            row(self.other_mask, self.no_mask, None),
            None,
        )
        parts.setContentsMargins(16, 12, 16, 16)
        inside.setLayout(parts)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        answer = column(self.question, row(self.yes, self.no, None))
        answer.setContentsMargins(16, 12, 16, 16)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(area, 1)
        outer.addWidget(line())
        outer.addLayout(answer)
        self.setAccessibleName("Preparation")
        check.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        scan = self._check.scan
        if scan is None:
            return
        checks = sorted(self._check.checks(scan), key=lambda check: not check.warning)
        warned = sum(check.warning for check in checks)
        self.title.setText(_title(len(checks), warned, self._check.problem))
        passed = len(checks) - warned
        words = f"{_count(passed)} check{'s' if passed != 1 else ''} passed"
        words += f", {_count(warned).lower()} {'warns' if warned == 1 else 'warn'}" if warned else ""
        self.summary.setText(f"{words}." if checks else "")
        self.problem.setText(self._check.problem)
        self.problem.setVisible(bool(self._check.problem))
        clear(self._checks)
        for check in checks:
            self._checks.addWidget(CheckRow(check))
        clear(self._steps)
        prepared = self._session.prepared.get(scan.source)
        for step in prepared.reply.steps if prepared else ():
            self._steps.addWidget(wrapped(step[:1].upper() + step[1:], tone="text2"))
        if not self.age.hasFocus():
            self.age.setText("" if scan.age is None else f"{scan.age:g}")
        sex = f", {scan.sex}" if scan.sex else ""
        missing = f"Age is missing for {scan.title}: enter it, or work without it."
        self.age_words.setText(missing if scan.age is None else f"{years(scan.age)}{sex}.")
        self.stripped.setChecked(scan.stripped is True)
        self.registered.setChecked(scan.registered is True)
        self.mask_words.setText(f"Mask: {Path(scan.mask).name}" if scan.mask else "")
        for part in (self.mask_words, self.no_mask):
            part.setVisible(scan.mask is not None)
        self.yes.setEnabled(bool(checks))

    def _take_age(self) -> None:
        scan = self._check.scan
        text = self.age.text().strip()
        age = parse_number(text)
        wrong = bool(text) and (age is None or not 0.0 <= age <= OLDEST)
        mark(self.age, wrong="true" if wrong else "")
        if wrong:
            self.age_words.setText(f"Not an age between 0 and {OLDEST:g} years.")
        elif scan is not None:
            self._session.set_age(scan.key, age)

    def _choose_mask(self) -> None:
        scan = self._check.scan
        folder = str(Path(scan.path).parent) if scan else ""
        name, _ = QFileDialog.getOpenFileName(self, "A mask of the brain", folder, MASKS)
        if name:
            self._redo_with(name)

    def _redo(self) -> None:
        scan = self._check.scan
        self._redo_with(scan.mask if scan else None)

    def _redo_with(self, mask: str | None) -> None:
        stripped, registered = (box.isChecked() or None for box in (self.stripped, self.registered))
        self._check.redo(stripped, registered, mask)


class CheckRow(QWidget):
    """A sign, the name, pass or warn, and one sentence."""

    def __init__(self, check: Check) -> None:
        super().__init__()
        name = check.name[:1].upper() + check.name[1:]
        verdict = "warn" if check.warning else "pass"
        sign = Sign("warning-filled", "warn", 16) if check.warning else Sign("passed", "text2", 16)
        words = column(
            row(label(name, weight="semibold"), None, label(verdict, tone="warn" if check.warning else "text2")),
            wrapped(check.sentence, tone="text2"),
            spacing=2,
        )
        inside = row(column(sign, None), words, spacing=12)
        inside.setContentsMargins(8, 8, 8, 8)
        self.setLayout(column(inside, line(), spacing=0))
        if check.warning:
            mark(self, surface="raised")
        self.setAccessibleName(f"{name}, {verdict}: {check.sentence}")


def _title(checks: int, warned: int, problem: str) -> str:
    if problem:
        return "It could not be prepared"
    if not checks:
        return "Being prepared"
    if warned == 0:
        return "Every check passed"
    return f"{_count(warned)} thing{'s' if warned > 1 else ''} to look at"


def _count(number: int) -> str:
    return COUNTS[number] if number < len(COUNTS) else str(number)

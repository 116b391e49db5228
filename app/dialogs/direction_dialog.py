"""A direction of one's own, fitted to a column of a cohort's table by ``main.py probe``, which says how good it is."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import platformdirs
from PySide6.QtCore import QProcess, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.parts import label, row, wrapped
from app.theme.style import mark

MAIN = Path(__file__).resolve().parents[2] / "main.py"
STOP_MS = 1000
"""What has not ended by then is killed; files are written whole or not at all."""


class DirectionDialog(QDialog):
    """Closing it while it works stops the program; nothing is left then."""

    fitted = Signal(str)
    """What it found, in a sentence; the direction is among the sliders once the model is loaded again."""

    def __init__(self, bundle: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._bundle = bundle
        self._process: QProcess | None = None
        self.setWindowTitle("Own direction")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(12)
        outer.addWidget(label("A direction of your own", type="title", weight="semibold"))
        words = (
            "A slider for what a table says of people, say a test score or a diagnosis. It is fitted to the codes of "
            "their scans, and judged on people it was not fitted to."
        )
        outer.addWidget(wrapped(words, tone="text2"))
        self.table = QLineEdit()
        self.table.setAccessibleName("participants.tsv of a BIDS folder")
        self.table.textChanged.connect(self._read_columns)
        choose = QPushButton("Choose…")
        choose.setAccessibleName("Choose the table")
        choose.clicked.connect(lambda _=False: self._choose())
        self.column, self.name, self.unit = QComboBox(), QLineEdit(), QLineEdit()
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        fields = (("participants.tsv", self.table), ("Column", self.column), ("Called", self.name), ("Unit", self.unit))
        for place, (title, field) in enumerate(fields):
            field.setAccessibleName(title)
            grid.addWidget(label(title), place, 0)
            grid.addWidget(field, place, 1)
        grid.addWidget(choose, 0, 2)
        outer.addLayout(grid)
        self.sentence = wrapped("Choose the participants.tsv of a BIDS folder.", tone="text2")
        outer.addWidget(self.sentence)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.hide()
        outer.addWidget(self.bar)
        cancel, self.start = QPushButton("Cancel"), QPushButton("Fit")
        mark(self.start, role="primary")
        self.start.setEnabled(False)
        cancel.clicked.connect(self.reject)
        self.start.clicked.connect(lambda _=False: self._start())
        outer.addLayout(row(None, cancel, self.start))
        self.setMinimumWidth(540)
        self.finished.connect(lambda _: self._stop())

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Choose the table", "", "Tables (*.tsv);;All files (*)")
        if name:
            self.table.setText(name)

    def _read_columns(self) -> None:
        columns = columns_of(Path(self.table.text()))
        self.column.clear()
        self.column.addItems(columns)
        self.start.setEnabled(bool(columns))
        there = "Choose the column, and what the slider is to be called."
        self._say(there if columns else f"{Path(self.table.text()).name} has no column participant_id: choose another.")

    def _say(self, sentence: str, tone: str = "text2") -> None:
        mark(self.sentence, tone=tone)
        self.sentence.setText(sentence)

    def words(self) -> list[str]:
        """The command that is run."""
        name = self.name.text().strip() or self.column.currentText()
        plain = "".join(letter if letter.isalnum() else "-" for letter in name)
        place = platformdirs.user_data_path("neurolapse") / "fitted" / f"{plain}.safetensors"
        words = ["probe", "--participants", self.table.text(), "--column", self.column.currentText(), "--name", name]
        words += ["--unit", self.unit.text().strip()] if self.unit.text().strip() else []
        words += ["--bundle", self._bundle] if self._bundle else []
        return [*words, "--json", "-o", str(place)]

    def _start(self) -> None:
        words = self.words()
        Path(words[-1]).parent.mkdir(parents=True, exist_ok=True)
        self._process = QProcess(self)
        self._process.readyReadStandardError.connect(self._on_words)
        self._process.finished.connect(self._on_finished)
        self._process.start(sys.executable, [str(MAIN), *words])
        self.start.setEnabled(False)
        self.bar.show()
        self._say("Reading the table")

    def _on_words(self) -> None:
        if self._process is None:
            return
        lines = bytes(self._process.readAllStandardError().data()).decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        if said:
            self._say(f"{said[-1][:1].upper()}{said[-1][1:]}")

    def _on_finished(self, code: int) -> None:
        process, self._process = self._process, None
        self.bar.hide()
        self.start.setEnabled(True)
        if process is None:
            return
        if code != 0:
            mark(self.sentence, tone="error")
            return
        scores = told(bytes(process.readAllStandardOutput().data()))
        self.accept()
        self.fitted.emit(scores)

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            if not process.waitForFinished(STOP_MS):
                process.kill()
                process.waitForFinished(STOP_MS)


def columns_of(table: Path) -> list[str]:
    """The columns beside ``participant_id``; none where there is no such table."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file, delimiter="\t"), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
    return [name for name in names if name != "participant_id"] if "participant_id" in names else []


def told(output: bytes) -> str:
    """The command's JSON as a sentence."""
    try:
        found = json.loads(output)
        scores = ", ".join(f"{name} {value:.2f}" for name, value in found["scores"].items())
        chance = f", by chance {found['permutation_p']:.3f}"
        return f"{found['label']}: fitted to {found['people']} people ({scores}{chance})."
    except (ValueError, KeyError, TypeError, AttributeError):
        return "The direction is there."

"""Which volumes of the edit, and which forms of the timeline, are written, and where."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.age_words import age_words
from app.controls.elided_label import ElidedLabel
from app.edit_pictures import EditPictures
from app.panels.parts import KindMark, Scrolled, Sign, clear, column, label, line, quiet_button, row, wrapped, years
from app.places import folder_for
from app.session import CANCELLED, DEMO, Session, grid_edge
from app.theme import icons
from app.theme.kinds import Kind
from app.theme.style import mark
from app.theme.tokens import signed
from app.workspace.bids import DERIVATIVES, dataset_of, derivative_path, free_derivative, stem
from app.workspace.document import Scan
from app.workspace.export_names import (
    DIFFERENCES,
    TIMELINE,
    Form,
    Moved,
    bids_label,
    file_name,
    files_of,
    numbered,
    point_label,
    state_name,
    taken,
    written_words,
)
from app.workspace.export_sizes import BRAIN_ALONE, FRAME_BYTES, MODEL_BYTES, native_megabytes
from app.workspace.notes import sidecar_of
from app.workspace.timeline import Spot, spots
from engine.errors import NeurolapseError
from engine.service.messages import Export, ExportTimeline

Existing = Literal["New number", "Replace", "Leave out"]
# Of a film, a frame; a table has a line for each.
FRAME_MEGABYTES = {"gif": 0.25, "mp4": 0.1, "csv": 0.0001}
NATIVE: tuple[Form, ...] = ("change", "plain", "bids", "timelinebids")
REQUESTED: dict[Form, Literal["plain", "minus copy", "minus scan"]] = {
    "plain": "plain",
    "difference": "minus copy",
    "missed": "minus scan",
}
"""What the engine calls them; all others are the change form."""
LANE = "export"
MARKED = (
    "Every file says “synthetic”: a volume in its header and its sidecar, a film on each frame that was not acquired, "
    "a table in its column of kinds. This cannot be switched off."
)


@dataclass(frozen=True)
class Target:
    """One file to be written."""

    form: Form
    path: Path
    megabytes: float
    spot: Spot | None = None
    """The point of the timeline, of forms that write a file for each."""


class Veil(QWidget):
    """Darkens the window behind a dialog."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setGeometry(window.rect())
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 168))


class ExportDialog(QDialog):
    """Stays open until everything is written or something goes wrong; then it says what, and nothing is lost."""

    written = Signal(object)
    """The paths."""
    picture_asked = Signal()
    png_asked = Signal()
    command_asked = Signal()

    def __init__(self, session: Session, pictures: EditPictures, scan: Scan, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle("Export")
        self._session, self._scan = session, scan
        self._edit = pictures.edit
        self._visits = session.workspace.visits
        self._spots = spots(session.workspace, session.age_of)
        self._bundled = Path(scan.path).is_relative_to(DEMO)
        self._dataset = None if self._bundled else dataset_of(Path(scan.path))
        self._writing = self._closed = False
        self._now: Target | None = None
        self._left: list[Target] = []
        self._done: list[Target] = []
        self.folder = QLineEdit(str(folder_for(Path(scan.path))))
        self.folder.setAccessibleName("Folder")
        self.folder.textChanged.connect(self._refresh)
        self.existing = QComboBox()
        self.existing.setAccessibleName("Files that exist")
        self.existing.addItems(["New number", "Replace", "Leave out"])
        self.existing.currentTextChanged.connect(self._refresh)
        self._free = label(tone="text2", type="note")
        self._problem = wrapped(tone="error")
        self._files = QWidget()
        self._files_grid = QGridLayout(self._files)
        self._count = label(tone="text2")
        self.choices: dict[Form, QCheckBox] = {}
        self._chosen = self._choose()
        inside = QWidget()
        inside.setLayout(column(self._chosen, line(), self._list(), None, spacing=0))
        self._scrolled = Scrolled(inside, parent)
        self.setLayout(column(self._head(), line(), self._scrolled, line(), self._foot(), spacing=0))
        self.setMinimumWidth(840)
        self._refresh()

    # Layout

    def _head(self) -> QWidget:
        kind = Kind.COPY if self._edit.is_zero else Kind.SYNTHETIC
        close = QPushButton()
        close.setIcon(icons.icon("close"))
        mark(close, role="quiet")
        close.setAccessibleName("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        words = label(f"{self._scan.title}, {kind.word}{self._moved()}", tone="text2")
        title = label("Export", type="title", weight="semibold")
        return _padded(row(title, 8, KindMark(kind), words, None, close), 24, 10)

    def _choose(self) -> QWidget:
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(label("Volumes", tone="text2"))
        left.addSpacing(4)
        model = self._session.model
        edge = f"{grid_edge(model):.1f} mm" if model else ""
        change, difference = "scan + (synthetic − copy), on the scan’s own grid", "synthetic − copy, signed"
        if model is not None and model.carried and not self._edit.semantic_only:
            change = "the scan’s own tissue moved as the edit says, on its own grid"
        if self._edit.is_zero:
            change, difference = "the scan itself: nothing is moved", "nothing is moved"
        forms: tuple[tuple[Form, str, str], ...] = (
            ("change", "Native, change form", change),
            ("plain", "Native, plain", "the synthetic brain alone, at model resolution"),
            ("model", "Model space", f"on the model’s grid, {edge}"),
            ("difference", "Change map", difference),
            ("missed", "Change map from the scan", "synthetic − scan, with the reconstruction error"),
            ("bids", "BIDS derivative", self._bids_note()),
        )
        for form, words, note in forms:
            left.addWidget(self._choice(form, words))
            about = label(note, tone="text2", type="note")
            about.setContentsMargins(22, 0, 0, 8)
            left.addWidget(about)
        left.addWidget(label(f"Timeline: {self._timeline_words()}", tone="text2"))
        left.addSpacing(4)
        encoder = has_encoder()
        mp4 = "Film, MP4" if encoder else "Film, MP4: no H.264 encoder on this computer"
        lies_in = self._dataset is not None and all(dataset_of(Path(v.path)) == self._dataset for v in self._visits)
        able = {"mp4": encoder, "timelinebids": lies_in}
        words_of = ("Volumes in one 4D file", "BIDS derivatives, one for each point", "Film, GIF", mp4, "Measures, CSV")
        for form, words in zip(TIMELINE, words_of, strict=True):
            left.addWidget(self._choice(form, words))
            self.choices[form].setEnabled(bool(self._visits) and able.get(form, True))
        left.addStretch(1)
        self.choices["difference"].setEnabled(not self._edit.is_zero)
        self.choices["bids"].setEnabled(self._dataset is not None)
        in_time = bool(self._visits) and self._session.workspace.page == "time"
        self.choices["timeline4d" if in_time else "model" if self._edit.is_zero else "change"].setChecked(True)
        for box in self.choices.values():
            box.toggled.connect(self._refresh)
        choose = QPushButton("Choose…")
        choose.setAutoDefault(False)
        choose.clicked.connect(self._ask_folder)
        right = column(
            label("Folder", tone="text2"),
            row(self.folder, choose),
            self._free,
            8,
            row(label("Files that exist", tone="text2"), self.existing, None),
            8,
            row(Sign("held", "text", 15), label("Always marked", weight="semibold"), None, spacing=6),
            wrapped(MARKED, tone="text2"),
            None,
            spacing=6,
        )
        body = QHBoxLayout()
        body.setSpacing(24)
        body.addLayout(left, 0)
        body.addWidget(line(vertical=True))
        body.addLayout(right, 1)
        return _padded(body, 24, 18)

    def _choice(self, form: Form, words: str) -> QCheckBox:
        box = self.choices[form] = QCheckBox(words)
        mark(box, weight="medium")
        return box

    def _timeline_words(self) -> str:
        if not self._visits:
            return "needs a second visit of this person"
        first, last = self._spots[0].age, self._spots[-1].age
        points = f"{len(self._spots)} points"
        return points if first is None or last is None else f"{points}, {years(first)} to {years(last)}"

    def _bids_note(self) -> str:
        if self._dataset is not None:
            return f"native, change form, below {self._dataset.name}/{DERIVATIVES.as_posix()}"
        return "the demonstration is part of the program" if self._bundled else "the scan lies in no BIDS dataset"

    def _list(self) -> QWidget:
        self._files_grid.setContentsMargins(0, 0, 0, 0)
        self._files_grid.setHorizontalSpacing(16)
        self._files_grid.setVerticalSpacing(10)
        self._files_grid.setColumnStretch(1, 1)
        head = row(label("Files to be written", weight="semibold"), None, self._count)
        return _padded(column(head, 4, self._files, self._problem), 24, 16)

    def _foot(self) -> QWidget:
        self._cancel = QPushButton("Cancel")
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(self.reject)
        self.write = QPushButton("Write")
        mark(self.write, role="primary")
        self.write.setDefault(True)
        self.write.clicked.connect(self._write)
        picture = quiet_button("Copy picture", self.picture_asked.emit, "copy")
        save = quiet_button("Save PNG…", self.png_asked.emit, "save")
        command = quiet_button("Copy command line", self.command_asked.emit, "copy")
        for button in (picture, save, command):
            button.setAutoDefault(False)
        says = label("Research use only. Written whole or not at all.", tone="text2", type="note")
        foot = column(row(picture, save, command, None), row(says, None, self._cancel, self.write))
        return _padded(foot, 24, 14)

    # What is to be written

    def targets(self) -> list[Target]:
        """The files as the dialog stands now."""
        folder = Path(self.folder.text()).expanduser()
        shown = [self._shown(name, change) for name, change in self._edit.changes]
        done = {target.spot for target in self._done if target.spot is not None}
        result = []
        for form, box in self.choices.items():
            if not box.isChecked():
                continue
            for spot in self._points(form):
                scan = self._visits[0] if self._visits and form in TIMELINE else self._scan
                path, free = self._place(form, scan, folder, shown) if spot is None else self._place_of(spot)
                if spot in done or (taken(path) and self.existing.currentText() == "Leave out"):
                    continue
                path = path if self.existing.currentText() == "Replace" else free
                result.append(Target(form, path, self._megabytes(form), spot))
        return result

    def _points(self, form: Form) -> Sequence[Spot | None]:
        """What ``form`` writes a file of: the whole, or each point that is made."""
        return [spot for spot in self._spots if spot.visit is None] if form == "timelinebids" else [None]

    def _place_of(self, spot: Spot) -> tuple[Path, Path]:
        assert self._dataset is not None
        others = [other.fraction for other in self._spots if other.first == spot.first]
        place = Path(spot.first.path), self._dataset, point_label(spot.fraction, others)
        return derivative_path(*place), free_derivative(*place)

    def _place(self, form: Form, scan: Scan, folder: Path, shown: list[Moved]) -> tuple[Path, Path]:
        """Where ``form`` is written, and where if something of that name must stay."""
        if form == "bids" and self._dataset is not None:
            place = Path(scan.path), self._dataset, bids_label(shown, self._edit.held)
            return derivative_path(*place), free_derivative(*place)
        path = folder / file_name(stem(scan.name), form, state_name(shown))
        return path, numbered(path)

    def _shown(self, direction: str, change: float) -> Moved:
        """No name claims an age that only the model has read."""
        if direction == "age" and self._scan.age is None:
            return Moved(direction, change, by=True)
        return Moved(direction, (self._session.zero_of(direction, self._scan) or 0.0) + change)

    def _moved(self) -> str:
        change = self._edit["age"]
        age = self._session.age_of(self._scan, change)
        words = [age_words(age, change), signed(change) if change and age is not None else ""]
        return "".join(f", {word}" for word in words if word)

    def _megabytes(self, form: Form) -> float:
        frames = len(self._spots)
        if form in FRAME_MEGABYTES:
            return frames * FRAME_MEGABYTES[form]
        model = self._session.model
        if form in NATIVE or model is None:
            return native_megabytes(self._scan) * (BRAIN_ALONE if form == "plain" else 1)
        voxels = model.shape[0] * model.shape[1] * model.shape[2]
        return voxels * (frames * FRAME_BYTES if form == "timeline4d" else MODEL_BYTES) / 1e6

    def _kind(self, form: Form) -> Kind:
        if form in DIFFERENCES:
            return Kind.CHANGE
        return Kind.COPY if self._edit.is_zero and form not in TIMELINE else Kind.SYNTHETIC

    def _problem_with(self, folder: Path, targets: list[Target]) -> str:
        if not folder.is_dir():
            return f"Folder {folder.name or folder} does not exist: choose another."
        if not os.access(folder, os.W_OK):
            return f"Folder {folder.name or folder} cannot be written to: choose another."
        for target in targets:
            for file in files_of(target.path):
                if any(same_place(file, source) for source in self._sources()):
                    return f"{file.name} is open here and is never overwritten: choose New number, or another folder."
        needed, free = sum(target.megabytes for target in targets), shutil.disk_usage(folder).free / 1e6
        if needed > free:
            room = f"{needed:.0f} MB needed, {free:.0f} MB free"
            return f"No room in folder {folder.name or folder}: {room}; nothing was written."
        return ""

    def _sources(self) -> list[Path]:
        """Every file that is open, and what came with it."""
        workspace = self._session.workspace
        places = [scan.path for scan in workspace.scans] + [file.path for file in workspace.overlays]
        sources = [Path(place) for place in places] + [Path(scan.mask) for scan in workspace.scans if scan.mask]
        return sources + [beside for source in sources if (beside := sidecar_of(source)) is not None]

    def _planned(self, folder: Path) -> tuple[list[Target], str]:
        """What is to be written, and what stands against it; drives of scan and folder may have gone meanwhile."""
        try:
            targets = self.targets()
            return targets, self._problem_with(folder, targets)
        except NeurolapseError as error:
            return [], str(error)
        except OSError as error:
            return [], f"Folder {folder.name or folder} cannot be read ({error.strerror or error}): choose another."

    def _refresh(self) -> None:
        if self._writing:
            return
        folder = Path(self.folder.text()).expanduser()
        targets, problem = self._planned(folder)
        mark(self.folder, wrong="true" if problem else "false")
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._free.setText("" if problem else f"{shutil.disk_usage(folder).free / 1e9:.0f} GB free")
        clear(self._files_grid)
        for place, target in enumerate(targets):
            exists = taken(target.path)
            self._files_grid.addWidget(KindMark(self._kind(target.form)), place, 0)
            name = ElidedLabel(target.path.name + ("  + .json" if target.path.name.endswith(".nii.gz") else ""))
            name.setToolTip(str(target.path))
            where = QWidget()
            where.setLayout(column(name, *self._elsewhere(target.path.parent, folder), spacing=0))
            self._files_grid.addWidget(where, place, 1)
            self._files_grid.addWidget(label(_size(target.megabytes), tone="text2"), place, 2)
            word = label("replaces a file" if exists else "new", tone="warn" if exists else "text2")
            self._files_grid.addWidget(word, place, 3)
        count = len(targets)
        plural = "file" if count == 1 else "files"
        self._count.setText(f"{count} {plural}, about {sum(target.megabytes for target in targets):.1f} MB")
        self.write.setText(f"Write {count} {plural}")
        self.write.setEnabled(count > 0 and not problem)
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        """As tall as what is to be seen, as far as the screen goes."""
        self.resize(self.width(), self.sizeHint().height())

    def _elsewhere(self, place: Path, folder: Path) -> list[QWidget]:
        """A derivative goes into its dataset, whatever ``folder`` is chosen for the rest."""
        if self._dataset is None or place == folder:
            return []
        within = place.relative_to(self._dataset.parent).as_posix()
        return [label(f"in {within}", tone="text2", type="note")]

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder", self.folder.text())
        if folder:
            self.folder.setText(folder)

    # Writing

    def _write(self) -> None:
        self._left, problem = self._planned(Path(self.folder.text()).expanduser())
        if problem:
            self._stop(problem)
            return
        self._set_writing(True)
        self.write.setText("Writing…")
        self._next()

    def _set_writing(self, writing: bool) -> None:
        """While files are written, nothing of what was chosen can be changed."""
        self._writing = writing
        self._chosen.setEnabled(not writing)
        self.write.setEnabled(not writing)

    def _next(self) -> None:
        if not self._left:
            self.accept()
            return
        self._now = self._left.pop(0)
        self._session.export(self._request(self._now), self._one_written, self._failed)

    def _request(self, target: Target) -> Export | ExportTimeline:
        number, path = self._session.client.next_id(), str(target.path)
        below = str(self._dataset / DERIVATIVES) if self._dataset else ""
        if (spot := target.spot) is not None:
            first, second = (replace(scan.source, age=scan.age) for scan in (spot.first, spot.second))
            return Export(
                number,
                LANE,
                first,
                path,
                second=second,
                fraction=spot.fraction,
                seed=self._edit.seed,
                space="native",
                dataset=below,
            )
        if target.form in TIMELINE and self._visits:
            workspace = self._session.workspace
            visits = tuple(replace(scan.source, age=scan.age) for scan in self._visits)
            ends, rate = workspace.film.ends, workspace.film.rate
            made = [spot.age for spot in self._spots if spot.visit is None and spot.age is not None]
            uneven = workspace.beyond or self._visits[0].person in workspace.typed
            ages = tuple(made) if uneven else ()
            return ExportTimeline(number, LANE, visits, path, workspace.points, ends, self._edit.seed, rate, ages)
        return Export(
            number,
            LANE,
            replace(self._scan.source, age=self._scan.age),
            path,
            dict(self._edit.changes),
            seed=self._edit.seed,
            space="native" if target.form in NATIVE else "model",
            form=REQUESTED.get(target.form, "change"),
            held=self._edit.held,
            semantic_only=self._edit.semantic_only,
            calls=self._edit.calls,
            dataset=below if target.form == "bids" else "",
        )

    def _one_written(self, _: str) -> None:
        assert self._now is not None
        self._done.append(self._now)
        if self._closed:
            self._say_cancelled()
        else:
            self._next()

    def _failed(self, sentence: str) -> None:
        """What was written before stays, and is not written again."""
        if self._closed:
            self._say_cancelled()
            return
        self._left.clear()
        self._set_writing(False)
        for target in self._done:
            if target.spot is None:
                self.choices[target.form].setChecked(False)
        done = written_words([target.path for target in self._done])
        if sentence == CANCELLED:
            self._stop(f"{CANCELLED}: {done}")
        else:
            self._stop(f"{sentence} Before it, {done}" if self._done else sentence)

    def _stop(self, sentence: str) -> None:
        self._refresh()
        self._problem.setText(sentence)
        self._problem.setVisible(True)

    def _say_cancelled(self) -> None:
        """Once the engine has answered; the dialog itself may be gone by then."""
        self._session.said.emit(f"{CANCELLED}: {written_words([target.path for target in self._done])}", "")

    def done(self, result: int) -> None:
        if self._writing and result == QDialog.DialogCode.Rejected:
            self._left.clear()
            self._closed = True
            self._session.client.cancel(LANE)
        elif self._done:
            self.written.emit([str(target.path) for target in self._done])
        super().done(result)


def same_place(one: Path, other: Path) -> bool:
    """Whether both are one file."""
    return one.exists() and other.exists() and one.samefile(other)


@cache
def has_encoder() -> bool:
    """Whether there is a program that may encode MP4; what it can is asked of it by the engine, before any work."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return bool(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return False


def _size(megabytes: float) -> str:
    return f"about {megabytes:.1f} MB" if megabytes >= 0.1 else "a few kB"


def _padded(layout: QHBoxLayout | QVBoxLayout, side: int, above: int) -> QWidget:
    box = QWidget()
    box.setLayout(layout)
    layout.setContentsMargins(side, above, side, above)
    return box

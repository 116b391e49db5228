"""What is seen while nothing is open: what to do first, and what was done last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.bindings import Preset, bindings_of, spoken
from app.pages.welcome_picture import HEIGHT, WIDTH, paint_years
from app.panels.parts import Sign, clear, column, label, line, quiet_button, row, wrapped
from app.panels.preset_choice import PresetChoice
from app.recent import Opened, Recent
from app.theme import icons
from app.theme.style import mark
from app.workspace import files

LEFT, RIGHT, BETWEEN = 468, 512, 56
MOST_ROWS = 5


class WelcomePage(QWidget):
    open_asked = Signal()
    opened = Signal(object)
    """list of Path: chosen here, or again from what was opened lately."""
    demo_asked = Signal()
    tour_asked = Signal()
    import_asked = Signal()
    about_asked = Signal()
    preset_chosen = Signal(str)

    def __init__(self, recent: Recent, preset: Preset = "Default") -> None:
        super().__init__()
        mark(self, surface="window")
        self._recent = recent
        self.problem = wrapped(tone="error")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.presets = PresetChoice(preset)
        self.presets.preset_chosen.connect(self.preset_chosen)
        self.open_key = label()
        self.show_preset(preset)
        left, right = QWidget(), QWidget()
        left.setFixedWidth(LEFT)
        right.setFixedWidth(RIGHT)
        left.setLayout(self._first())
        right.setLayout(self._last())
        below = row(left, right, spacing=BETWEEN)
        for side in (left, right):
            below.setAlignment(side, Qt.AlignmentFlag.AlignTop)
        self.picture = _Picture()
        middle = column(self.picture, 40, below, spacing=0)
        wide = QHBoxLayout()
        wide.addStretch(1)
        wide.addLayout(middle)
        wide.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 8, 16, 8)
        outer.addStretch(2)
        outer.addLayout(wide)
        outer.addStretch(3)
        outer.addLayout(row(None, quiet_button("About Neurolapse", self.about_asked.emit)))
        recent.changed.connect(self._show_recent)
        self._show_recent()

    def show_preset(self, preset: Preset) -> None:
        self.presets.show_preset(preset)
        self.open_key.setText(spoken(bindings_of(preset).gestures("open")[0]).replace("+", " "))

    def _first(self) -> QVBoxLayout:
        self.open_scans = _button("Open scans…", "folder", "ink", self.open_asked.emit)
        mark(self.open_scans, role="primary")
        bids = _button("BIDS folder…", "scans", "text2", lambda: self._ask_folder("Open a BIDS folder"))
        dicom = _button("DICOM folder…", "disc", "text2", lambda: self._ask_folder("Open a DICOM folder"))
        self.demo = _button("Open the sample", "", "", self.demo_asked.emit)
        self.tour = quiet_button("Tour", self.tour_asked.emit)
        self.tour.setToolTip("Three minutes over the sample; Esc ends it")
        self.weights = _button("Import…", "", "", self.import_asked.emit)
        self.weights.setAccessibleName("Import published weights")
        mark(self.open_key, keycap="true")
        words = (
            "Drop files or a folder anywhere in this window. "
            "They are read only, never changed, and nothing leaves this computer."
        )
        return column(
            label("Open a T1 brain MRI", type="welcome", weight="semibold"),
            wrapped(words, tone="text2", type="name"),
            4,
            row(self.open_scans, bids, dicom, None),
            row(label(".nii  .nii.gz  .mgz  DICOM", tone="text2"), 4, self.open_key, None),
            self.problem,
            8,
            line(),
            8,
            row(_told("No scan at hand?", "Try one made-up person with two visits."), None, self.demo, self.tour),
            8,
            row(_told("Have the published weights?", "They become a model to choose."), None, self.weights),
        )

    def _last(self) -> QVBoxLayout:
        self.forget = quiet_button("Clear", self._recent.clear)
        self.forget.setAccessibleName("Clear the recent list")
        return column(
            row(label("Recent", weight="semibold"), None, self.forget),
            self._rows,
            16,
            row(_told("Mouse and keys like", "Acts at once; F1 shows them."), None, self.presets),
            16,
            wrapped("For research only, not a medical device.", tone="text3"),
        )

    def _show_recent(self) -> None:
        clear(self._rows)
        opened = self._recent.opened[:MOST_ROWS]
        self.forget.setVisible(bool(opened))
        for one in opened:
            self._rows.addWidget(line())
            self._rows.addWidget(RecentRow(one, lambda one=one: self.opened.emit([Path(one.path)])))
        if not opened:
            self._rows.addWidget(line())
            self._rows.addSpacing(8)
            self._rows.addWidget(wrapped("What you open will stand here.", tone="text3"))

    def _ask_folder(self, title: str) -> None:
        name = QFileDialog.getExistingDirectory(self, title)
        if name:
            self.opened.emit([Path(name)])


class RecentRow(QPushButton):
    """Icon, name, folder and day; the whole row is the button."""

    def __init__(self, opened: Opened, clicked: object) -> None:
        super().__init__()
        mark(self, role="row")
        icon = "save" if opened.path.endswith(files.ENDING) else "scans" if opened.is_folder else "crosshair"
        name = label(opened.name, type="name")
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        where = label(str(Path(opened.path).parent), tone="text2", type="note")
        where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        inside = row(Sign(icon, "text2", 17), 4)
        inside.addLayout(column(name, where, spacing=1), 1)
        inside.addWidget(label(opened.day(), tone="text2"))
        inside.setContentsMargins(4, 6, 4, 6)
        self.setLayout(inside)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(opened.path)
        self.setAccessibleName(f"Open {opened.name}, {opened.day()}")
        assert callable(clicked)
        self.clicked.connect(lambda _=False: clicked())

    def sizeHint(self) -> QSize:  # noqa: N802
        inside = self.layout()
        return inside.sizeHint() if inside is not None else super().sizeHint()


class _Picture(QWidget):
    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(WIDTH, HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(WIDTH, 0)

    def resizeEvent(self, event: object) -> None:  # noqa: N802
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self.height() >= HEIGHT:  # in a low window there is no room for it
            paint_years(QPainter(self), self.width())


def _button(words: str, icon: str, token: str, clicked: object) -> QPushButton:
    button = QPushButton(words)
    if icon:
        button.setIcon(icons.icon(icon, token))
    assert callable(clicked)
    button.clicked.connect(lambda _=False: clicked())
    return button


def _told(title: str, words: str) -> QVBoxLayout:
    return column(label(title, weight="medium", type="name"), label(words, tone="text2"), spacing=2)

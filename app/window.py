"""The window: puts the rooms together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, QSettings, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import bindings, regions, settings
from app.age_words import age_words
from app.autosave import Autosave
from app.compare_pictures import ComparePictures
from app.dialogs.doors import Doors
from app.dialogs.export_dialog import ExportDialog, Veil
from app.dialogs.question_dialog import CANCEL, QuestionDialog
from app.dialogs.save_place import ask_place
from app.edit_pictures import EditPictures
from app.held_out import HeldOut
from app.kept_pictures import LANE as KEPT_LANE
from app.kept_pictures import KeptPictures
from app.layers import Layers
from app.overlays import Overlays
from app.pages.compare_page import ComparePage
from app.pages.explore_page import ExplorePage
from app.pages.preparation_page import PreparationPage
from app.pages.time_page import TimePage
from app.pages.welcome_page import WelcomePage
from app.panels.attributes_panel import AttributesPanel
from app.panels.change_panel import ChangePanel
from app.panels.checks_panel import ChecksPanel
from app.panels.compare_bar import CompareBar
from app.panels.compare_panels import CellsPanel, CrosshairPanel, MapPanel, RegionsPanel
from app.panels.kept_panel import KeptPanel
from app.panels.left_dock import LeftDock
from app.panels.measures_panel import MeasuresPanel
from app.panels.parts import Section, line, years
from app.panels.readout_bar import ReadoutBar
from app.panels.status_line import StatusLine
from app.panels.time_bar import TimeBar
from app.panels.timeline_panel import TimelinePanel
from app.panels.title_bar import TitleBar
from app.panels.tool_bar import ToolBar
from app.panels.variations_panel import VariationsPanel
from app.places import folder_of
from app.preparation_check import PreparationCheck
from app.recent import Recent
from app.region_volumes import RegionVolumes
from app.session import Session
from app.settings import Settings
from app.stage.column import Column
from app.stage.slicing import Plane
from app.takeaway import Takeaway
from app.theme import style
from app.theme.current import current, wider
from app.theme.focus_ring import FocusRing
from app.theme.style import mark
from app.time_pictures import TimePictures
from app.time_player import TimePlayer
from app.time_points import TimePoints
from app.variation_pictures import VariationPictures
from app.view_actions import view_actions
from app.workspace import files
from app.workspace.document import Page
from app.workspace.export_names import written_words
from engine.errors import NeurolapseError
from engine.service.messages import (
    Export,
    ExportTimeline,
    LoadModel,
    LoadNative,
    MeasureVolumes,
    Prepare,
    Render,
    Request,
)

FILTER = "Scans and workspaces (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img *.neurolapse);;All files (*)"

CLOSE = "Close"
PAGES: tuple[Page, ...] = ("explore", "compare", "time", "preparation")
"""In the order of the stacked pages and sides."""


class Window(QWidget):
    painted = Signal()
    """The first picture of the window stands on the screen."""

    def __init__(
        self,
        session: Session,
        autosave: Autosave | None = None,
        wanted: Settings = Settings(),  # noqa: B008  (frozen)
        store: QSettings | None = None,
    ) -> None:
        """``autosave``, ``store`` of the settings: None where nothing is to be kept (a screenshot)."""
        super().__init__()
        self.session = session
        self.settings = wanted
        self._autosave, self._store = autosave, store
        self.setWindowTitle("Neurolapse")
        self.setMinimumSize(1120, 680)
        self.setAcceptDrops(True)
        mark(self, surface="window")
        self._painted = False
        self._ended = False
        self.edit_pictures = EditPictures(session)
        self.regions = RegionVolumes(session)
        self.variations = VariationPictures(session, self.edit_pictures)
        self.compare_pictures = ComparePictures(session, self.edit_pictures, self.variations)
        self.time_pictures = TimePictures(session, self.regions)
        self.time_points = TimePoints(session, self.time_pictures)
        self.kept_pictures = KeptPictures(session)
        self.check = PreparationCheck(session)
        self.time_player = TimePlayer(session, self.time_pictures)

        self.title_bar = TitleBar(session)
        self.layers = Layers(session, self.edit_pictures, Overlays(session))
        self.left = LeftDock(session, self.layers)
        self.compare_bar = CompareBar(session)
        self.time_bar = TimeBar(session, self.time_player)
        self.tool_bar = ToolBar(session, self.layers, self.compare_bar, self.time_bar)
        self.explore = ExplorePage(session, self.edit_pictures, self.layers)
        self.compare = ComparePage(session, self.compare_pictures)
        self.time = TimePage(session, self.time_pictures, self.time_player, self.time_points)
        self.readout = ReadoutBar(session.link, self.layers)
        self.attributes = AttributesPanel(session, self.edit_pictures)
        self.variation_row = VariationsPanel(session, self.edit_pictures, self.variations)
        self.measures = MeasuresPanel(session, self.edit_pictures, self.regions)
        self.kept = KeptPanel(session, self.edit_pictures, self.kept_pictures)
        self.map_panel = MapPanel(session)
        self.crosshair_panel = CrosshairPanel(session, self.compare_pictures)
        self.cells = CellsPanel(session, self.compare_pictures)
        self.region_table = RegionsPanel(session, self.compare_pictures, self.regions)
        self.kept_beside = KeptPanel(session, self.edit_pictures, self.kept_pictures)
        held_out = HeldOut(session)
        self.timeline = TimelinePanel(session, self.time_pictures, self.time_player, self.time_points, held_out)
        self.preparation = PreparationPage(session, self.check)
        self.checks_panel = ChecksPanel(session, self.check)
        self.recent = Recent(store)
        self.welcome = WelcomePage(self.recent, wanted.preset)
        self.status = StatusLine(session, self._words_for)
        self._lay_out()
        self.focus_ring = FocusRing(self)
        self._connect()
        self.doors = Doors(self, store)
        self.takeaway = Takeaway(session, self._pages)
        self.kept.rebuild_asked.connect(self.takeaway.ask_rebuild)
        self.kept_beside.rebuild_asked.connect(self.takeaway.ask_rebuild)
        self._actions = self._make_actions()
        self._shortcuts: list[QShortcut] = []
        bindings.use(self.settings.preset, dict(self.settings.keys))
        self._bind()
        session.link.change(convention=self.settings.convention)
        self.refresh()

    def open(self, paths: Sequence[Path], demo: bool = False) -> None:
        if demo:
            self.session.open_demo()
        elif paths:
            self.session.open(paths)

    def refresh(self) -> None:
        """Which page is seen, and what of it there is room for."""
        workspace = self.session.workspace
        page = workspace.page
        place = PAGES.index(page)
        begins = bool(workspace.scans) and self._whole.currentIndex() == 0
        self._whole.setCurrentIndex(1 if workspace.scans else 0)
        self._pages.setCurrentIndex(place)
        self._sides.setCurrentIndex(place)
        if begins and page == "explore":
            self.explore.scan_column.setFocus()  # the first key is meant for the pictures
        wide, middle = self.width() >= 2300, self.width() >= 1440
        self.tool_bar.set_page(page)
        self.left.set_folded((page != "explore" or not middle) and not wide, wider(280 if wide else 240))
        right = 404 if page == "preparation" else 380 if wide else 300 if page == "time" else 332
        self._sides.setFixedWidth(wider(min(right, 316) if self.width() < 1360 else right))
        self._read()

    def _read(self) -> None:
        page = self.session.workspace.page
        if page == "time":
            self.readout.show_layers(self.time.layers(), voxel=False)
        elif page == "compare":
            self.readout.show_layers(self.compare.layers(), self.explore.difference())
        else:
            self.readout.show_layers(self.explore.layers(), self.explore.difference())

    def _lay_out(self) -> None:
        stage = QVBoxLayout()
        stage.setSpacing(0)
        self._pages = QStackedWidget()
        self._stages: dict[Page, ExplorePage | ComparePage | TimePage | PreparationPage]
        self._stages = {
            "explore": self.explore,
            "compare": self.compare,
            "time": self.time,
            "preparation": self.preparation,
        }
        for page in PAGES:
            self._pages.addWidget(self._stages[page])
        stage.addWidget(self.tool_bar)
        stage.addWidget(self._pages, 1)
        stage.addWidget(self.readout)
        self._sides = QStackedWidget()
        beside_edit = (self.attributes, ChangePanel(self.session.link), self.variation_row, self.measures, self.kept)
        self._sides.addWidget(_side(*beside_edit))
        beside_cells = (self.cells, self.map_panel, self.crosshair_panel, self.region_table, self.kept_beside)
        self._sides.addWidget(_side(*beside_cells))
        self._sides.addWidget(_side(self.timeline))
        self._sides.addWidget(self.checks_panel)
        work = QWidget()
        beside = QHBoxLayout(work)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self.left)
        beside.addLayout(stage, 1)
        beside.addWidget(line(vertical=True))
        beside.addWidget(self._sides)
        self._whole = QStackedWidget()
        self._whole.addWidget(self.welcome)
        self._whole.addWidget(work)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.title_bar)
        outer.addWidget(self._whole, 1)
        outer.addWidget(self.status)

    def _connect(self) -> None:
        session = self.session
        pictures = (self.edit_pictures.changed, self.compare_pictures.changed, self.time_pictures.changed)
        for changed in (session.document_changed, session.scan_changed, *pictures):
            changed.connect(self.refresh)
        self.title_bar.theme_asked.connect(self._other_theme)
        session.link.points_asked.connect(self.time_player.step)
        session.link.window_reset_asked.connect(session.reset_window)
        self.title_bar.export_asked.connect(self.export)
        self.left.scans.open_asked.connect(self._ask_files)
        self.welcome.open_asked.connect(self._ask_files)
        self.compare_bar.moved.connect(self.compare.show_amount)
        # Whoever takes the divider can go on with the arrows.
        self.compare.left.wiped.connect(lambda fraction, done: self.compare_bar.amount.setFocus() if done else None)
        session.said.connect(self._on_said)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_colour_scheme)

    def _bind(self) -> None:
        """The keys of the whole window, as the habits in use have them."""
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
            shortcut.deleteLater()
        keys = bindings.current().places["window"]
        self._shortcuts = [QShortcut(QKeySequence(key), self, self._actions[action]) for key, action in keys.items()]

    def _make_actions(self) -> dict[str, Callable[[], object]]:
        """What the bindings' actions on the whole window do."""
        session, player = self.session, self.time_player
        view = view_actions(session.link, self.layers, self.tool_bar, self.readout)
        layouts = {name: self._outside_time(view[name]) for name in ("next layout", "layouts", "tiles")}
        return {
            **view,
            **layouts,
            "open": self._ask_files,
            "save": self._save,
            "export": self.export,
            "copy picture": self.takeaway.copy_picture,
            "copy command line": self.takeaway.copy_command_line,
            "undo": session.undo_stack.undo,
            "redo": session.undo_stack.redo,
            "zero": self.attributes.all_to_zero,
            "keep": self.kept.keep,
            "fill": lambda: self._stages[session.workspace.page].fill(Plane.AXIAL),
            "play": player.toggle,
            "previous point": lambda: player.step(-1),
            "next point": lambda: player.step(1),
            "next part": lambda: regions.step(self._regions, 1),
            "previous part": lambda: regions.step(self._regions, -1),
            "keys": self.doors.keys,
        }

    def _outside_time(self, does: Callable[[], object]) -> Callable[[], object]:
        """``does``, but on Time, where it would change Explore unseen."""
        return lambda: None if self.session.workspace.page == "time" else does()

    def _regions(self) -> list[QWidget]:
        """The parts of the window in the order they are read."""
        stage, side = self._pages.currentWidget(), self._sides.currentWidget()
        if self._whole.currentIndex() == 0 or stage is None or side is None:
            return [self.title_bar, self.welcome, self.status]
        columns = self._columns(stage)
        beside: list[QWidget] = [*side.findChildren(Section)] or [side]
        return [self.title_bar, *self.left.regions(), self.tool_bar, *columns, self.readout, *beside, self.status]

    def _columns(self, stage: QWidget) -> list[Column]:
        """As they are read: the upper ones first, from the left."""
        seen = (column for column in stage.findChildren(Column) if column.isVisible())
        places = {column: column.mapTo(self, QPoint()) for column in seen}
        return sorted(places, key=lambda column: (places[column].y(), places[column].x()))

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Columns come and go, and Qt would put those that came last at the end: they stand behind the tool bar."""
        before: QWidget = self.tool_bar.nose
        for column in self._columns(self._stages[self.session.workspace.page]):
            for stop in column.stops():
                self.setTabOrder(before, stop)
                before = stop
        return super().focusNextPrevChild(forward)

    def _words_for(self, request: Request) -> str:
        """What the status line calls a request."""
        match request:
            case LoadModel():
                return "Loading the model"
            case LoadNative(scan=scan):
                return f"Opening {Path(scan.path).name}"
            case Prepare(scan=scan):
                return f"Preparing {Path(scan.path).name}"
            case MeasureVolumes():
                return "Measuring regions"
            case Export(path=path) | ExportTimeline(path=path):
                return f"Writing {Path(path).name}"
            case Render(second=None) if request.lane.startswith(KEPT_LANE):
                return "Drawing what was kept"
            case Render(second=None, changes=changes):
                current, moved = self.session.current, changes.get("age", 0.0)
                words = age_words(self.session.age_of(current, moved) if current else None, moved) or "the edit"
                what = "Refining" if request.quality == "final" else "Preview of"
                return f"{what} {words if changes else 'the copy'}"
            case Render(fraction=fraction):
                spots = [spot for spot in self.time_pictures.spots if spot.first.source == request.scan]
                ages = [spot.age for spot in spots if spot.fraction == fraction]
                return f"Rendering {years(ages[0]) if ages and ages[0] is not None else 'a point between'}"
        return ""

    def export(self) -> None:
        """Ctrl+E: the dialog for the edit on the stage."""
        scan = self.session.current
        if scan is None or scan.source not in self.session.prepared:
            return
        veil = Veil(self)
        dialog = ExportDialog(self.session, self.edit_pictures, scan, self)
        dialog.written.connect(self._on_written)
        dialog.picture_asked.connect(self.takeaway.copy_picture)
        dialog.png_asked.connect(self.takeaway.save_picture)
        dialog.command_asked.connect(self.takeaway.copy_command_line)
        dialog.finished.connect(veil.deleteLater)
        dialog.open()

    def _on_written(self, paths: list[str]) -> None:
        self.session.said.emit(written_words(paths), "")

    def _on_said(self, sentence: str, tone: str) -> None:
        self.welcome.problem.setText(sentence if tone == "error" else "")

    def _ask_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Open scans", "", FILTER)
        self.session.open([Path(name) for name in names])

    def _save(self) -> bool:
        """Ctrl+S; whether the workspace was written."""
        path = self.session.path
        if path is None:
            proposed = folder_of(self.session) / f"workspace{files.ENDING}"
            place = ask_place(self, "Save the workspace", proposed, f"Workspace (*{files.ENDING})")
            if place is None:
                return False
            path, _ = place
        try:
            self.session.save(path)
        except NeurolapseError as error:
            self.session.said.emit(str(error), "error")
            return False
        self.session.said.emit(f"Saved {path.name}.", "")
        return True

    def offer_restore(self) -> None:
        """Ask whether to go on with what a window left that did not end in order."""
        draft = self._autosave.abandoned() if self._autosave else None
        if draft is None or self._autosave is None:
            return
        autosave = self._autosave
        sentence = "Neurolapse did not end in order. Restore the scans, sliders and view of then?"
        dialog = QuestionDialog("Restore?", sentence, ("Discard", "Restore"), self)
        answers = {"Restore": lambda: autosave.restore(draft), "Discard": lambda: draft.unlink(missing_ok=True)}
        dialog.answered.connect(lambda answer: answers[answer]())
        dialog.open()

    def _ask_before_closing(self) -> None:
        sentence = f"{self.session.name} has changes that are not saved."
        dialog = QuestionDialog("Close without saving?", sentence, (CANCEL, CLOSE, "Save"), self)
        dialog.answered.connect(self._on_closing_answer)
        dialog.open()

    def _on_closing_answer(self, answer: str) -> None:
        if answer == CLOSE or (answer == "Save" and self._save()):
            self.end()

    def end(self, keep_draft: bool = False) -> None:
        """Close without a question. ``keep_draft``: the next start offers the document back."""
        self._ended = True
        if self._autosave is not None:
            if keep_draft:
                self._autosave.write()
            else:
                self._autosave.clear()
        self.close()

    def apply(self, wanted: Settings) -> None:
        """Have new settings act at once, and keep them."""
        before, self.settings = self.settings, wanted
        if self._store is not None:
            settings.save(wanted, self._store)
        if (wanted.preset, wanted.keys) != (before.preset, before.keys):
            bindings.use(wanted.preset, dict(wanted.keys))
            self._bind()
            self.welcome.show_preset(wanted.preset)
        if wanted.convention != before.convention:
            self.session.link.change(convention=wanted.convention)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        dressed = (wanted.theme_name, wanted.text_scale, wanted.reduced_motion)
        if dressed != (current().name, current().text_scale, current().reduced_motion):
            style.apply(application, *dressed)
            self.refresh()
            self.left.scans.refresh()
            self.left.layers.refresh()

    def _on_colour_scheme(self) -> None:
        """The system went from light to dark or back."""
        self.apply(self.settings)

    def _other_theme(self) -> None:
        self.apply(replace(self.settings, theme="light" if current().name == "dark" else "dark"))

    # Keys, drops, ends

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.windowHandle().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Space is the scan's key also where a click has left the focus on a button, which would take it."""
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Space or event.modifiers():
            return False
        act = {QEvent.Type.KeyPress: self.keyPressEvent, QEvent.Type.KeyRelease: self.keyReleaseEvent}.get(event.type())
        if act is None or self._takes_space():
            return False
        act(event)
        return True

    def _takes_space(self) -> bool:
        """Whether Space belongs to the control with the focus: where one types, or went by keyboard."""
        if self.session.workspace.page not in ("explore", "compare") or QApplication.activePopupWidget() is not None:
            return True
        typing = isinstance(QApplication.focusWidget(), QLineEdit | QAbstractSpinBox | QPlainTextEdit)
        return typing or self.focus_ring.target is not None

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self._peek(False)  # Space may be let go where this window does not hear of it

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._peek(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._peek(False)
        else:
            super().keyReleaseEvent(event)

    def _peek(self, peeking: bool) -> None:
        for page in (self.explore, self.compare):
            page.set_peeking(peeking)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        if paths:
            self.session.open(paths)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self.painted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        self.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self._autosave is not None and not self._ended:
            if self.session.workspace.scans and self.session.edited:
                event.ignore()
                self._ask_before_closing()
                return
            self._autosave.clear()
        self.session.close()
        event.accept()


def _side(*sections: QWidget) -> QScrollArea:
    """Sections one above the other, a line between them, scrolled where they do not fit."""
    inside = QWidget()
    inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    mark(inside, surface="panel")
    layout = QVBoxLayout(inside)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for section in sections:
        layout.addWidget(section)
        layout.addWidget(line())
    layout.addStretch(1)
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area

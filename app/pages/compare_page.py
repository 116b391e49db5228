"""Compare: two to four cells under one crosshair; in the first one, two volumes may lie over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QGridLayout

from app.checkerboard import checkered
from app.compare_pictures import ComparePictures, Seen
from app.controls.colour_bar import ColourBar
from app.pages.columns_page import EDGE, GAP, ColumnsPage
from app.panels.part_drag import part_in
from app.panels.parts import grid_words
from app.panels.readout_bar import Layer
from app.session import Session, default_window
from app.stage.column import Column
from app.stage.kind_header import Heading
from app.stage.slice_pane import KEYS
from app.stage.slicing import Plane
from app.stage.view_link import ViewLink
from app.stage.view_state import ViewState
from app.theme.current import current
from app.theme.kinds import Kind
from app.theme.tokens import steps_words
from app.workspace.document import CELLS, Comparison, Part, Shape, Workspace
from engine.volume import Volume

BAR_SIZE = (52, 190)
BELOW_LETTER = 36
"""The scale of the change map stays below the letter at the pane's right edge."""
HINT = "hold Space for the scan"
EMPTY = "Drop a scan or\na kept state here"
KEEP_VIEW_MS = 400
"""A cell's own view goes into the document once the mouse has rested."""
ACROSS: dict[Shape, int] = {"1×2": 2, "1×3": 3, "2×2": 2}


@dataclass(frozen=True)
class Cell:
    """What two cells may differ in. ``windows``: of the volume, and of the one over it; ``own``: its layer has one."""

    linked: bool
    windows: tuple[tuple[float, float], ...]
    grid: str
    own: bool = False


def signs(cells: Sequence[Cell]) -> list[str]:
    """What is written in each cell, so that no two differ without a sign on both."""
    written = []
    for cell in cells:
        others = [other for other in cells if other is not cell and other.grid]
        words = [] if cell.linked else ["own view"]
        if len(set(cell.windows)) > 1:
            words.append("windows differ")
        elif cell.windows and any(window not in cell.windows for other in others for window in other.windows):
            words = ["own window" if cell.own or not cell.linked else "window differs"]
        if cell.grid and any(other.grid != cell.grid for other in others):
            words.append("grid differs")
        written.append(", ".join(words))
    return written


class ComparePage(ColumnsPage):
    def __init__(self, session: Session, pictures: ComparePictures) -> None:
        super().__init__(*(Column(session.link, arrangement="flat") for _ in range(max(CELLS.values()))))
        self._session, self._pictures = session, pictures
        self._second_turn = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(EDGE, EDGE, EDGE, 4)
        self._grid.setSpacing(GAP)
        self.left, self.right = self.columns[:2]
        self._laid_out: Shape | None = None
        self._checkered: tuple[Volume, Volume, int, Volume] | None = None
        self._bars: dict[Column, ColourBar] = {}
        self._links: dict[int, ViewLink] = {}
        self._windows: dict[int, tuple[float, float]] = {}
        """Of the cells with views of their own, as they were last kept for undo."""
        self._signs = [""] * len(self.columns)
        for column in self.columns:
            axial = column.panes[Plane.AXIAL]
            self._bars[column] = ColourBar(Qt.Orientation.Vertical, axial)
            axial.installEventFilter(self)
        self.left.wiped.connect(self._on_wiped)
        self._turns = QTimer(self)
        self._turns.timeout.connect(self._turn)
        self._keep_views = QTimer(self)
        self._keep_views.setSingleShot(True)
        self._keep_views.setInterval(KEEP_VIEW_MS)
        self._keep_views.timeout.connect(self._keep_own_views)
        self.setAcceptDrops(True)
        session.link.changed.connect(self._on_view)
        pictures.changed.connect(self.refresh)
        self.peeked.connect(self.refresh)
        self._scale(session.link.state)
        self.refresh()

    @property
    def shown(self) -> list[tuple[Column, int]]:
        """The cells in use, each with the place of its part."""
        return list(zip(self.columns, self._session.workspace.comparison.places, strict=False))

    def layers(self) -> list[Layer]:
        """What the read-out reads: every volume in the cells, once."""
        return [Layer(seen.kind, seen.name, seen.volume) for seen in self._pictures.read() if seen.volume is not None]

    def refresh(self) -> None:
        """What the document says; hidden pages are not drawn."""
        comparison = self._session.workspace.comparison
        self._turns.stop()
        if self._session.workspace.page != "compare":
            return
        self._stand(comparison.shape)
        self._link_cells(comparison)
        for number, (column, place) in enumerate(self.shown):
            part = comparison.parts[place]
            over = self._pictures.seen(comparison.parts[1]) if comparison.laid_over and number == 0 else None
            if self.peeking:
                part, over = Part("scan", part.key), None
            self._show(column, self._pictures.seen(part), over, comparison)
        self._sign()
        if not self.peeking:
            self.show_amount(comparison)
            if comparison.mode == "flicker" and not current().reduced_motion:
                self._turns.start(round(500 / comparison.rate))

    def show_amount(self, comparison: Comparison) -> None:
        """Divider, opacity and squares alone: what changes while a slider or the divider is held."""
        self.left.set_wipe(comparison.divider if comparison.mode == "wipe" else None)
        turn = 1.0 if self._second_turn or current().reduced_motion else 0.0
        self.left.set_fade({"fade": comparison.fade, "flicker": turn}.get(comparison.mode, 1.0))
        if comparison.mode == "checkerboard":
            seen, over = (self._pictures.seen(part) for part in comparison.parts[:2])
            if seen is not None and over is not None:
                self._show(self.left, seen, over, comparison)

    def _stand(self, shape: Shape) -> None:
        """As many cells as the shape has, where it has them."""
        if shape == self._laid_out:
            return
        self._laid_out = shape
        across = ACROSS[shape]
        for number, column in enumerate(self.columns):
            self._grid.removeWidget(column)
            column.setVisible(number < CELLS[shape] and self.alone in (None, column))
            if number < CELLS[shape]:
                self._grid.addWidget(column, number // across, number % across)
        for number in range(max(CELLS.values())):
            self._grid.setColumnStretch(number, 1 if number < across else 0)
            self._grid.setRowStretch(number, 1 if number * across < CELLS[shape] else 0)

    def _show(self, column: Column, seen: Seen | None, over: Seen | None, comparison: Comparison) -> None:
        self._bars[column].setVisible(seen is not None and seen.change is not None)
        self._bars[column].set_two_sided(seen is None or seen.two_sided)
        if seen is None or seen.volume is None:
            column.set_beside(None)
            column.clear(EMPTY if seen is None else self._waiting_words(seen))
            return
        if seen.kind not in (Kind.SCAN, Kind.CHANGE) and seen.calls and over is None:
            quality = f"{'final' if seen.final else 'preview'}, {steps_words(seen.calls)}"
        else:
            quality = f"over the {seen.under}, dimmed" if seen.change is not None else ""
        made = seen if over is None else over
        column.set_state("final" if made.final else "preview", made.calls or None)
        grid = grid_words("model", seen.volume)
        second = over.volume if over is not None else None
        volume, kind = seen.volume, seen.kind
        if second is not None and over is not None and comparison.mode == "checkerboard":
            volume, second, kind = self._squares(volume, second, comparison.squares), None, over.kind
        column.show_volume(volume, kind, seen.title, seen.age, seen.delta, quality, grid)
        column.set_second(second, over.kind if over is not None else seen.kind)
        if over is not None and over.volume is not None:
            column.header.show_heading(Heading(seen.kind, seen.title, seen.age, seen.delta, quality))
            column.set_beside(Heading(over.kind, over.title, over.age, over.delta, HINT))
        else:
            column.set_beside(None)
        if over is not None and over.change is not None:
            column.set_overlay(over.change, "second")
        else:
            column.set_overlay(seen.change, "first")

    def _squares(self, first: Volume, second: Volume, squares: int) -> Volume:
        known = self._checkered
        if known is None or known[0] is not first or known[1] is not second or known[2] != squares:
            known = self._checkered = (first, second, squares, checkered(first, second, squares))
        return known[3]

    def _waiting_words(self, seen: Seen) -> str:
        if self._session.model_problem:
            return "Without a model there is\nnothing to compare with"
        return "Being prepared" if self._session.is_preparing(seen.scan) else "Being rendered"

    def _turn(self) -> None:
        self._second_turn = not self._second_turn
        self.show_amount(self._session.workspace.comparison)

    def _on_wiped(self, fraction: float, done: bool) -> None:
        self.left.set_wipe(fraction)
        if done:
            self._session.compare(divider=round(fraction, 2))

    # Views of their own

    def _link_cells(self, comparison: Comparison) -> None:
        """Each cell follows the window's view, or its own."""
        for number, column in enumerate(self.columns):
            own = comparison.own.get(number)
            if own is None and number in self._links:
                self._links.pop(number).deleteLater()
                column.set_link(self._session.link)
                self._signs[number] = ""
            elif own is not None and number not in self._links:
                shared = self._session.link
                link = self._links[number] = shared.split(_alike(own, shared.state), self)
                self._windows[number] = link.state.window
                link.changed.connect(self._on_own_view)
                link.window_dragged.connect(partial(self._keep_own_window, number))
                link.window_reset_asked.connect(partial(self._reset_own_window, number))
                column.set_link(link, "own view")

    def _on_own_view(self) -> None:
        self._sign()
        self._keep_views.start()

    def _keep_own_views(self) -> None:
        own = {number: link.state for number, link in self._links.items()}
        if own.keys() == self._session.workspace.comparison.own.keys():
            self._session.compare(own=own)

    def _reset_own_window(self, number: int) -> None:
        content, link = self.columns[number].content, self._links[number]
        if content is not None:
            link.set(link.state.windowed(*default_window(content.volume.data)))
            self._keep_own_window(number)

    def _keep_own_window(self, number: int) -> None:
        """What the window of that cell has become is one step of undo."""
        before, after = self._windows[number], self._links[number].state.window
        if after != before:
            self._session.do(
                f"Window of cell {number + 1}",
                lambda w: self._put_window(w, number, after),
                lambda w: self._put_window(w, number, before),
            )

    def _put_window(self, workspace: Workspace, number: int, window: tuple[float, float]) -> Workspace:
        """That window in the cell and in its view; the workspace as it is where the cell is linked again."""
        own = workspace.comparison.own
        if number not in own or number not in self._links:
            return workspace
        self._windows[number] = window
        self._links[number].change(window=window)
        own = {**own, number: replace(own[number], window=window)}
        return replace(workspace, comparison=replace(workspace.comparison, own=own))

    def _sign(self) -> None:
        """What each cell does not share with the others."""
        cells = []
        for number, (column, _) in enumerate(self.shown):
            link = self._links.get(number, self._session.link)
            content = column.content
            grid = content.grid_label if content is not None else ""
            own = content is not None and link.state.layer(KEYS[content.kind]).window is not None
            cells.append(Cell(number not in self._links, column.panes[Plane.AXIAL].windows, grid, own))
        for number, words in enumerate(signs(cells)):
            if words != self._signs[number]:
                self._signs[number] = words
                for pane in self.columns[number].panes.values():
                    pane.set_own(words)

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        for link in self._links.values():
            link.set(_alike(link.state, now))
        if now.overlay != before.overlay:
            self._scale(now)
        if (now.window, now.layers) != (before.window, before.layers):
            self._sign()

    def _scale(self, now: ViewState) -> None:
        for bar in self._bars.values():
            bar.set_scale(round(now.overlay.threshold, 2), round(now.overlay.limit, 2))

    # Drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls() or part_in(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        place = self._place_at(event.position().toPoint())
        part = part_in(event.mimeData())
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        if part is None and paths:
            current = self._session.workspace.current
            keys = self._session.open(paths)
            if current is not None and keys:
                self._session.choose(current)
            part = Part("scan", keys[0]) if keys else None
        if part is not None and place is not None:
            self._session.compare(parts=self._session.workspace.comparison.with_part(place, part).parts)

    def _place_at(self, where: QPoint) -> int | None:
        """Of the part in the cell below the mouse; what is dropped right of a divider lies over the other."""
        comparison = self._session.workspace.comparison
        for column, place in self.shown:
            if column.geometry().contains(where):
                right = where.x() - column.x() > comparison.divider * column.width()
                return 1 if place == 0 and comparison.mode == "wipe" and right else place
        return None

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Resize:
            for column, bar in self._bars.items():
                pane = column.panes[Plane.AXIAL]
                if pane is watched:
                    width = BAR_SIZE[0]
                    height = min(BAR_SIZE[1], pane.height() // 2 - BELOW_LETTER)
                    bar.setGeometry(pane.width() - width - 8, pane.height() - height - 14, width, height)
        return False


def _alike(own: ViewState, shared: ViewState) -> ViewState:
    """``own`` place, zoom and window; how pictures are drawn, and which side is left, is one for all cells."""
    apart = replace(shared, crosshair=own.crosshair, zoom=own.zoom, pan=own.pan, window=own.window)
    return apart.with_shared_window()

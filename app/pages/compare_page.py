"""Compare: two cells under one crosshair; in the left one, two volumes may lie over each other."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer

from app.compare_pictures import ComparePictures, Seen
from app.controls.colour_bar import ColourBar
from app.pages.two_columns import TwoColumns
from app.panels.parts import grid_words
from app.panels.readout_bar import Layer
from app.session import Session
from app.stage.column import Column
from app.stage.kind_header import Heading
from app.stage.slicing import Plane
from app.stage.view_state import ViewState
from app.theme.current import current
from app.theme.kinds import Kind
from app.workspace.document import Comparison, Part, What

BAR_SIZE = (52, 190)
BELOW_LETTER = 36
"""The scale of the change map stays below the letter at the pane's right edge."""
KINDS_READ: tuple[What, ...] = ("scan", "copy", "synthetic")
HINT = "hold Space for the scan"


class ComparePage(TwoColumns):
    def __init__(self, session: Session, pictures: ComparePictures) -> None:
        super().__init__(Column(session.link, arrangement="flat"), Column(session.link, arrangement="flat"))
        self._session, self._pictures = session, pictures
        self._second_turn = False
        self.left, self.right = self.columns
        self._bars: dict[Column, ColourBar] = {}
        for column in self.columns:
            axial = column.panes[Plane.AXIAL]
            self._bars[column] = ColourBar(Qt.Orientation.Vertical, axial)
            axial.installEventFilter(self)
        self.left.wiped.connect(self._on_wiped)
        self._turns = QTimer(self)
        self._turns.timeout.connect(self._turn)
        session.link.changed.connect(self._on_view)
        pictures.changed.connect(self.refresh)
        self._scale(session.link.state)
        self.refresh()

    def layers(self) -> list[Layer]:
        """What the read-out reads: every volume in the cells, once."""
        layers: dict[tuple[str, Kind], Layer] = {}
        parts = self._session.workspace.comparison.parts
        for key in dict.fromkeys(part.key for part in parts):
            wanted = {part.what for part in parts if part.key == key}
            for what in KINDS_READ:
                seen = self._pictures.seen(Part(what, key)) if what in wanted or "change" in wanted else None
                if seen is not None and seen.volume is not None:
                    name = " ".join(words for words in (seen.kind.word, seen.title, seen.age) if words)
                    layers.setdefault((seen.scan.key, seen.kind), Layer(seen.kind, name, seen.volume))
        return list(layers.values())

    def refresh(self) -> None:
        """What the document says; hidden pages are not drawn."""
        comparison = self._session.workspace.comparison
        self._turns.stop()
        if self._session.workspace.page != "compare":
            return
        if self.peeking:
            for column, part in ((self.left, comparison.first), (self.right, comparison.right)):
                self._show(column, self._pictures.seen(Part("scan", part.key)))
            return
        over = self._pictures.seen(comparison.second) if comparison.laid_over else None
        self._show(self.left, self._pictures.seen(comparison.first), over)
        self._show(self.right, self._pictures.seen(comparison.right))
        self.show_amount(comparison)
        if comparison.mode == "flicker" and not current().reduced_motion:
            self._turns.start(round(500 / comparison.rate))

    def show_amount(self, comparison: Comparison) -> None:
        """Divider and opacity alone: what changes while a slider or the divider is held."""
        self.left.set_wipe(comparison.divider if comparison.mode == "wipe" else None)
        turn = 1.0 if self._second_turn else 0.0
        self.left.set_fade({"fade": comparison.fade, "flicker": turn}.get(comparison.mode, 1.0))

    def _show(self, column: Column, seen: Seen | None, over: Seen | None = None) -> None:
        self._bars[column].setVisible(seen is not None and seen.change is not None)
        if seen is None or seen.volume is None:
            column.set_beside(None)
            column.clear("" if seen is None else self._waiting_words(seen))
            return
        if seen.kind in (Kind.COPY, Kind.SYNTHETIC) and seen.calls and over is None:
            quality = f"{'final' if seen.final else 'preview'}, {seen.calls} steps"
        else:
            quality = "over the copy, dimmed" if seen.change is not None else ""
        made = seen if over is None else over
        column.set_state("final" if made.final else "preview", made.calls or None)
        grid = grid_words("model", seen.volume)
        column.show_volume(seen.volume, seen.kind, seen.title, seen.age, seen.delta, quality, grid)
        beside = None
        if over is not None and over.volume is not None:
            beside = Heading(over.kind, over.title, over.age, over.delta, HINT)
        column.set_second(over.volume if over is not None else None, over.kind if over is not None else seen.kind)
        column.set_beside(beside)
        if over is not None and over.change is not None:
            column.set_overlay(over.change, "second")
        else:
            column.set_overlay(seen.change, "first")

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

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if now.overlay != before.overlay:
            self._scale(now)

    def _scale(self, now: ViewState) -> None:
        for bar in self._bars.values():
            bar.set_scale(round(now.overlay.threshold, 2), round(now.overlay.limit, 2))

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Resize:
            for column, bar in self._bars.items():
                pane = column.panes[Plane.AXIAL]
                if pane is watched:
                    width = BAR_SIZE[0]
                    height = min(BAR_SIZE[1], pane.height() // 2 - BELOW_LETTER)
                    bar.setGeometry(pane.width() - width - 8, pane.height() - height - 14, width, height)
        return False

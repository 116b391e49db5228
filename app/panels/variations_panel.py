"""The same sliders with other seeds, in a row, and where they differ."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout

from app.controls.state_tile import StateTile
from app.controls.toggle import Toggle
from app.edit_pictures import EditPictures
from app.kept_pictures import thumbnail
from app.panels.parts import Section, wrapped
from app.session import Session
from app.stage.view_state import ViewState
from app.theme.kinds import Kind
from app.variation_pictures import COUNT, VariationPictures
from app.workspace.document import Part
from app.worth_of_code import worth_of_code

WORDS = (
    "With noise drawn from each seed in place of the scan’s own: what the semantic code leaves open. "
    "A click takes the seed; the spread opens in Compare."
)


class VariationsPanel(Section):
    def __init__(self, session: Session, edits: EditPictures, pictures: VariationPictures) -> None:
        super().__init__("Variations")
        self._session, self._edits, self._pictures = session, edits, pictures
        self.switch = Toggle()
        self.switch.setAccessibleName("Show variations")
        self.switch.clicked.connect(pictures.set_open)
        self.add_aside(self.switch)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(6)
        self.body.addLayout(self._grid)
        self._words = wrapped(WORDS, tone="text3", type="note")
        self._grid.addWidget(self._words, 1, 1, 1, COUNT - 1, Qt.AlignmentFlag.AlignTop)
        self.tiles: list[StateTile] = []
        self._seeds: list[int] = []
        pictures.changed.connect(self.refresh)
        session.link.changed.connect(self._on_view)
        self.refresh()

    def refresh(self) -> None:
        is_open = self._pictures.is_open
        self.switch.setChecked(is_open)
        self._words.setVisible(is_open)
        self._words.setText(f"{WORDS} {worth_of_code(self._session.model)}".rstrip())
        seeds = [edit.seed for edit in self._pictures.edits] if is_open else []
        if seeds != self._seeds:
            self._stand(seeds)
        if not is_open:
            return
        view, now = self._session.link.state, self._edits.edit
        for tile, edit, picture in zip(self.tiles, self._pictures.edits, self._pictures.pictures, strict=False):
            cut = thumbnail(picture.volume) if picture is not None else None
            tile.show_state(cut, view.window, view.convention, edit == now)
        spread = self._pictures.spread
        cut = thumbnail(spread) if spread is not None else None
        top = float(cut.max()) if cut is not None else 1.0
        self.tiles[COUNT].show_state(cut, (0.0, top or 1.0), view.convention, False)
        self.tiles[COUNT].setEnabled(spread is not None)

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if (now.window, now.convention) != (before.window, before.convention):
            self.refresh()

    def _stand(self, seeds: list[int]) -> None:
        for tile in self.tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self._seeds, self.tiles = seeds, []
        scan = self._session.current
        title = scan.title if scan is not None else ""
        for place, seed in enumerate(seeds):
            tile = StateTile(f"seed {seed}", Kind.SYNTHETIC, title)
            tile.clicked.connect(lambda _=False, place=place: self._session.set_edit(self._pictures.edits[place]))
            self._add(tile, 0, place)
        if seeds:
            tile = StateTile("spread", Kind.CHANGE, title)
            tile.clicked.connect(lambda _=False: self._show_spread())
            self._add(tile, 1, 0)

    def _add(self, tile: StateTile, row: int, column: int) -> None:
        self._grid.addWidget(tile, row, column, Qt.AlignmentFlag.AlignTop)
        self._grid.setColumnStretch(column, 1)
        self.tiles.append(tile)

    def _show_spread(self) -> None:
        comparison = self._session.workspace.comparison
        place = comparison.places[-1]
        self._session.compare(parts=comparison.with_part(place, Part("spread")).parts)
        self._session.set_page("compare")

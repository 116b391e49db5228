"""States to come back to: kept with one key, shown by a thumbnail, returned to with a click."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout

from app.age_words import age_words
from app.controls.state_tile import KeptTile
from app.edit_pictures import EditPictures
from app.kept_pictures import KeptPictures
from app.panels.part_drag import drag
from app.panels.parts import Section, label, quiet_button, row, wrapped
from app.session import Session
from app.stage.view_state import ViewState
from app.theme.current import scaled
from app.theme.kinds import Kind
from app.theme.style import mark
from app.theme.tokens import number
from app.workspace.document import Edit, Kept, Part, Scan

IN_A_ROW = 4


class KeptPanel(Section):
    """All states that the workspace keeps, in the order they were kept."""

    rebuild_asked = Signal()
    """A state is to be read from the sidecar of a file."""

    def __init__(self, session: Session, edits: EditPictures, pictures: KeptPictures) -> None:
        super().__init__("Kept")
        self._session, self._edits, self._pictures = session, edits, pictures
        self.button = quiet_button("Keep this", self.keep, "keep")
        self.button.setToolTip("Ctrl+K")
        self.add_aside(self.button)
        key = label("Ctrl K")
        mark(key, keycap="true")
        key.setFixedHeight(scaled(18))
        self.add_aside(key)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(10)
        for column in range(IN_A_ROW):
            self._grid.setColumnStretch(column, 1)
        self.body.addLayout(self._grid)
        self._empty = wrapped("Keep a state to come back to it.", tone="text3", type="note")
        self.body.addWidget(self._empty)
        self.rebuild = quiet_button("Rebuild from file…", self.rebuild_asked.emit, "folder")
        self.rebuild.setToolTip("Sliders, seed and steps of a synthetic file, from its sidecar")
        self.body.addLayout(row(self.rebuild, None))
        self.tiles: list[KeptTile] = []
        self._stood: tuple[tuple[Kept, Scan], ...] = ()
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        edits.changed.connect(self.refresh)
        pictures.changed.connect(self.refresh)
        session.link.changed.connect(self._on_view)
        self.refresh()

    def keep(self) -> None:
        """Ctrl+K: the sliders of the scan on the stage; nothing where that state is kept already."""
        scan = self._session.current
        if scan is not None and self._can_keep():
            kept = Kept(self._name_for(scan, self._edits.edit), scan.key, self._edits.edit)
            self._session.set_kept(f"Keep {kept.name}", (*self._session.workspace.kept, kept))

    def refresh(self) -> None:
        workspace = self._session.workspace
        self.button.setEnabled(self._can_keep())
        self._empty.setVisible(not workspace.kept)
        stood = tuple((kept, workspace.scan(kept.key)) for kept in workspace.kept)
        if stood != self._stood:
            self._stand(stood)
        for tile, kept in zip(self.tiles, workspace.kept, strict=True):
            chosen = (kept.key, kept.edit) == (workspace.current, self._edits.edit)
            view = self._session.link.state
            tile.show_state(self._pictures.slice(kept), view.window, view.convention, chosen)

    def _on_view(self, now: ViewState, before: ViewState) -> None:
        if (now.window, now.convention) != (before.window, before.convention):
            self.refresh()

    def _can_keep(self) -> bool:
        scan = self._session.current
        if scan is None or scan.source not in self._session.prepared or self._edits.held:
            return False
        state = (scan.key, self._edits.edit)
        return all((kept.key, kept.edit) != state for kept in self._session.workspace.kept)

    def _stand(self, stood: tuple[tuple[Kept, Scan], ...]) -> None:
        """New tiles: the document keeps other states than before."""
        for tile in self.tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self._stood, self.tiles = stood, []
        for place, (kept, scan) in enumerate(stood):
            tile = KeptTile(kept.name, Kind.COPY if kept.edit.is_zero else Kind.SYNTHETIC, scan.title)
            tile.clicked.connect(lambda _=False, kept=kept: self._session.return_to(kept))
            tile.renamed.connect(lambda name, place=place: self._rename(place, name))
            tile.removed.connect(lambda place=place: self._remove(place))
            tile.dragged.connect(partial(drag, Part("synthetic", kept.key, kept.edit), tile))
            self._grid.addWidget(tile, place // IN_A_ROW, place % IN_A_ROW)
            self.tiles.append(tile)

    def _rename(self, place: int, name: str) -> None:
        kept = list(self._session.workspace.kept)
        kept[place] = replace(kept[place], name=name)
        self._session.set_kept(f"Rename {name}", tuple(kept))

    def _remove(self, place: int) -> None:
        kept = self._session.workspace.kept
        self._session.set_kept(f"Remove {kept[place].name}", kept[:place] + kept[place + 1 :])

    def _name_for(self, scan: Scan, edit: Edit) -> str:
        """ "71.5 y" ("+10.0 y" from an unknown age), "Atrophy 0.30"; where nothing was moved, the scan's age."""
        words = []
        for direction in self._session.directions:
            zero = self._session.zero_of(direction.name, scan)
            if direction.name == "age" and (edit["age"] or edit.is_zero):
                words.append(age_words(self._session.age_of(scan, edit["age"]), edit["age"]))
            elif zero is not None and edit[direction.name]:
                words.append(f"{direction.label} {number(zero + edit[direction.name], 2)}")
        return ", ".join(word for word in words if word) or scan.visit or scan.name

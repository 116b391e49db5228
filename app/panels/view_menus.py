"""The menus of the tool bar: how the planes stand, places to come back to, what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import get_args

from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from app.panels.readout_bar import world_text
from app.session import Session
from app.stage.slicing import Plane
from app.stage.view_link import ViewLink
from app.stage.view_state import Layout, Tiles
from app.workspace.document import Bookmark

LAYOUTS: dict[Layout, str] = {
    "tall": "One large above two",
    "grid": "2 × 2",
    "row": "Side by side",
    "column": "One above the other",
    "strip": "One large above a strip",
}
SIZES = ((2, 3), (3, 4), (4, 5), (5, 6))


class LayoutMenu(QMenu):
    def __init__(self, link: ViewLink, parent: QWidget | None = None) -> None:
        super().__init__("Layout", parent)
        self._link = link
        self.aboutToShow.connect(self.build)

    def build(self) -> None:
        self.clear()
        view = self._link.state
        for layout, words in LAYOUTS.items():
            self._add(self, words, view.tiles is None and view.layout == layout, partial(self._lay_out, layout))
        self.addSeparator()
        tiles = view.tiles or Tiles()
        for plane in Plane:
            chosen = view.tiles is not None and tiles.axis == plane.through
            take = partial(self._link.change, tiles=replace(tiles, axis=plane.through))
            self._add(self, f"Lightbox, {plane.word.lower()}", chosen, take)
        sizes = self.addMenu("Lightbox size")
        for rows, columns in SIZES:
            chosen = (tiles.rows, tiles.columns) == (rows, columns)
            take = partial(self._link.change, tiles=replace(tiles, rows=rows, columns=columns))
            self._add(sizes, f"{rows} × {columns}", chosen, take)

    def _lay_out(self, layout: Layout) -> None:
        self._link.change(layout=layout, tiles=None)

    @staticmethod
    def _add(menu: QMenu, words: str, chosen: bool, take: Callable[[], object]) -> None:
        action = menu.addAction(words)
        action.setCheckable(True)
        action.setChecked(chosen)
        action.triggered.connect(lambda _=False: take())


def next_layout(link: ViewLink) -> None:
    layouts: tuple[Layout, ...] = get_args(Layout)
    at = layouts.index(link.state.layout)
    link.change(layout=layouts[(at + 1) % len(layouts)] if link.state.tiles is None else link.state.layout, tiles=None)


def toggle_tiles(link: ViewLink) -> None:
    link.change(tiles=None if link.state.tiles else Tiles())


class BookmarksMenu(QMenu):
    """A place goes by the crosshair; the list is part of the workspace, each change of it a step of undo."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Bookmarks", parent)
        self._session = session
        self.aboutToShow.connect(self.build)

    def build(self) -> None:
        self.clear()
        bookmarks = self._session.workspace.bookmarks
        self.addAction("Bookmark this place").triggered.connect(lambda _=False: self.keep())
        if bookmarks:
            self.addSeparator()
        for bookmark in bookmarks:
            words = f"{bookmark.name}   {world_text(bookmark.point)}"
            self.addAction(words).triggered.connect(partial(self.go_to, bookmark))
        if bookmarks:
            self.addSeparator()
            rename, remove = self.addMenu("Rename"), self.addMenu("Remove")
            for bookmark in bookmarks:
                rename.addAction(bookmark.name).triggered.connect(partial(self._rename, bookmark))
                remove.addAction(bookmark.name).triggered.connect(partial(self.remove, bookmark))

    def keep(self) -> None:
        """The crosshair's place, under the next free name."""
        session = self._session
        if session.current is None:
            return
        taken = {bookmark.name for bookmark in session.workspace.bookmarks}
        name = next(name for number in range(1, len(taken) + 2) if (name := f"Place {number}") not in taken)
        kept = Bookmark(name, session.link.state.crosshair)
        self._set(f"Bookmark {name}", (*session.workspace.bookmarks, kept))
        session.said.emit(f"{name} kept at {world_text(kept.point)}.", "")

    def go_to(self, bookmark: Bookmark, _: bool = False) -> None:
        self._session.link.set(self._session.link.state.at(bookmark.point))

    def remove(self, bookmark: Bookmark, _: bool = False) -> None:
        rest = tuple(one for one in self._session.workspace.bookmarks if one != bookmark)
        self._set(f"Bookmark {bookmark.name} removed", rest)

    def _rename(self, bookmark: Bookmark, _: bool = False) -> None:
        name, given = QInputDialog.getText(self.parentWidget(), "Rename", "Name of the place", text=bookmark.name)
        if given and name.strip():
            self.rename(bookmark, name.strip())

    def rename(self, bookmark: Bookmark, name: str) -> None:
        bookmarks = self._session.workspace.bookmarks
        renamed = tuple(replace(one, name=name) if one == bookmark else one for one in bookmarks)
        self._set(f"Bookmark {name}", renamed)

    def _set(self, words: str, bookmarks: tuple[Bookmark, ...]) -> None:
        before = self._session.workspace.bookmarks
        self._session.do(words, lambda w: replace(w, bookmarks=bookmarks), lambda w: replace(w, bookmarks=before))


class RulerMenu(QMenu):
    """Measuring on and off, and what was measured."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Ruler", parent)
        self._session = session
        self.aboutToShow.connect(self.build)

    def build(self) -> None:
        self.clear()
        rulers = self._session.link.state.rulers
        for ruler in rulers:
            words = f"{ruler.length:.1f} mm at {world_text(ruler.start)}"
            go_to = partial(self._session.link.change, crosshair=ruler.start)
            self.addAction(words).triggered.connect(lambda _=False, go_to=go_to: go_to())
        self.addSeparator()
        last, every = self.addAction("Remove the last"), self.addAction("Remove all")
        last.triggered.connect(lambda _=False: self.keep(len(rulers) - 1))
        every.triggered.connect(lambda _=False: self.keep(0))
        for action in (last, every):
            action.setEnabled(bool(rulers))

    def keep(self, count: int) -> None:
        """The first ``count`` rulers stay."""
        rulers = self._session.link.state.rulers[: max(count, 0)]
        self._session.view_steps.change("Ruler removed", rulers=rulers)

"""What the cells of Compare show, and the pictures that are missing for it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.edit_pictures import EditPictures
from app.panels.parts import years
from app.pictures import Picture, Recipe
from app.renders import Renders
from app.session import Session
from app.theme.kinds import Kind
from app.theme.tokens import signed
from app.workspace.document import Part, Scan
from engine.volume import Volume

LANE = "compare"


@dataclass(frozen=True)
class Seen:
    """A part as it can be shown now. ``volume`` None: not there yet; ``change`` is laid over it; ``final`` or not."""

    kind: Kind
    scan: Scan
    title: str
    age: str
    delta: str
    volume: Volume | None
    change: Volume | None = None
    calls: int = 0
    final: bool = True


class ComparePictures(QObject):
    """The visit on the stage has its pictures from ``EditPictures``; those of other visits are asked for here."""

    changed = Signal()

    def __init__(self, session: Session, edit_pictures: EditPictures) -> None:
        super().__init__(session)
        self._session, self._edit_pictures = session, edit_pictures
        self._renders = Renders(session, self.changed.emit)
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        edit_pictures.changed.connect(self.refresh)

    @property
    def finished(self) -> bool:
        """Whether every cell shows what it is there for, in its final picture."""
        seen = [self.seen(part) for part in self._session.workspace.comparison.parts]
        return all(one is not None and one.volume is not None and one.final for one in seen)

    def scan_of(self, part: Part) -> Scan | None:
        return self._session.current if part.key is None else self._session.workspace.scan(part.key)

    def seen(self, part: Part) -> Seen | None:
        """None: no scan is open."""
        scan = self.scan_of(part)
        if scan is None:
            return None
        prepared = self._session.prepared.get(scan.source)
        copy = self._session.pictures.find(Recipe(scan.source), "final")
        age = self._session.age_of(scan)
        title = scan.title if part.key is not None and part.key != self._session.workspace.current else ""
        if part.what == "scan":
            volume = prepared.volume if prepared else None
            return Seen(Kind.SCAN, scan, title, years(scan.age) if scan.age is not None else "", "", volume)
        if part.what == "copy":
            return Seen(Kind.COPY, scan, title, "", "", copy.volume if copy else None)
        made = self._synthetic(scan)
        moved = dict(made.recipe.changes if made else self._edit(scan)).get("age", 0.0)
        words = years(age + moved) if age is not None else ""
        delta = signed(moved) if moved else ""
        final = made is not None and made.recipe == self._recipe(scan) and made.reply.quality == "final"
        calls = made.reply.calls if made else 0
        if part.what == "synthetic":
            kind = Kind.COPY if made is not None and made.recipe.is_copy else Kind.SYNTHETIC
            return Seen(kind, scan, title, words, delta, made.volume if made else None, None, calls, final)
        base = self.base(scan)
        change = self._session.differences.of(made.volume, base) if made and base else None
        under = copy.volume if change is not None and copy is not None else None
        minus = f"synthetic − {self._session.workspace.comparison.minus}"
        return Seen(Kind.CHANGE, scan, f"{title} {minus}".strip(), "", "", under, change, calls, final)

    def base(self, scan: Scan) -> Volume | None:
        """What a change is counted from."""
        if self._session.workspace.comparison.minus == "scan":
            prepared = self._session.prepared.get(scan.source)
            return prepared.volume if prepared else None
        copy = self._session.pictures.find(Recipe(scan.source), "final")
        return copy.volume if copy else None

    def refresh(self) -> None:
        """Ask for what is missing, while the page is looked at."""
        workspace, session = self._session.workspace, self._session
        if workspace.page == "compare" and session.model is not None:
            for part in workspace.comparison.parts:
                scan = self.scan_of(part)
                if scan is None or scan.key == workspace.current:
                    continue
                session.prepare(scan)
                if scan.source in session.prepared and part.what != "scan":
                    self._renders.ask(Recipe(scan.source), "final", f"{LANE}:{scan.key}:copy")
                    self._renders.ask(self._recipe(scan), "final", f"{LANE}:{scan.key}:edit")
        self.changed.emit()

    def _edit(self, scan: Scan) -> tuple[tuple[str, float], ...]:
        return self._recipe(scan).changes

    def _recipe(self, scan: Scan) -> Recipe:
        at_hand = scan.key == self._session.workspace.current
        edit = self._edit_pictures.edit if at_hand else self._session.workspace.edit(scan.key)
        return Recipe(scan.source, edit.changes, seed=edit.seed)

    def _synthetic(self, scan: Scan) -> Picture | None:
        if scan.key == self._session.workspace.current:
            return self._edit_pictures.shown
        return self._session.pictures.best(self._recipe(scan))

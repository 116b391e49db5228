"""What the cells of Compare show, and the pictures that are missing for it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.age_words import age_words
from app.edit_pictures import EditPictures
from app.panels.parts import years
from app.panels.scans_panel import KINDS
from app.pictures import Picture, Recipe, copy_of, recipe_of
from app.renders import Renders
from app.session import Session
from app.theme.kinds import Kind
from app.theme.tokens import signed
from app.variation_pictures import VariationPictures
from app.workspace.document import Edit, Part, Scan, What
from app.workspace.timeline import Spot, neighbours, spot_at, spots
from engine.volume import Volume

LANE = "compare"
READ: dict[What, tuple[What, ...]] = {
    "change": ("scan", "copy", "synthetic"),
    "error": ("scan", "copy"),
    "spread": ("copy",),
    "missed": ("scan", "predicted"),
}
"""The volumes behind a map."""
ORDER: tuple[What, ...] = ("scan", "copy", "synthetic", "point", "predicted")
MAPS: tuple[What, ...] = tuple(READ)


@dataclass(frozen=True)
class Seen:
    """A part as it can be shown now. ``volume`` None: not there yet; ``change`` is laid over it, which then is the
    ``under``; ``final`` or not."""

    kind: Kind
    scan: Scan
    title: str
    age: str
    delta: str
    volume: Volume | None
    change: Volume | None = None
    calls: int = 0
    final: bool = True
    under: str = "copy"
    two_sided: bool = True
    """Whether the map's values may be below 0: a change; a spread has none."""

    @property
    def name(self) -> str:
        """In a list of values: "sub-01 ses-A synthetic 71.5 y"."""
        kind = "" if self.kind is Kind.CHANGE else self.kind.word
        return " ".join(words for words in (kind, self.title, self.age) if words)

    @property
    def read(self) -> Volume | None:
        """Whose values are read: the map's where there is one."""
        return self.volume if self.change is None else self.change


class ComparePictures(QObject):
    """The visit on the stage has its pictures from ``EditPictures``; all others are asked for here."""

    changed = Signal()

    def __init__(self, session: Session, edit_pictures: EditPictures, variations: VariationPictures) -> None:
        super().__init__(session)
        self._session, self._edit_pictures, self._variations = session, edit_pictures, variations
        self._renders = Renders(session, self.refresh)
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        edit_pictures.changed.connect(self.refresh)
        variations.changed.connect(self.changed)

    @property
    def finished(self) -> bool:
        """Whether every cell shows what it is there for, in its final picture."""
        seen = [self.seen(part) for part in self._session.workspace.comparison.seen]
        return all(one is not None and one.volume is not None and one.final for one in seen)

    def scan_of(self, part: Part) -> Scan | None:
        return self._session.current if part.key is None else self._session.workspace.scan(part.key)

    def seen(self, part: Part) -> Seen | None:
        """None: no scan is open, or the visit has no neighbours any more."""
        scan = self.scan_of(part)
        if scan is None:
            return None
        prepared = self._session.prepared.get(scan.source)
        title = scan.title if part.key is not None and part.key != self._session.workspace.current else ""
        age = years(scan.age) if scan.age is not None else ""
        if part.what == "scan":
            return Seen(KINDS[scan.kind], scan, title, age, "", prepared.volume if prepared else None)
        if part.what in ("point", "predicted", "missed"):
            return self._seen_between(part, scan, prepared.volume if prepared else None)
        copy = self._session.pictures.find(copy_of(scan.source, self._edit(part, scan)), "final")
        under = copy.volume if copy is not None else None
        if part.what == "copy":
            return Seen(Kind.COPY, scan, title, "", "", under)
        if part.what == "spread":
            spread = self._variations.spread if scan.key == self._session.workspace.current else None
            shown = under if spread is not None else None
            return Seen(Kind.CHANGE, scan, "spread of the variations", "", "", shown, spread, two_sided=False)
        if part.what == "error":
            error = self._difference(under, prepared.volume if prepared else None)
            return Seen(Kind.CHANGE, scan, f"{title} copy − scan, error".strip(), "", "", error and under, error)
        return self._seen_edit(part, scan, title, under)

    def _seen_edit(self, part: Part, scan: Scan, title: str, copy: Volume | None) -> Seen:
        """The edit, or the map of what it changes."""
        edit = self._edit(part, scan)
        made = self._made(part, scan)
        final = made is not None and made.recipe == recipe_of(scan.source, edit) and made.reply.quality == "final"
        calls = made.reply.calls if made else 0
        if part.what == "synthetic":
            moved = dict(made.recipe.changes if made else edit.changes).get("age", 0.0)
            age = self._session.age_of(scan, moved)
            kind = Kind.COPY if made is not None and made.recipe.is_copy else Kind.SYNTHETIC
            volume = made.volume if made else None
            words = age_words(age, moved)
            title = self._kept_name(part) or title
            return Seen(
                kind,
                scan,
                "" if title == words else title,
                words,
                signed(moved) if moved and age is not None else "",
                volume,
                None,
                calls,
                final,
            )
        base = self.base(scan, edit)
        change = self._difference(made.volume if made else None, base)
        minus = self._session.workspace.comparison.minus
        words = f"{title} synthetic − {minus}".strip()
        if minus == "scan":
            words += ", with reconstruction error"
        elif made is not None and made.recipe.is_copy:
            words += ", no slider moved"
        return Seen(Kind.CHANGE, scan, words, "", "", base if change else None, change, calls, final, minus)

    def _seen_between(self, part: Part, scan: Scan, acquired: Volume | None) -> Seen | None:
        """A point of the timeline, or what lies where a visit was left out."""
        spot = self.spot_of(part)
        if spot is None:
            return None
        made = self._session.pictures.best(_recipe_at(spot))
        volume = made.volume if made else None
        final, calls = (made.reply.quality == "final", made.reply.calls) if made else (False, 0)
        if part.what == "missed":
            missed = self._difference(volume, acquired)
            title = f"predicted − {scan.visit or scan.name}"
            shown = volume if missed is not None else None
            return Seen(Kind.CHANGE, scan, title, "", "", shown, missed, calls, final, "prediction")
        title = f"without {scan.visit or scan.name}" if part.what == "predicted" else ""
        kind = Kind.EXTRAPOLATED if spot.extrapolated else Kind.SYNTHETIC
        words = years(spot.age) if spot.age is not None else f"{spot.fraction:.2f} of the way"
        return Seen(kind, scan, title, words, "", volume, None, calls, final)

    def spot_of(self, part: Part) -> Spot | None:
        """Where a point, or the prediction of a visit, lies."""
        if part.what == "point" and part.key is not None and part.second is not None:
            first, second = (self._session.workspace.scan(key) for key in (part.key, part.second))
            return spot_at(first, second, part.fraction, self._session.age_of)
        scan = self.scan_of(part)
        return neighbours(self._session.workspace, scan.key, self._session.age_of) if scan is not None else None

    def base(self, scan: Scan, edit: Edit) -> Volume | None:
        """What a change is counted from."""
        if self._session.workspace.comparison.minus == "scan":
            prepared = self._session.prepared.get(scan.source)
            return prepared.volume if prepared else None
        copy = self._session.pictures.find(copy_of(scan.source, edit), "final")
        return copy.volume if copy else None

    def offers(self) -> list[tuple[str, Part]]:
        """All that a cell can hold, in words: of the visit on the stage, what was kept, the timeline, other visits.

        The kind stands first: a picker that is too narrow for a long name still tells scan from copy.
        """
        workspace, age_of = self._session.workspace, self._session.age_of
        scan = self._session.current
        if scan is None:
            return []
        moved = self._edit_pictures.edit["age"]
        age = age_of(scan, moved)
        offers = [
            (f"Scan {years(scan.age)}" if scan.age is not None else "Scan", Part("scan")),
            ("Copy", Part("copy")),
            (f"Synthetic {age_words(age, moved)}".strip(), Part("synthetic")),
            ("Change map", Part("change")),
            ("Copy − scan, error", Part("error")),
            ("Spread of the variations", Part("spread")),
        ]
        for kept in workspace.kept:
            offers.append((f"Kept: {kept.name}", Part("synthetic", kept.key, kept.edit)))
            if kept.edit.changes:
                offers.append((f"Change map, kept: {kept.name}", Part("change", kept.key, kept.edit)))
        for spot in spots(workspace, age_of):
            if spot.visit is None:
                place = years(spot.age) if spot.age is not None else f"{spot.fraction:.2f} of the way"
                part = Part("point", spot.first.key, None, spot.second.key, spot.fraction)
                offers.append((f"Timepoint {place}", part))
        for other in workspace.scans:
            if neighbours(workspace, other.key, age_of) is not None:
                offers.append((f"Predicted without {other.title}", Part("predicted", other.key)))
                offers.append((f"Predicted − scan: {other.title}", Part("missed", other.key)))
            if other.key != scan.key:
                ages = f" {years(other.age)}" if other.age is not None else ""
                offers.append((f"Scan{ages}: {other.title}", Part("scan", other.key)))
                offers.append((f"Copy: {other.title}", Part("copy", other.key)))
                offers.append((f"Synthetic: {other.title}", Part("synthetic", other.key)))
                offers.append((f"Change map: {other.title}", Part("change", other.key)))
        return offers

    def read(self) -> list[Seen]:
        """Every volume that the cells show or take a difference of, once; scans first."""
        parts: dict[Part, None] = {}
        for part in self._session.workspace.comparison.seen:
            for what in READ.get(part.what, (part.what,)):
                key = None if part.key == self._session.workspace.current else part.key
                edit = part.edit if what in ("synthetic", "copy") else None
                between = part if what == "point" else Part(what, key, edit)
                parts[between] = None
        seen = [self.seen(part) for part in sorted(parts, key=lambda part: ORDER.index(part.what))]
        there = {id(one.volume): one for one in reversed(seen) if one is not None and one.volume is not None}
        return list(reversed(there.values()))

    def differences(self) -> list[Seen]:
        """The maps that the cells show, and those of edit and error where a cell holds the visit on the stage."""
        workspace = self._session.workspace
        on_stage = any(part.key in (None, workspace.current) for part in workspace.comparison.seen)
        here = (Part("change"), Part("error")) if on_stage else ()
        shown = [part for part in workspace.comparison.seen if part.what in MAPS]
        found = [self.seen(part) for part in dict.fromkeys((*here, *shown))]
        return [one for one in found if one is not None and one.change is not None]

    def refresh(self) -> None:
        """Ask for what is missing, while the page is looked at."""
        session = self._session
        if session.workspace.page == "compare" and session.model is not None:
            for part in session.workspace.comparison.seen:
                for place, recipe in enumerate(self._recipes(part)):
                    sources = [recipe.scan, *([recipe.second] if recipe.second else [])]
                    if all(source in session.prepared for source in sources):
                        self._renders.ask(recipe, "final", f"{LANE}:{part}:{place}", background=True)
        self.changed.emit()

    def _recipes(self, part: Part) -> list[Recipe]:
        """What the engine has to make for ``part``, the edit on the stage aside; its visits are prepared on the way."""
        scan = self.scan_of(part)
        if scan is None:
            return []
        if part.what in ("point", "predicted", "missed"):
            spot = self.spot_of(part)
            for visit in (scan, *((spot.first, spot.second) if spot is not None else ())):
                self._session.prepare(visit)
            return [_recipe_at(spot)] if spot is not None else []
        self._session.prepare(scan)
        if part.what in ("scan", "spread") or (scan.key == self._session.workspace.current and part.edit is None):
            return []
        edit = self._edit(part, scan)
        return [copy_of(scan.source, edit), recipe_of(scan.source, edit)]

    def _edit(self, part: Part, scan: Scan) -> Edit:
        if part.edit is not None:
            return part.edit
        at_hand = scan.key == self._session.workspace.current
        return self._edit_pictures.edit if at_hand else self._session.workspace.edit(scan.key)

    def _made(self, part: Part, scan: Scan) -> Picture | None:
        if part.edit is None and scan.key == self._session.workspace.current:
            return self._edit_pictures.shown
        return self._session.pictures.best(recipe_of(scan.source, self._edit(part, scan)))

    def _kept_name(self, part: Part) -> str:
        states = self._session.workspace.kept if part.edit is not None else ()
        key = part.key or self._session.workspace.current
        return next((kept.name for kept in states if (kept.key, kept.edit) == (key, part.edit)), "")

    def _difference(self, made: Volume | None, base: Volume | None) -> Volume | None:
        return self._session.differences.of(made, base) if made is not None and base is not None else None


def _recipe_at(spot: Spot) -> Recipe:
    return Recipe(spot.first.source, second=spot.second.source, fraction=spot.fraction)

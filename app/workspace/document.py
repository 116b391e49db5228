"""The document and the pure functions from one document to the next.

Everything here is small and frozen. Volumes are derived from it, kept elsewhere, and can be made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from app.stage.view_state import Point, ViewState
from engine.service.messages import ScanSource

Page = Literal["explore", "compare", "time", "preparation"]
What = Literal["scan", "copy", "synthetic", "change", "error", "spread", "point", "predicted", "missed"]
Mode = Literal["side by side", "wipe", "flicker", "fade", "checkerboard"]
Shape = Literal["1×2", "1×3", "2×2"]
Layout = Literal["columns", "strip", "single"]
RATES = (1, 30)
"""The slowest and the fastest film, frames a second."""


@dataclass(frozen=True)
class Scan:
    """One visit of one person: a file and what is known or was said of it. ``age`` in years, None: not known."""

    key: str
    path: str
    subject: str
    visit: str = ""
    age: float | None = None
    sex: str = ""
    kind: Literal["scan", "copy", "synthetic", "unknown"] = "scan"
    stripped: bool | None = None
    registered: bool | None = None
    mask: str | None = None
    series: int | None = None
    volume: int | None = None
    counted_to: str = ""
    """The subject whose visit the user says this is, against what the file says."""
    as_visit: bool = False
    """The user wants a file marked synthetic, the same as another one, or a further run to be a visit."""
    twin: bool = False
    """The same file, byte for byte, as another visit of the person."""
    repeat: bool = False
    """A further run of a session that was opened before."""
    accepted: bool = False
    """The user has looked at what warned in its preparation."""
    checksum: str = ""
    """By which the file is found again where it was moved to; see ``app.workspace.moved``."""

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def title(self) -> str:
        return f"{self.subject} {self.visit}".strip()

    @property
    def visit_title(self) -> str:
        """What it is called among the visits of its person: in full where its file is someone else's."""
        return self.title if self.counted_to else self.visit or self.name

    @property
    def person(self) -> str:
        """Whose visit this is."""
        return self.counted_to or self.subject

    @property
    def is_visit(self) -> bool:
        return (self.kind == "scan" and not self.twin and not self.repeat) or self.as_visit

    @property
    def source(self) -> ScanSource:
        """What the engine needs to find the same voxels. The age is no part of it: it changes no picture."""
        return ScanSource(
            self.path,
            stripped=self.stripped,
            registered=self.registered,
            mask=self.mask,
            series=self.series,
            volume=self.volume,
        )


@dataclass(frozen=True)
class Edit:
    """How far each direction is moved from the scan's own value, in the direction's unit; zeros are left out.

    While the others move, the readers of ``held`` directions stay still. ``semantic_only``: the noise is drawn from
    ``seed``, not the scan's own. ``calls`` of the final picture, None: the model's own.
    """

    changes: tuple[tuple[str, float], ...] = ()
    seed: int = 0
    held: tuple[str, ...] = ()
    semantic_only: bool = False
    calls: int | None = None

    def __getitem__(self, direction: str) -> float:
        return dict(self.changes).get(direction, 0.0)

    @property
    def is_zero(self) -> bool:
        """Whether it is the copy."""
        return not self.changes and not self.semantic_only

    def moved(self, direction: str, change: float) -> Edit:
        changes = {**dict(self.changes), direction: change}
        return replace(self, changes=tuple(sorted((name, value) for name, value in changes.items() if value != 0.0)))

    def holding(self, directions: Iterable[str]) -> Edit:
        return replace(self, held=tuple(sorted(directions)))


@dataclass(frozen=True)
class Kept:
    """A state of the visit ``key`` to come back to."""

    name: str
    key: str
    edit: Edit


@dataclass(frozen=True)
class OverlayFile:
    """A second volume or label map over the picture; how it is drawn says the view's layer of that key."""

    key: str
    path: str


@dataclass(frozen=True)
class Bookmark:
    """A place to come back to; world millimetres."""

    name: str
    point: Point


@dataclass(frozen=True)
class Part:
    """What is compared: of the visit ``key``, None: of the one on the stage.

    ``edit``: of a state that was kept, None: of the sliders as they stand. A "point" lies ``fraction`` of the way to
    the visit ``second``. "predicted" is what lies between the neighbours of the visit, "missed" that minus its scan.
    """

    what: What
    key: str | None = None
    edit: Edit | None = None
    second: str | None = None
    fraction: float = 0.0


CELLS: dict[Shape, int] = {"1×2": 2, "1×3": 3, "2×2": 4}
PARTS = (Part("scan"), Part("synthetic"), Part("change"), Part("copy"), Part("error"))


@dataclass(frozen=True)
class Comparison:
    """The cells hold ``parts`` in their order. But for side by side, the second part lies over the first, in the first
    cell: right of ``divider`` (a fraction of the width), with the opacity ``fade``, in turns, ``rate`` times a second,
    or in every other of ``squares`` across. A change is counted from ``minus``. ``own``: the view of cells that are
    not linked, by the cell's number.
    """

    parts: tuple[Part, ...] = PARTS
    mode: Mode = "wipe"
    shape: Shape = "1×2"
    divider: float = 0.55
    fade: float = 0.5
    rate: float = 1.0
    squares: int = 8
    minus: Literal["copy", "scan"] = "copy"
    own: Mapping[int, ViewState] = field(default_factory=dict)

    @property
    def laid_over(self) -> bool:
        return self.mode != "side by side"

    @property
    def places(self) -> tuple[int, ...]:
        """Which part each cell holds; what is laid over the first one is none of them."""
        count = CELLS[self.shape]
        return (0, *range(2, count + 1)) if self.laid_over else tuple(range(count))

    @property
    def seen(self) -> tuple[Part, ...]:
        """What is looked at now."""
        return self.parts[: CELLS[self.shape] + self.laid_over]

    def with_part(self, place: int, part: Part) -> Comparison:
        return replace(self, parts=(*self.parts[:place], part, *self.parts[place + 1 :]))

    def without(self, key: str) -> Comparison:
        """Nothing of the visit ``key``: what the cell holds at first takes its place."""
        pairs = zip(self.parts, PARTS, strict=True)
        return replace(self, parts=tuple(first if key in (part.key, part.second) else part for part, first in pairs))


@dataclass(frozen=True)
class Film:
    """How the points of a timeline are shown: all planes of each, one plane of each, or one point at a time; the visits
    as scans or as their copies; played at ``rate`` frames a second, from the end back to the start or back and forth.
    The curve is one of ``measure``.
    """

    layout: Layout = "columns"
    ends: Literal["scan", "copy"] = "scan"
    rate: int = 4
    repeat: Literal["loop", "bounce"] = "loop"
    measure: str = "age"


@dataclass(frozen=True)
class Workspace:
    """``edits`` by the scan's key; ``current`` is the key of the scan on the stage. The timeline has ``points`` between
    two visits and, with ``beyond`` (years, 0: none), one before the first and one after the last; or it has points at
    the ages in ``typed``, by person.
    """

    scans: tuple[Scan, ...] = ()
    edits: Mapping[str, Edit] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    current: str | None = None
    page: Page = "explore"
    points: int = 3
    beyond: float = 0.0
    typed: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    comparison: Comparison = field(default_factory=Comparison)
    film: Film = field(default_factory=Film)
    kept: tuple[Kept, ...] = ()
    view: ViewState = field(default_factory=ViewState)
    overlays: tuple[OverlayFile, ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()

    def scan(self, key: str) -> Scan:
        """Raises KeyError."""
        for scan in self.scans:
            if scan.key == key:
                return scan
        raise KeyError(key)

    @property
    def current_scan(self) -> Scan | None:
        return None if self.current is None else self.scan(self.current)

    def edit(self, key: str) -> Edit:
        return self.edits.get(key, Edit())

    def by_subject(self) -> dict[str, list[Scan]]:
        """Subjects in the order they came, the visits of each by age, then by name."""
        subjects: dict[str, list[Scan]] = {}
        for scan in self.scans:
            subjects.setdefault(scan.person, []).append(scan)
        return {subject: sorted(visits, key=_visit_order) for subject, visits in subjects.items()}

    @property
    def visits(self) -> tuple[Scan, ...]:
        """All visits of the person on the stage, in their order; empty with fewer than two.

        A file marked synthetic is no visit, unless the user said so.
        """
        current = self.current_scan
        if current is None:
            return ()
        visits = tuple(scan for scan in self.by_subject()[current.person] if scan.is_visit)
        return visits if len(visits) > 1 and current in visits else ()


Step = Callable[[Workspace], Workspace]


def _visit_order(scan: Scan) -> tuple[bool, float, str]:
    return scan.age is None, scan.age or 0.0, scan.visit


def with_scan(workspace: Workspace, scan: Scan) -> Workspace:
    """The scan added; the first one becomes current."""
    current = scan.key if workspace.current is None else workspace.current
    return replace(workspace, scans=(*workspace.scans, scan), current=current)


def without_scan(workspace: Workspace, key: str) -> Workspace:
    """The scan, its edit and what was kept of it taken out.

    Another visit of the person, or any other scan, becomes current.
    """
    person = workspace.scan(key).person
    scans = tuple(scan for scan in workspace.scans if scan.key != key)
    current = workspace.current
    if current == key:
        relatives = [scan.key for scan in scans if scan.person == person] or [scan.key for scan in scans]
        current = relatives[0] if relatives else None
    edits = {name: edit for name, edit in workspace.edits.items() if name != key}
    notes = {name: note for name, note in workspace.notes.items() if name != key}
    kept = tuple(state for state in workspace.kept if state.key != key)
    comparison = workspace.comparison.without(key)
    return replace(workspace, scans=scans, edits=edits, notes=notes, current=current, comparison=comparison, kept=kept)


def with_current(workspace: Workspace, key: str) -> Workspace:
    return replace(workspace, current=workspace.scan(key).key)


def with_edit(workspace: Workspace, key: str, edit: Edit) -> Workspace:
    return replace(workspace, edits={**workspace.edits, workspace.scan(key).key: edit})


def with_visit(workspace: Workspace, key: str, person: str) -> Workspace:
    """The scan counted among the visits of ``person``, whatever its file says."""
    scans = tuple(
        replace(
            scan,
            counted_to=person if person != scan.subject else "",
            as_visit=scan.kind != "scan" or scan.twin or scan.repeat,
        )
        if scan.key == key
        else scan
        for scan in workspace.scans
    )
    return replace(workspace, scans=scans)


def as_it_was(workspace: Workspace, before: tuple[Scan, ...], key: str) -> Workspace:
    """The scan ``key`` as it stood among the scans ``before``."""
    old = {scan.key: scan for scan in before}
    return replace(workspace, scans=tuple(old[key] if scan.key == key else scan for scan in workspace.scans))


def with_age(workspace: Workspace, key: str, age: float | None) -> Workspace:
    scans = tuple(replace(scan, age=age) if scan.key == key else scan for scan in workspace.scans)
    return replace(workspace, scans=scans)


def with_typed(workspace: Workspace, person: str, ages: tuple[float, ...] | None) -> Workspace:
    """Points at ``ages`` on the timeline of ``person``; None: at equal steps."""
    others = {one: typed for one, typed in workspace.typed.items() if one != person}
    return replace(workspace, typed=others if ages is None else {**others, person: tuple(sorted(ages))})


def with_told(
    workspace: Workspace, key: str, stripped: bool | None, registered: bool | None, mask: str | None
) -> Workspace:
    """What the user says of the scan's preparation; None: find out. It has then to be looked at again."""
    return with_fields(workspace, key, stripped=stripped, registered=registered, mask=mask, accepted=False)


def with_fields(workspace: Workspace, key: str, **fields: Any) -> Workspace:
    """The scan with some of its fields replaced."""
    scans = tuple(replace(scan, **fields) if scan.key == key else scan for scan in workspace.scans)
    return replace(workspace, scans=scans)


def with_note(workspace: Workspace, key: str, note: str) -> Workspace:
    return replace(workspace, notes={**workspace.notes, key: note})


def new_key(workspace: Workspace) -> str:
    taken = {scan.key for scan in workspace.scans}
    return next(key for number in range(1, len(taken) + 2) if (key := f"scan-{number}") not in taken)

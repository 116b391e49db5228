"""The document and the pure functions from one document to the next.

Everything here is small and frozen. Volumes are derived from it, kept elsewhere, and can be made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from app.stage.view_state import ViewState
from engine.service.messages import ScanSource

Page = Literal["explore", "compare", "time", "preparation"]
What = Literal["scan", "copy", "synthetic", "change"]
Mode = Literal["side by side", "wipe", "flicker", "fade"]
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
    """The user wants a file marked synthetic to be a visit."""
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
    def person(self) -> str:
        """Whose visit this is."""
        return self.counted_to or self.subject

    @property
    def is_visit(self) -> bool:
        return self.kind == "scan" or self.as_visit

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
    """How far each direction is moved from the scan's own value, in the direction's unit; zeros are left out."""

    changes: tuple[tuple[str, float], ...] = ()
    seed: int = 0

    def __getitem__(self, direction: str) -> float:
        return dict(self.changes).get(direction, 0.0)

    @property
    def is_zero(self) -> bool:
        return not self.changes

    def moved(self, direction: str, change: float) -> Edit:
        changes = {**dict(self.changes), direction: change}
        return replace(self, changes=tuple(sorted((name, value) for name, value in changes.items() if value != 0.0)))


@dataclass(frozen=True)
class Kept:
    """A state of the visit ``key`` to come back to."""

    name: str
    key: str
    edit: Edit


@dataclass(frozen=True)
class Part:
    """What is compared: of the visit ``key``, None: of the one on the stage."""

    what: What
    key: str | None = None


@dataclass(frozen=True)
class Comparison:
    """The left cell holds ``first``; the right one ``second``, side by side, else ``beside``, since ``second`` then
    lies over ``first``: right of ``divider`` (a fraction of the width), with the opacity ``fade``, or in turns,
    ``rate`` times a second. A change is counted from ``minus``.
    """

    first: Part = Part("scan")
    second: Part = Part("synthetic")
    beside: Part = Part("change")
    mode: Mode = "wipe"
    divider: float = 0.55
    fade: float = 0.5
    rate: float = 1.0
    minus: Literal["copy", "scan"] = "copy"

    @property
    def laid_over(self) -> bool:
        return self.mode != "side by side"

    @property
    def right(self) -> Part:
        return self.beside if self.laid_over else self.second

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is looked at now."""
        return (self.first, self.second, self.beside) if self.laid_over else (self.first, self.second)

    def without(self, key: str) -> Comparison:
        """Nothing of the visit ``key``: the one on the stage takes its place."""
        first, second, beside = (
            Part(part.what) if part.key == key else part for part in (self.first, self.second, self.beside)
        )
        return replace(self, first=first, second=second, beside=beside)


@dataclass(frozen=True)
class Film:
    """How the points of a timeline are shown: all planes of each, one plane of each, or one point at a time; the ends
    as scans or as their copies; played at ``rate`` frames a second, from the end back to the start or back and forth.
    """

    layout: Layout = "columns"
    ends: Literal["scan", "copy"] = "scan"
    rate: int = 4
    repeat: Literal["loop", "bounce"] = "loop"


@dataclass(frozen=True)
class Workspace:
    """``edits`` by the scan's key; ``current`` is the key of the scan on the stage; ``points`` between two visits."""

    scans: tuple[Scan, ...] = ()
    edits: Mapping[str, Edit] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    current: str | None = None
    page: Page = "explore"
    points: int = 3
    comparison: Comparison = field(default_factory=Comparison)
    film: Film = field(default_factory=Film)
    kept: tuple[Kept, ...] = ()
    view: ViewState = field(default_factory=ViewState)

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

    def gap(self) -> tuple[Scan, Scan] | None:
        """The current visit and the next of the same person (for the last: the one before); None with one visit.

        A file marked synthetic is no visit, unless the user said so.
        """
        current = self.current_scan
        if current is None:
            return None
        visits = [scan for scan in self.by_subject()[current.person] if scan.is_visit]
        if len(visits) < 2 or current not in visits:
            return None
        at = min(visits.index(current), len(visits) - 2)
        return visits[at], visits[at + 1]


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
        replace(scan, counted_to=person if person != scan.subject else "", as_visit=scan.kind != "scan")
        if scan.key == key
        else scan
        for scan in workspace.scans
    )
    return replace(workspace, scans=scans)


def with_age(workspace: Workspace, key: str, age: float | None) -> Workspace:
    scans = tuple(replace(scan, age=age) if scan.key == key else scan for scan in workspace.scans)
    return replace(workspace, scans=scans)


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

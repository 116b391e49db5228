"""The open document and its engine: what is opened, chosen, undone, prepared and exported.

The one place that changes the workspace. Views call its methods and listen to its signals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app import background
from app.engine_client import EngineClient
from app.pictures import Blocks, Differences, Picture, Pictures, Recipe
from app.stage.overlay_volume import straightened
from app.stage.slicing import is_oblique
from app.stage.view_link import ViewLink
from app.stage.view_state import Point, ViewState
from app.theme.tokens import signed, steps_words
from app.view_steps import ViewSteps
from app.visits import ask_whose, same_file
from app.workspace import bids, document, files, history, moved
from app.workspace.choices import Choice, Offer, choice_in
from app.workspace.document import Edit, Kept, Page, Scan, Step, Workspace
from app.workspace.history import Done, Past
from engine.errors import NeurolapseError
from engine.service.messages import (
    Block,
    DirectionDescription,
    Export,
    ExportReply,
    ExportTimeline,
    LoadModel,
    LoadNative,
    MeasureVolumes,
    ModelDescription,
    NativeReply,
    Prepare,
    PreparedReply,
    Quality,
    Render,
    RenderReply,
    Request,
    ScanSource,
    VolumesReply,
)
from engine.volume import FloatArray, Grid, Volume, spacing, voxel_from_world, world_from_voxel

WINDOW_PERCENTILES = (0.5, 99.5)
VENTRICLES = (1.0, -18.0, 20.0)
"""MNI millimetres, beside the septum: all three planes cut the lateral ventricles here, which change most with age."""
UNTITLED = "Untitled"
MOST_LOOSE = 20
"""Image files of a folder without an order that are opened with it."""
CANCELLED = "Cancelled"
DEMO = Path(__file__).resolve().parents[1] / "resources" / "demo"


@dataclass(frozen=True)
class Prepared:
    """A scan on the model's grid."""

    volume: Volume
    reply: PreparedReply


@dataclass(frozen=True)
class Refusal:
    """A file that could not be opened, and the sentence that says why."""

    name: str
    sentence: str


@dataclass(frozen=True)
class Question:
    """Asked once; ``agree`` does what the word ``yes`` says."""

    title: str
    sentence: str
    yes: str
    agree: Callable[[], None]


@dataclass
class _Answer:
    done: Callable[[object], None]
    failed: Callable[[str], None]
    dropped: Callable[[], None]


class Session(QObject):
    """One window's document, undo stack, engine, and the pictures made for it."""

    document_changed = Signal()
    scan_changed = Signal(object)
    """Scan: its native or prepared volume arrived."""
    refusals_changed = Signal()
    choice_asked = Signal(object)
    """Choice: a file or folder holds several scans; ``open_offer`` opens one."""
    question_asked = Signal(object)
    """Question: what was opened waits for no answer, it can be looked at."""
    rebuild_asked = Signal(object)
    """Path: the sidecar of a synthetic file was opened."""
    moved_asked = Signal(object)
    """tuple of Scan: not where the workspace just opened has them; ``find_again`` takes their places."""
    opened = Signal(object)
    """list of Path: what the user named, where it could be opened."""
    turned_away = Signal(str)
    """The path of what was opened and then turned out to be no scan."""
    said = Signal(str, str)
    """A sentence for the status line and its tone: "", "warn" or "error"."""

    def __init__(self, client: EngineClient, bundle: str = "", device: str = "auto") -> None:
        super().__init__()
        self.client = client
        self.link = ViewLink(parent=self)
        self.undo_stack = QUndoStack(self)
        self.pictures = Pictures()
        self.differences = Differences()
        self.workspace = Workspace()
        self.path: Path | None = None
        self.name = UNTITLED
        self.refusals: list[Refusal] = []
        self.model_problem = ""
        self.natives: dict[ScanSource, Volume] = {}
        self.file_grids: dict[ScanSource, Grid] = {}
        """As the files have them stored, before axes are turned."""
        self.prepared: dict[ScanSource, Prepared] = {}
        self._blocks = Blocks()
        self._answers: dict[int, _Answer] = {}
        self._asked: set[ScanSource] = set()
        self._natives_asked: set[ScanSource] = set()
        self._arriving: dict[str, str | None] = {}
        self._saved = self.workspace
        self._space_seen: object = None
        self._restored_view: ViewState | None = None
        self.view_steps = ViewSteps(self)
        client.finished.connect(self._on_finished)
        client.failed.connect(self._on_failed)
        client.dropped.connect(self._on_dropped)
        client.model_loaded.connect(self._on_model)
        self.link.window_dragged.connect(self.keep_window)
        self.link.ruler_drawn.connect(lambda: self.view_steps.keep("Ruler", "rulers"))
        self.send(LoadModel(client.next_id(), "model", bundle, device), lambda _: None, self._on_no_model)

    def use_model(self, bundle: str) -> None:
        """Another model: what the last one made is let go of, the document stays."""
        device = self.client.device
        self.client.model, self.model_problem = None, ""
        for kept in (self.prepared, self._asked, self._natives_asked):
            kept.clear()
        self.pictures = Pictures()
        for request in self.client.unfinished:
            answer = self._answers.pop(request.id, None)
            self.client.cancel(request.lane)
            if answer is not None and not isinstance(request, Prepare | LoadNative):
                answer.dropped()
        self._space_seen = None
        self.send(LoadModel(self.client.next_id(), "model", bundle, device), lambda _: None, self._on_no_model)
        if self.current is not None:
            self._load_native(self.current)
        self.document_changed.emit()

    # The document

    @property
    def model(self) -> ModelDescription | None:
        return self.client.model

    @property
    def directions(self) -> tuple[DirectionDescription, ...]:
        return self.model.directions if self.model else ()

    @property
    def current(self) -> Scan | None:
        return self.workspace.current_scan

    @property
    def edited(self) -> bool:
        """Whether something would be lost that a saved workspace keeps."""
        saved = self._saved
        now = replace(self.workspace, view=saved.view, page=saved.page, comparison=saved.comparison, film=saved.film)
        return now != saved

    def change(self, step: Step) -> None:
        """Put the workspace that ``step`` gives in place of the present one, outside the undo stack."""
        workspace = step(self.workspace)
        if workspace != self.workspace:
            self.workspace = workspace
            self.document_changed.emit()

    def do(self, words: str, step: Step, back: Step) -> None:
        """One undoable step; ``back`` takes it back from any later workspace that still holds its scan."""
        self.undo_stack.push(_Command(self, words, step, back))

    def set_edit(self, edit: Edit) -> None:
        """One step of undo."""
        scan = self.current
        if scan is None or edit == self.workspace.edit(scan.key):
            return
        before, key = self.workspace.edit(scan.key), scan.key
        self.do(self._words_for(before, edit), lambda w: _edited(w, key, edit), lambda w: _edited(w, key, before))

    def set_kept(self, words: str, kept: tuple[Kept, ...]) -> None:
        """The states to come back to; one step of undo, called ``words``."""
        before = self.workspace.kept
        if kept != before:
            self.do(words, lambda w: replace(w, kept=kept), lambda w: replace(w, kept=before))

    def return_to(self, kept: Kept) -> None:
        """Its visit comes onto the stage, the sliders where they were; the sliders are one step of undo."""
        if kept.key != self.workspace.current:
            self.choose(kept.key)
        self.set_edit(kept.edit)

    def _words_for(self, before: Edit, after: Edit) -> str:
        """What the history calls a step from one edit to the next."""
        labels = {direction.name: direction.label for direction in self.directions}
        moved = [name for name in dict((*before.changes, *after.changes)) if before[name] != after[name]]
        words = [f"{labels.get(name, name)} {signed(after[name], 2).removesuffix('0')}" for name in moved]
        words += [f"Hold {labels.get(name, name)}" for name in after.held if name not in before.held]
        words += [f"Let go of {labels.get(name, name)}" for name in before.held if name not in after.held]
        words += [f"Seed {after.seed}"] if after.seed != before.seed else []
        words += [steps_words(after.calls) if after.calls else "Usual steps"] if after.calls != before.calls else []
        if after.semantic_only != before.semantic_only:
            words.append("Semantic code alone" if after.semantic_only else "The scan’s own noise")
        return ", ".join(words) or "Edit"

    def set_window(self, low: float, high: float, done: bool = True) -> None:
        """Black to white; ``done`` false while a handle is still held."""
        self.link.set(self.link.state.windowed(low, high))
        if done:
            self.keep_window()

    def keep_window(self) -> None:
        """Make the change of window that has just ended one step of undo."""
        self.view_steps.keep("Window", "window", "layers")

    def reset_window(self) -> None:
        volume = self.stage_volume(self.current) if self.current else None
        if volume is not None:
            self.set_window(*default_window(volume.data))

    def choose(self, key: str) -> None:
        self.change(lambda w: document.with_current(w, key))
        if self.current is not None:
            self._load_native(self.current)
            self.prepare(self.current)
            self._frame()

    def set_page(self, page: Page) -> None:
        self.change(lambda w: replace(w, page=page))

    def compare(self, **fields: Any) -> None:
        """Change how things are compared; like a view, it is no step of undo."""
        self.change(lambda w: replace(w, comparison=replace(w.comparison, **fields)))

    def show_film(self, **fields: Any) -> None:
        """Change how the timeline is shown and played; no step of undo either."""
        self.change(lambda w: replace(w, film=replace(w.film, **fields)))

    def set_timeline(self, words: str, **fields: Any) -> None:
        """Where the points of the timeline lie; one step of undo, called ``words``."""
        before = {name: getattr(self.workspace, name) for name in fields}
        if fields != before:
            self.do(words, lambda w: replace(w, **fields), lambda w: replace(w, **before))

    def set_age(self, key: str, age: float | None) -> None:
        before = self.workspace.scan(key).age
        if age != before:
            self.do("Age", lambda w: document.with_age(w, key, age), lambda w: document.with_age(w, key, before))

    def set_note(self, key: str, note: str) -> None:
        self.change(lambda w: document.with_note(w, key, note))

    def close_scan(self, key: str) -> None:
        scan = self.workspace.scan(key)
        self.client.cancel(_lane("prepare", scan))
        self._arriving.pop(key, None)
        self.change(lambda w: document.without_scan(w, key))
        self.undo_stack.clear()
        self._let_go()
        if self.current is not None:
            self.choose(self.current.key)

    def _let_go(self) -> None:
        """Of the volumes of scans that are open no more, once no undo can bring them back."""
        open_ = {scan.source for scan in self.workspace.scans}
        self.prepared = {source: kept for source, kept in self.prepared.items() if source in open_}
        self.natives = {source: kept for source, kept in self.natives.items() if source in open_}
        self.differences = Differences()

    def zero_of(self, direction: str, scan: Scan) -> float | None:
        """Where the slider stands untouched: the known age, the scan's own 0, else what the model reads from it."""
        if direction == "age" and scan.age is not None:
            return scan.age
        if any(d.name == direction and d.from_scan for d in self.directions):
            return 0.0
        prepared = self.prepared.get(scan.source)
        readout = prepared.reply.readouts.get(direction) if prepared else None
        return readout.value if readout else None

    def age_of(self, scan: Scan, change: float = 0.0) -> float | None:
        """Years after ``change``; None where no one told the age, whatever the model reads."""
        return None if scan.age is None else scan.age + change

    # Opening and saving

    def open(self, paths: Sequence[Path]) -> list[str]:
        """Scans, BIDS folders, one saved workspace, or one sidecar of a synthetic file.

        What cannot be opened becomes a refusal, all else opens. The keys of the scans.
        """
        workspaces = [path for path in paths if path.suffix == files.ENDING]
        if workspaces:
            self._open_saved(workspaces[0])
            return []
        sidecars = [path for path in paths if path.suffix == ".json"]
        if sidecars:
            self.rebuild_asked.emit(sidecars[0])
            return []
        found = {path: self._open_path(path) for path in paths}
        opened = [key for keys in found.values() for key in keys]
        self._show_opened(opened)
        self.opened.emit([path for path, keys in found.items() if keys and DEMO not in path.parents])
        return opened

    def open_offer(self, choice: Choice, offer: Offer) -> None:
        """What was chosen of several scans in one place."""
        self._show_opened(self._open_path(choice.path, offer.series, offer.volume))
        self.opened.emit([choice.path])

    def _show_opened(self, opened: list[str]) -> None:
        if not opened:
            return
        others = [scan for scan in self.workspace.scans if scan.key not in opened]
        here = (others and self.current) or self.workspace.scan(opened[0])
        ask_whose(self, here, [self.workspace.scan(key) for key in opened if key != here.key])
        self.choose(opened[0])

    def ask(self, title: str, sentence: str, yes: str, agree: Callable[[], None]) -> None:
        self.question_asked.emit(Question(title, sentence, yes, agree))

    def open_demo(self) -> None:
        """The demonstration subject: one person, two visits."""
        self.open(bids.scans_below(DEMO))
        self.name = "Demonstration"
        self._saved = self.workspace
        self.document_changed.emit()

    def document(self) -> Workspace:
        """All that a file of it keeps, the view as it is now."""
        # Until a restored view has found its volume, the link still holds another one.
        return replace(self.workspace, view=self._restored_view or self.link.state)

    @property
    def past(self) -> Past:
        """The steps of undo as a file keeps them; what changed nothing of the document is none."""
        commands = [self.undo_stack.command(place) for place in range(self.undo_stack.count())]
        steps = [command.done if isinstance(command, _Command) else None for command in commands]
        at = self.undo_stack.index()
        kept = [step is not None and bool(step.on) for step in steps]
        return Past(tuple(step for step in steps if step is not None and step.on), sum(kept[:at]))

    def save(self, path: Path) -> None:
        """Raises DiskError."""
        self.workspace = self.document()
        files.save(self.workspace, path, past=self.past)
        self._saved, self.path, self.name = self.workspace, path, path.stem
        self.document_changed.emit()

    def dismiss(self, refusal: Refusal) -> None:
        self.refusals.remove(refusal)
        self.refusals_changed.emit()

    def restore(self, draft: Path) -> bool:
        """Go on with a draft: the document is then unsaved, and saved where its user had saved it before."""
        loaded = self._load(draft)
        if loaded is None:
            return False
        self._take(*loaded, draft)
        path = files.draft_of(draft)
        self._saved, self.path = Workspace(), path
        self.name = path.stem if path else UNTITLED
        self.document_changed.emit()
        return True

    def _open_saved(self, path: Path) -> None:
        """At once, or when the user agrees to lose what is not saved."""
        loaded = self._load(path)
        if loaded is None:
            return

        def take() -> None:
            self._take(*loaded, path)
            self.opened.emit([path])

        if self.workspace.scans and self.edited:
            sentence = f"{self.name} has changes that are not saved: {path.name} would take their place."
            self.ask("Open without saving?", sentence, "Open", take)
        else:
            take()

    def _load(self, path: Path) -> tuple[Workspace, Past] | None:
        try:
            return files.load_with_past(path)
        except NeurolapseError as error:
            self._refuse(path.name, str(error))
            return None

    def _take(self, workspace: Workspace, past: Past, path: Path) -> None:
        """In place of what is open."""
        self.undo_stack.clear()
        self._arriving.clear()  # keys are used again
        self._saved, self.path, self.name = workspace, path, path.stem
        self._restored_view, self._space_seen = workspace.view, None
        self.link.change(layers=workspace.view.layers, rulers=workspace.view.rulers)
        self.change(lambda _: workspace)
        for step in past.steps:
            self.undo_stack.push(_Command(self, step.words, self._retraced(step.on), self._retraced(step.back), step))
        self.undo_stack.setIndex(past.at)  # takes back what was never done again: the workspace stays what it is
        gone = moved.missing(workspace)
        if gone:
            self.moved_asked.emit(gone)
        if self.current is not None and self.current not in gone:
            self.choose(self.current.key)

    def _retraced(self, patch: history.Patch) -> Step:
        """What an earlier window did, as a step; what it changed of the view, the view on the stage follows."""
        seen = {place[1] for place, *_ in patch if place[0] == "view"}

        def step(workspace: Workspace) -> Workspace:
            made = history.patched(workspace, patch)
            return self.view_steps.put(made, **{field: getattr(made.view, field) for field in seen}) if seen else made

        return step

    def find_again(self, places: Mapping[str, str]) -> None:
        """Scans that were moved, by their keys; what was made of them at the old places is made again."""
        self.change(lambda w: moved.moved(w, places))
        if self.current is not None and self.current.key in places:
            self.choose(self.current.key)

    def reload(self, key: str) -> None:
        """Read the scan's file again, as it is on the disk now."""
        scan = self.workspace.scan(key)
        for kept in (self.prepared, self.natives):
            kept.pop(scan.source, None)
        self.pictures, self._space_seen = Pictures(), None
        self.change(lambda w: document.with_fields(w, key, checksum=moved.checksum(Path(scan.path)), accepted=False))
        self.choose(key)
        self.document_changed.emit()

    def _open_path(self, path: Path, series: int | None = None, volume: int | None = None) -> list[str]:
        """The keys of the scans that ``path`` holds; they are prepared in this order."""
        # They read files with nibabel: not before the first paint.
        from engine.scans import describe
        from engine.scans.bids import visit_of

        below = bids.scans_below(path) if path.is_dir() and series is None else []
        if below:
            return [key for scan in below for key in self._open_path(scan)]
        place = str(path.absolute())
        try:
            header = describe(path, series)
        except NeurolapseError as error:
            loose = bids.images_in(path) if path.is_dir() else []
            if loose and len(loose) <= MOST_LOOSE:
                return [key for image in loose for key in self._open_path(image)]
            many = f"{path.name} is no BIDS folder and holds {len(loose)} image files: choose those to open, "
            self._refuse(path.name, f"{many}{MOST_LOOSE} at most." if loose else str(error))
            return []
        choice = choice_in(header, series, volume)
        if choice is not None:
            self.choice_asked.emit(choice)
            return []
        wanted = (place, series, volume)
        known = [scan.key for scan in self.workspace.scans if (scan.path, scan.series, scan.volume) == wanted]
        if known:
            return known
        person = bids.person_of(path.absolute())
        key = document.new_key(self.workspace)
        part = " ".join(
            f"{what} {number}" for what, number in (("series", series), ("volume", volume)) if number is not None
        )
        visit = " ".join(word for word in (person.visit, person.run, part) if word)
        who = Scan(key, place, person.subject, visit, person.age, person.sex, header.kind)
        others = [scan for scan in self.workspace.scans if scan.person == who.subject]
        twin = series is None and volume is None and any(same_file(place, scan.path) for scan in others)
        repeat = bool(person.run) and any(bids.same_session(path.absolute(), Path(scan.path)) for scan in others)
        scan = replace(who, series=series, volume=volume, twin=twin, repeat=repeat, checksum=moved.checksum(path))
        self._arriving[key] = self.workspace.current
        self.change(lambda w: document.with_scan(w, scan))
        told = visit_of(path)
        for note in told.notes if told is not None else ():
            self.said.emit(note, "warn")
        self._load_native(scan)
        self.prepare(scan)
        return [key]

    def _load_native(self, scan: Scan) -> None:
        """Have the scan shown as acquired until it is prepared."""
        from engine.scans import describe

        if scan.source in self._natives_asked or self.stage_volume(scan) is not None:
            return
        try:
            header = describe(scan.path, scan.series)
        except NeurolapseError as error:
            self._turn_away(scan, str(error))
            return
        self.file_grids[scan.source] = Grid(header.shape, header.affine)
        self._natives_asked.add(scan.source)
        self.fetch(
            header.shape,
            lambda number, block: LoadNative(number, _lane("native", scan), scan.source, block),
            lambda data, reply: self._on_native(scan, data, reply),
            lambda sentence: self._turn_away(scan, sentence),
        )

    def _refuse(self, name: str, sentence: str) -> None:
        self.refusals.append(Refusal(name, sentence))
        self.refusals_changed.emit()
        self._say_error(sentence)

    def _turn_away(self, scan: Scan, sentence: str) -> None:
        """A scan that could not be opened leaves the workspace as it was before it came; a saved one stays in it."""
        if all(other.key != scan.key for other in self.workspace.scans):
            return
        if scan.key not in self._arriving:
            if sentence:
                self._say_error(sentence)
            return
        self.client.cancel(_lane("prepare", scan))
        before = self._arriving.pop(scan.key)
        was_current = self.workspace.current == scan.key
        self.change(lambda w: document.without_scan(w, scan.key))
        if sentence:
            self._refuse(scan.name, sentence)
            self.turned_away.emit(scan.path)
        if was_current and any(other.key == before for other in self.workspace.scans):
            assert before is not None
            self.choose(before)
        elif self.current is not None:
            self.choose(self.current.key)

    # Volumes

    def native_space(self, scan: Scan) -> str:
        """What the grid of a scan as it came is called: one across the world's axes is drawn straightened."""
        stored = self.file_grids.get(scan.source)
        return "native, straightened" if stored is not None and is_oblique(stored.affine) else "native"

    def is_preparing(self, scan: Scan) -> bool:
        return scan.source not in self.prepared

    def stage_volume(self, scan: Scan) -> Volume | None:
        """The scan as it can be shown now: on the model's grid, else as acquired."""
        prepared = self.prepared.get(scan.source)
        return prepared.volume if prepared else self.natives.get(scan.source)

    def prepare(self, scan: Scan) -> None:
        """Have the scan brought onto the model's grid, unless it is or will be."""
        source = scan.source
        if self.model is None or source in self.prepared or source in self._asked:
            return
        self._asked.add(source)
        self.fetch(
            self.model.shape,
            lambda number, block: Prepare(number, _lane("prepare", scan), source, block),
            lambda data, reply: self._on_prepared(scan, data, reply),
            lambda sentence: self._turn_away(scan, sentence),
            lambda: self._turn_away(scan, ""),
        )

    def fetch(
        self,
        shape: tuple[int, int, int],
        request: Callable[[int, Block], Request],
        done: Callable[[FloatArray, object], None],
        failed: Callable[[str], None] = lambda sentence: None,
        dropped: Callable[[], None] = lambda: None,
    ) -> None:
        """Ask for voxels: ``request`` gets its number and a block of ``shape``; ``done`` a copy of it and the reply."""
        lent = self._blocks.lend(number := self.client.next_id(), shape)
        self.send(request(number, lent.block), lambda reply: done(lent.array.copy(), reply), failed, dropped)

    def render(
        self,
        recipe: Recipe,
        quality: Quality,
        lane: str,
        done: Callable[[Picture], None],
        background: bool = False,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """``done`` gets the picture, which is kept too; ``ended`` is called when there will be none."""
        assert self.model is not None
        block = self._blocks.lend(number := self.client.next_id(), self.model.shape).block
        request = Render(
            number,
            lane,
            recipe.scan,
            block,
            dict(recipe.changes),
            recipe.second,
            recipe.fraction,
            quality,
            recipe.seed,
            background,
            recipe.held,
            recipe.semantic_only,
            recipe.calls,
        )

        def arrived(reply: object) -> None:
            assert isinstance(reply, RenderReply)
            picture = Picture(recipe, self._on_grid(self._blocks.lent(number).array.copy()), reply)
            self.pictures.keep(picture)
            done(picture)

        def failed(sentence: str) -> None:
            self._say_error(sentence)
            ended()

        self.send(request, arrived, failed, ended)

    def measure_volumes(
        self,
        volume: Volume,
        lane: str,
        done: Callable[[Mapping[str, float] | None], None],
        ended: Callable[[], None],
    ) -> None:
        """``done`` gets millilitres by region of a volume on the model's grid, None: this model measures none."""
        x, y, z = volume.data.shape
        owned = self._blocks.lend(number := self.client.next_id(), (x, y, z))
        owned.array[...] = volume.data

        def measured(reply: object) -> None:
            assert isinstance(reply, VolumesReply)
            done(reply.volumes_ml)

        self.send(MeasureVolumes(number, lane, owned.block), measured, lambda _: ended(), ended)

    def export(
        self, request: Export | ExportTimeline, done: Callable[[str], None], failed: Callable[[str], None]
    ) -> None:
        def written(reply: object) -> None:
            assert isinstance(reply, ExportReply)
            done(reply.path)

        self.send(request, written, failed, lambda: failed(CANCELLED))

    def close(self) -> None:
        """End the engine and give the shared memory back."""
        self.client.close()
        self._blocks.close()
        self.undo_stack.blockSignals(True)  # it announces its own end, to labels that may be gone

    def _on_native(self, scan: Scan, data: FloatArray, reply: object) -> None:
        assert isinstance(reply, NativeReply)
        volume = Volume(data.reshape(reply.shape), np.array(reply.affine))
        if is_oblique(volume.affine):  # panes cut slices along the array's axes
            background.run(self, lambda: straightened(volume), lambda made: self._show_native(scan, made))
        else:
            self._show_native(scan, volume)
        for note in reply.notes:
            self.said.emit(note, "warn")

    def _show_native(self, scan: Scan, volume: Volume) -> None:
        if scan.source not in self.prepared:
            self.natives[scan.source] = volume
            self._frame()
            self.scan_changed.emit(scan)

    def _on_prepared(self, scan: Scan, data: FloatArray, reply: object) -> None:
        assert isinstance(reply, PreparedReply)
        self._arriving.pop(scan.key, None)
        self.prepared[scan.source] = Prepared(self._on_grid(data), reply)
        self.natives.pop(scan.source, None)
        self._frame()
        self.scan_changed.emit(scan)
        for check in reply.checks:
            if check.warning:
                self.said.emit(check.sentence, "warn")

    def _on_no_model(self, sentence: str) -> None:
        """Scans can still be looked at as they came."""
        self.model_problem = sentence
        self._say_error(sentence)
        self.document_changed.emit()

    def _on_grid(self, data: FloatArray) -> Volume:
        assert self.model is not None
        return Volume(data, np.array(self.model.affine))

    def _on_model(self, _: ModelDescription) -> None:
        waiting = [scan for scan in self.workspace.scans if scan.key in self._arriving]
        for scan in ([self.current] if self.current else []) + waiting:
            self.prepare(scan)

    def _frame(self) -> None:
        """A first look at the scan and the usual window, whenever the stage shows another space than before."""
        scan = self.current
        volume = self.stage_volume(scan) if scan else None
        if scan is None or volume is None:
            return
        space = "model" if scan.source in self.prepared else scan.source
        if space == self._space_seen:
            return
        self._space_seen = space
        if space == "model" and self._restored_view is not None:
            self.link.set(self._restored_view)
            self._restored_view = None
        else:
            look = self.link.state.fitted().at(first_look(volume, space == "model")).with_shared_window()
            self.link.set(look.windowed(*default_window(volume.data)))
        self.view_steps.forget()

    # The engine's answers

    def send(
        self,
        request: Request,
        done: Callable[[object], None],
        failed: Callable[[str], None],
        dropped: Callable[[], None] = lambda: None,
    ) -> None:
        """One of the three is called with the engine's answer."""
        self._answers[request.id] = _Answer(done, failed, dropped)
        self.client.ask(request)

    def _on_finished(self, request: Request, result: object) -> None:
        if request.id in self._answers:
            self._answers.pop(request.id).done(result)
        self._end(request)

    def _on_failed(self, request: Request, sentence: str, detail: str) -> None:
        if request.id in self._answers:
            self._answers.pop(request.id).failed(sentence)
        self._end(request)

    def _on_dropped(self, request: Request) -> None:
        if request.id in self._answers:
            self._answers.pop(request.id).dropped()
        self._end(request)

    def _end(self, request: Request) -> None:
        self._blocks.give_back(request.id)
        if isinstance(request, Prepare):
            self._asked.discard(request.scan)
        if isinstance(request, LoadNative):
            self._natives_asked.discard(request.scan)

    def _say_error(self, sentence: str) -> None:
        self.said.emit(sentence, "error")


class _Command(QUndoCommand):
    """``told``: what it did in an earlier window; it is not done again then when it comes onto the stack."""

    def __init__(self, session: Session, words: str, step: Step, back: Step, told: Done | None = None) -> None:
        super().__init__(words)
        self._session, self._step, self._back = session, step, back
        self._told, self._comes = told, told is not None
        self._ends: tuple[Workspace, Workspace] | None = None

    @property
    def done(self) -> Done:
        if self._told is None:
            assert self._ends is not None
            self._told = history.done(self.text(), *self._ends)
        return self._told

    def redo(self) -> None:
        if self._comes:
            self._comes = False
            return
        before = self._session.workspace
        self._session.change(self._step)
        self._ends = self._ends or (before, self._session.workspace)

    def undo(self) -> None:
        self._session.change(self._back)


def default_window(data: FloatArray) -> tuple[float, float]:
    """The percentiles WINDOW_PERCENTILES of the voxels that are not 0."""
    bright = data[data != 0]
    if bright.size == 0:
        return 0.0, 1.0
    low, high = np.percentile(bright, WINDOW_PERCENTILES)
    return float(low), float(high)


def first_look(volume: Volume, in_template: bool) -> Point:
    """The voxel that the crosshair starts on: at VENTRICLES in a template's space, else in the middle."""
    shape = np.array(volume.data.shape)
    index = (shape - 1) // 2
    if in_template:
        there = np.rint(voxel_from_world(volume.affine, np.array(VENTRICLES)))
        index = there if np.all((there >= 0) & (there < shape)) else index
    x, y, z = world_from_voxel(volume.affine, index)
    return float(x), float(y), float(z)


def _edited(workspace: Workspace, key: str, edit: Edit) -> Workspace:
    return document.with_edit(document.with_current(workspace, key), key, edit)


def _lane(kind: str, scan: Scan) -> str:
    part = "".join(f":{number}" for number in (scan.series, scan.volume) if number is not None)
    return f"{kind}:{scan.path}{part}"


def grid_edge(model: ModelDescription) -> float:
    """The model's voxel edge in millimetres."""
    return spacing(np.array(model.affine))[0]

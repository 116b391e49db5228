"""What each request does: a few lines over the library, and the prepared scans kept between them."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import ModelError
from engine.service.loop import Handler, Job
from engine.service.messages import (
    Block,
    Check,
    DirectionDescription,
    Export,
    ExportReply,
    ExportTimeline,
    ImportModel,
    ListModels,
    LoadModel,
    LoadNative,
    LoadOutline,
    MeasureVolumes,
    ModelDescription,
    NativeReply,
    OutlineReply,
    Prepare,
    PreparedReply,
    Readout,
    RemoveModel,
    Render,
    RenderReply,
    Request,
    ScanSource,
    VolumesReply,
)
from engine.service.models import import_model, list_models, remove_model
from engine.service.shared_volume import fill, read
from engine.volume import Affine

if TYPE_CHECKING:  # torch and ants are loaded by the first request that needs them, not by the start of the process
    from engine.edit.synthesis import Synthesiser
    from engine.preparation import Prepared, Progress, Recipe
    from engine.scans import Scan

PREPARED_KEPT = 12
TEMPLATE_BRAIN = 0.05
"""Above this the template, 0 to 1, is brain."""


class Work:
    """The library with its memory: one model, the scans prepared last, and (in the synthesiser) their codes."""

    def __init__(self) -> None:
        self._synthesiser: Synthesiser | None = None
        self._prepared: OrderedDict[ScanSource, Prepared] = OrderedDict()
        self._stamps: dict[ScanSource, object] = {}

    def table(self) -> Mapping[type[Request], Handler]:
        return {
            LoadModel: self.load_model,
            LoadNative: self.load_native,
            Prepare: self.prepare,
            LoadOutline: self.load_outline,
            Render: self.render,
            Export: self.export,
            ExportTimeline: self.export_timeline,
            ListModels: list_models,
            RemoveModel: remove_model,
            ImportModel: import_model,
            MeasureVolumes: self.measure_volumes,
        }

    def load_model(self, request: LoadModel, job: Job) -> ModelDescription:
        job.tick(0, 0)
        from engine.edit.synthesis import load_synthesiser

        job.tick(0, 0)
        from engine.model.device import describe_device, devices

        self._synthesiser = load_synthesiser(request.bundle, request.device)
        self._prepared.clear()  # another model may want another preparation
        model = self._synthesiser.model
        manifest = model.manifest
        return ModelDescription(
            manifest.name,
            manifest.version,
            manifest.preparation.shape,
            _rows(manifest.preparation.grid.affine),
            tuple(
                DirectionDescription(d.name, d.label, d.unit, d.low, d.high, d.from_scan) for d in manifest.directions
            ),
            describe_device(model.device),
            manifest.solver.preview_calls,
            manifest.solver.final_calls,
            devices(),
            manifest.edits == "carried",
            manifest.measured("reconstruction", "roundtrip", "ssim"),
            manifest.measured("reconstruction", "semantic_only", "ssim"),
        )

    def load_native(self, request: LoadNative, job: Job) -> NativeReply:
        scan = _open(request.scan)
        data = scan.volume.data
        shape = scan.volume.grid.shape
        fill(Block(request.target.name, shape), data)
        return NativeReply(shape, _rows(scan.volume.affine), scan.notes)

    def prepare(self, request: Prepare, job: Job) -> PreparedReply:
        prepared = self._prepare(request.scan, job)
        synthesiser = self._model()
        # The codes of a preview now, so that the first move of a slider costs no more than the next.
        preview = synthesiser.model.manifest.solver.preview_calls
        synthesiser.encode(prepared.volume.data, preview, lambda step, of: job.tick(step, of, "reading the scan"))
        fill(request.target, prepared.volume.data)
        return PreparedReply(
            prepared.steps,
            tuple(Check(check.name, check.warning, check.sentence) for check in prepared.checks),
            self._readouts(synthesiser.read(prepared.volume.data)),
            _rows(prepared.model_from_native),
        )

    def load_outline(self, request: LoadOutline, job: Job) -> OutlineReply:
        from engine.preparation.registration import template
        from engine.volume import resample

        prepared = self._prepare(request.scan, job)
        if request.what == "template":
            grid = self._model().model.manifest.preparation.grid
            inside = resample(template(), grid).data > TEMPLATE_BRAIN
        else:
            grid, inside = prepared.native, prepared.mask
        fill(Block(request.target.name, grid.shape), inside.astype(np.float32))
        millilitres = float(inside.sum()) * abs(float(np.linalg.det(grid.affine[:3, :3]))) / 1000
        return OutlineReply(grid.shape, _rows(grid.affine), millilitres, _rows(prepared.model_from_native))

    def render(self, request: Render, job: Job) -> RenderReply:
        from engine.edit.synthesis import Wish

        began = time.monotonic()
        synthesiser = self._model()
        scan = self._prepare(request.scan, job).volume.data
        second = None if request.second is None else self._prepare(request.second, job).volume.data
        solver = synthesiser.model.manifest.solver
        final = request.calls or solver.final_calls
        calls = min(solver.preview_calls, final) if request.quality == "preview" else final
        drawn = request.seed if request.semantic_only else None
        for source in (scan, second):
            if source is not None:
                synthesiser.encode(source, calls, lambda step, of: job.tick(step, of, "reading the scan"), drawn)
        wish = Wish(scan, request.changes, second, request.fraction, request.held, drawn)
        made = synthesiser.synthesise(wish, calls, job.tick)
        fill(request.target, made.volume)
        reply = RenderReply(request.quality, calls, time.monotonic() - began, self._readouts(made.readouts))
        if request.changes or second is not None:
            return reply
        from engine.measure.similarity import compare

        found = compare(made.volume, scan)
        return replace(reply, mean_absolute_difference=found.mean_absolute_difference, ssim=found.ssim)

    def export(self, request: Export, job: Job) -> ExportReply:
        from engine.export.derivative_file import write_derivative
        from engine.export.synthetic import Order, make, write
        from engine.export.timeline import Point, Visit, order_of
        from engine.scans.bids import visit_at

        prepared = self._prepare(request.scan, job)
        order = Order(
            request.changes,
            calls=request.calls,
            space=request.space,
            form=request.form,
            seed=request.seed,
            age=request.scan.age,
            held=request.held,
            semantic_only=request.semantic_only,
        )
        scan, sources = _open(request.scan), [request.scan]
        if request.second is not None:
            sources.append(request.second)
            visits = [Visit(scan, prepared, request.scan.age)]
            visits.append(Visit(_open(request.second), self._prepare(request.second, job), request.second.age))
            order = order_of(Point(0, request.fraction, None), visits, order)
        made = make(self._model(), scan, prepared, order, job.tick)
        job.tick(0, 0, "writing")
        if request.dataset:
            model = self._model().model.manifest
            places = [visit_at(source.path) for source in sources]
            written = write_derivative(made, Path(request.path), Path(request.dataset), scan, places, model)
            return ExportReply(str(written))
        return ExportReply(str(write(made, request.path, scan)))

    def export_timeline(self, request: ExportTimeline, job: Job) -> ExportReply:
        from engine.export.synthetic import Order
        from engine.export.timeline import Visit, at_ages, equal_steps, frames_of
        from engine.export.timeline_forms import check_form, write_form
        from engine.scans.bids import visit_of

        sources = [visit.path for visit in request.visits]
        check_form(request.path, sources)
        visits = [
            Visit(_open(source), self._prepare(source, job), source.age, visit_of(source.path))
            for source in request.visits
        ]
        ages = [visit.age for visit in visits]
        points = at_ages(ages, request.ages) if request.ages else equal_steps(ages, request.points)
        wanted = Order({}, space="model", seed=request.seed)
        frames = frames_of(self._model(), visits, points, wanted, request.ends, job.tick)
        job.tick(0, 0, "writing")
        written = write_form(request.path, frames, self._model(), request.seed, request.fps, sources)
        return ExportReply(str(written))

    def measure_volumes(self, request: MeasureVolumes, job: Job) -> VolumesReply:
        from engine.measure.volumetry import region_volumes

        return VolumesReply(region_volumes(self._model().model, read(request.picture)))

    def _model(self) -> Synthesiser:
        if self._synthesiser is None:
            raise ModelError("No model is loaded: install one, then open the scan again.")
        return self._synthesiser

    def _prepare(self, source: ScanSource, job: Job) -> Prepared:
        """From memory, else by way of the cache on disk, else from scratch in a process that may be killed."""
        source = replace(source, age=None)
        stamp = _stamp(source.path)
        # A file that is gone (its drive is) is still known; one that was written anew is another.
        if source not in self._prepared or stamp not in (None, self._stamps.get(source)):
            from engine.preparation import already_on_grid, prepared_before

            recipe = self._model().model.manifest.preparation
            scan = _open(source)
            told = (source.stripped, source.registered, source.mask)
            prepared = prepared_before(scan, recipe, *told)
            if prepared is None and told == (None, None, None) and already_on_grid(scan, recipe):
                prepared = _prepare_scan(source, recipe, job.tick)
            self._prepared[source] = prepared or job.apart(_prepare_scan, source, recipe)
            self._stamps[source] = stamp
            if len(self._prepared) > PREPARED_KEPT:
                self._prepared.popitem(last=False)
        self._prepared.move_to_end(source)
        return self._prepared[source]

    def _readouts(self, values: Mapping[str, float]) -> dict[str, Readout]:
        abouts = {direction.name: direction for direction in self._model().model.manifest.directions}
        return {name: Readout(value, abouts[name].unit, abouts[name].error) for name, value in values.items()}


def _stamp(path: str) -> object:
    """Changes when the file is written; None where it is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _open(source: ScanSource) -> Scan:
    from engine.scans import open_scan

    return open_scan(source.path, source.series, source.volume)


def _prepare_scan(source: ScanSource, recipe: Recipe, progress: Progress) -> Prepared:
    from engine.preparation import prepare

    return prepare(_open(source), recipe, source.stripped, source.registered, source.mask, progress)


def _rows(affine: Affine) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(entry) for entry in row) for row in affine)

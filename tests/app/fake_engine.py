"""An engine without a model: the real loop, with work that paints a ball where a brain would be.

The ball's middle grows with ``age``, so a test can see what was asked; noise drawn from a seed is laid over it. The
bundle ``several`` knows atrophy and ventricles too, moves atrophy along with age unless it is held, and measures
regions. What a scan's file has in its name makes it special:
``hang`` hangs in its first preview of an edit (and only there), ``slow`` is never prepared, ``deadly`` kills the
engine whenever it is rendered, ``broken`` cannot be prepared, a check of ``odd`` warns until its mask is given.
"""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from engine.errors import DiskError, ScanError
from engine.service.loop import Job, Mailbox
from engine.service.messages import (
    Block,
    Check,
    DirectionDescription,
    Export,
    ExportReply,
    ExportTimeline,
    ImportModel,
    ImportReply,
    ListModels,
    LoadModel,
    LoadNative,
    LoadOutline,
    MeasureVolumes,
    ModelDescription,
    ModelsReply,
    ModelSummary,
    NativeReply,
    OutlineReply,
    Prepare,
    PreparedReply,
    Readout,
    RemoveModel,
    Render,
    RenderReply,
    ScanSource,
    VolumesReply,
)
from engine.service.shared_volume import fill
from engine.service.shared_volume import read as read_block
from engine.volume import FloatArray

SHAPE = (40, 48, 36)
AFFINE = ((4.0, 0.0, 0.0, -78.0), (0.0, 4.0, 0.0, -110.0), (0.0, 0.0, 4.0, -70.0), (0.0, 0.0, 0.0, 1.0))
MODEL_FROM_NATIVE = ((1.0, 0.0, 0.0, 12.0), (0.0, 1.0, 0.0, -8.0), (0.0, 0.0, 1.0, 4.0), (0.0, 0.0, 0.0, 1.0))
"""How a scan with "moved" in its file's name lies in the model's space."""
AGE = 60.0
ATROPHY = 0.13
known: set[str] = set()
"""The directions of the model that is loaded."""
CALLS = {"preview": 3, "final": 6}


def run(connection: Connection) -> None:
    Mailbox(
        connection,
        {
            LoadModel: load,
            LoadNative: native,
            Prepare: prepare,
            LoadOutline: outline,
            ListModels: models,
            RemoveModel: models,
            ImportModel: import_model,
            Render: render,
            Export: export,
            ExportTimeline: export_timeline,
            MeasureVolumes: measure_volumes,
        },
    ).serve()


def brain(age: float) -> FloatArray:
    """A bright ball with a dark middle that grows with age."""
    centre = (np.array(SHAPE) - 1) / 2
    radius = np.linalg.norm((np.indices(SHAPE).T - centre) / centre, axis=-1).T
    picture = np.where(radius < 0.9, 0.8, 0.0) + 0.1 * np.cos(12 * radius) * (radius < 0.9)
    picture[radius < age / 200] = 0.2
    return picture.astype(np.float32)


class OutOfMemoryError(RuntimeError):
    """As torch calls it."""


def load(request: LoadModel, job: Job) -> ModelDescription:
    if request.device == "cuda":
        raise OutOfMemoryError
    directions = [DirectionDescription("age", "Age", "years", 20.0, 86.0)]
    if request.bundle == "several":
        directions.append(DirectionDescription("atrophy", "Atrophy", "score", 0.0, 1.0))
        directions.append(DirectionDescription("ventricles", "Ventricles", "ml", 8.0, 90.0))
    known.update(direction.name for direction in directions)
    calls = CALLS["preview"], CALLS["final"]
    return ModelDescription(
        "compact",
        "0.1",
        SHAPE,
        AFFINE,
        tuple(directions),
        "CPU, 2 threads",
        *calls,
        carried=request.bundle == "several",
        ssim=0.96,
        ssim_of_code=0.31,
    )


def models(request: ListModels | RemoveModel, job: Job) -> ModelsReply:
    """The bundled model and one that was imported, unless it was removed."""
    bundled = ModelSummary("compact", "/models/compact", True, 43_000_000, (("Licence", "CC BY-SA 3.0"),))
    mine = ModelSummary("mine", "/models/mine", False, 3_500_000_000, (("Licence", "its publisher's"),))
    return ModelsReply((bundled,) if isinstance(request, RemoveModel) else (bundled, mine))


def import_model(request: ImportModel, job: Job) -> ImportReply:
    """Never ends where the name says slow; lacks a tensor where it says broken."""
    while "slow" in request.name:
        job.tick(1, 1000, "writing the encoder")
        time.sleep(0.01)
    if "broken" in request.name:
        return ImportReply(request.name, "", 0, "", "decoder.pth: lacks tensors.", ("out.2.bias",), ("stranger",))
    return ImportReply(request.name, "/models/" + request.name, 1000, "nothing")


def native(request: LoadNative, job: Job) -> NativeReply:
    block = Block(request.target.name, SHAPE)
    fill(block, brain(AGE))
    return NativeReply(SHAPE, AFFINE, ())


def prepare(request: Prepare, job: Job) -> PreparedReply:
    if "broken" in request.scan.path:
        raise ScanError(f"{Path(request.scan.path).name} stops early (4 of 6 MB): copy it again.")
    while "slow" in request.scan.path:
        job.tick(0, 0, "Extracting the brain")
        time.sleep(0.01)
    for step, what in enumerate(("Extracting the brain", "Placing it in the template"), 1):
        job.tick(step, 2, what)
    fill(request.target, brain(AGE))
    check = Check("Orientation", False, "Stored RAS.")
    odd = "odd" in request.scan.path and request.scan.mask is None
    volume = Check("Brain volume", odd, "The brain is large." if odd else "The brain is as large as brains are.")
    moved = MODEL_FROM_NATIVE if "moved" in request.scan.path else None
    return PreparedReply(("taken as it is",), (check, volume), readouts(AGE), moved)


def outline(request: LoadOutline, job: Job) -> OutlineReply:
    fill(Block(request.target.name, SHAPE), (brain(AGE) > 0).astype(np.float32))
    return OutlineReply(SHAPE, AFFINE, 1234.0, ((1.0, 0, 0, 10), (0, 1.0, 0, 0), (0, 0, 1.0, 0), (0, 0, 0, 1.0)))


def render(request: Render, job: Job) -> RenderReply:
    if "deadly" in request.scan.path:
        os.kill(os.getpid(), signal.SIGKILL)
    if "hang" in request.scan.path and request.quality == "preview" and request.changes:
        hang_once(request.scan, job)
    calls = CALLS["preview"] if request.quality == "preview" else request.calls or CALLS["final"]
    for step in range(1, calls + 1):
        job.tick(step, calls)
    age = AGE + request.changes.get("age", 0.0) + 20.0 * request.fraction
    picture = brain(age)
    if request.semantic_only:
        picture += 0.01 * np.random.default_rng(request.seed).standard_normal(SHAPE).astype(np.float32)
    fill(request.target, picture)
    copy = not request.changes and request.second is None
    atrophy = ATROPHY + request.changes.get("atrophy", 0.0)
    if "atrophy" not in request.held:
        atrophy += 0.02 * request.changes.get("age", 0.0)
    read = readouts(age, atrophy)
    return RenderReply(request.quality, calls, 0.1, read, 0.012 if copy else None, 0.96 if copy else None)


def hang_once(scan: ScanSource, job: Job) -> None:
    tried = Path(scan.path + ".tried")
    if tried.exists():
        return
    tried.touch()
    while True:
        job.tick(1, 3)
        time.sleep(0.01)


def export(request: Export, job: Job) -> ExportReply:
    """Waits while the folder holds a file "wait", alone or with the form's name; "full" with it: there is no room."""
    from engine.export.atomic import beside  # with nibabel: only where it is needed

    path = Path(request.path)
    if request.dataset:
        path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path) as (temporary,):
        temporary.write_bytes(b"volume")
        while any(path.with_name(name).exists() for name in ("wait", f"wait {request.form}")):
            job.tick(0, 0)
            time.sleep(0.01)
        if path.with_name(f"full {request.form}").exists():
            raise DiskError(f"{path.name} was not written: no room in the folder: choose another folder.")
    return ExportReply(request.path)


def export_timeline(request: ExportTimeline, job: Job) -> ExportReply:
    ages = [visit.age for visit in request.visits]
    Path(request.path).write_text(f"{ages} {request.points} {request.ends} {request.fps}")
    return ExportReply(request.path)


def measure_volumes(request: MeasureVolumes, job: Job) -> VolumesReply:
    """The dark middle, in millilitres."""
    picture = read_block(request.picture)
    inside = float(((picture > 0.1) & (picture < 0.3)).sum()) * 0.064
    return VolumesReply({"ventricles": inside, "cortical-grey": 500.0} if "atrophy" in known else None)


def readouts(age: float, atrophy: float = ATROPHY) -> dict[str, Readout]:
    read = {
        "age": Readout(age, "years", 5.0),
        "atrophy": Readout(atrophy, "score", 0.1),
        "ventricles": Readout(38.2, "ml", 3.0),
    }
    return {name: readout for name, readout in read.items() if name in known}

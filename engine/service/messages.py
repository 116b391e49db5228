"""What the window and the engine say to each other.

The only vocabulary both processes share: frozen dataclasses, pickled over one connection. A request names everything
it needs, so that it can be sent again to a newly started engine. Volumes never travel: the window makes a block of
shared memory, names it in the request, and the engine fills it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Quality = Literal["preview", "final"]


@dataclass(frozen=True)
class Block:
    """A block of shared memory holding a C-ordered float32 array of ``shape``."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ScanSource:
    """A scan and what the user said about it. None: find out."""

    path: str
    stripped: bool | None = None
    registered: bool | None = None
    mask: str | None = None
    age: float | None = None
    series: int | None = None
    volume: int | None = None


@dataclass(frozen=True)
class Request:
    """``lane``: a newer request replaces one that waits in the same lane and stops one that runs."""

    id: int
    lane: str


@dataclass(frozen=True)
class LoadModel(Request):
    """→ ModelDescription. ``bundle`` is a folder or a name; empty means the bundled compact model."""

    bundle: str = ""
    device: str = "auto"


@dataclass(frozen=True)
class LoadNative(Request):
    """The scan as acquired, its axes brought to RAS+ order → NativeReply; fills ``target``.

    ``target`` needs the right number of voxels only; its shape is told by the reply.
    """

    scan: ScanSource
    target: Block


@dataclass(frozen=True)
class Prepare(Request):
    """The scan on the model's grid in [0, 1] → PreparedReply; fills ``target``."""

    scan: ScanSource
    target: Block


@dataclass(frozen=True)
class LoadOutline(Request):
    """Where a brain lies, as 0 and 1 → OutlineReply; fills ``target``, whose number of voxels alone must be right.

    "brain": what preparation takes for it, on the scan's own grid; "template": the template's, on the model's grid.
    """

    scan: ScanSource
    target: Block
    what: Literal["brain", "template"] = "brain"


@dataclass(frozen=True)
class Render(Request):
    """One synthesised volume on the model's grid → RenderReply; fills ``target``.

    Codes of ``scan``, or of the point ``fraction`` of the way from ``scan`` to ``second``, moved by ``changes``
    (direction name → how far, in the direction's unit) while the readers of ``held`` stay still. No change, no second:
    the copy. ``semantic_only``: the noise is drawn from ``seed``, not the scan's own. ``calls`` of the final quality,
    None: the model's own.
    """

    scan: ScanSource
    target: Block
    changes: Mapping[str, float] = field(default_factory=dict)
    second: ScanSource | None = None
    fraction: float = 0.0
    quality: Quality = "final"
    seed: int = 0
    background: bool = False
    """True: everything else goes first."""
    held: tuple[str, ...] = ()
    semantic_only: bool = False
    calls: int | None = None


@dataclass(frozen=True)
class Export(Request):
    """A synthesised volume written to ``path`` → ExportReply. The fields are those of Render."""

    scan: ScanSource
    path: str
    changes: Mapping[str, float] = field(default_factory=dict)
    second: ScanSource | None = None
    fraction: float = 0.0
    seed: int = 0
    space: Literal["model", "native"] = "model"
    form: Literal["change", "plain", "minus copy", "minus scan"] = "change"
    held: tuple[str, ...] = ()
    semantic_only: bool = False
    calls: int | None = None
    dataset: str = ""
    """A folder of BIDS derivatives that ``path`` lies in, made if need be; empty: ``path`` stands for itself."""


@dataclass(frozen=True)
class ExportTimeline(Request):
    """The visits of one person and ``points`` between each two → ExportReply. What is written follows from the ending
    of ``path``: 4D NIfTI, GIF, MP4, or CSV of what the model reads. ``ends``: what is shown at the visits."""

    visits: tuple[ScanSource, ...]
    path: str
    points: int = 3
    ends: Literal["scan", "copy"] = "scan"
    seed: int = 0
    fps: int = 2
    ages: tuple[float, ...] = ()
    """In years: points at these ages, between and beyond the visits, in place of equal steps."""


@dataclass(frozen=True)
class MeasureVolumes(Request):
    """How large each region is in a picture, whatever made it → VolumesReply.

    ``picture`` holds it already: on the model's grid, in [0, 1]. The engine reads it and writes nothing.
    """

    picture: Block


@dataclass(frozen=True)
class ListModels(Request):
    """→ ModelsReply."""


@dataclass(frozen=True)
class RemoveModel(Request):
    """An imported model, deleted → ModelsReply of those left."""

    name: str


@dataclass(frozen=True)
class ImportModel(Request):
    """Published weights made into the bundle ``name`` → ImportReply. ``files`` by what they are: autoencoder, encoder,
    decoder, or checkpoint alone; probe, mean, std; config."""

    name: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Cancel:
    """Whatever waits or runs in ``lane`` is dropped."""

    lane: str


@dataclass(frozen=True)
class Shutdown:
    """The engine ends."""


@dataclass(frozen=True)
class Readout:
    """What a linear reader says of a volume's code: ``error`` is its mean absolute error on unseen people, if known."""

    value: float
    unit: str
    error: float | None


@dataclass(frozen=True)
class DirectionDescription:
    """A direction as a slider needs it: ``low``…``high`` is where training people lie, in ``unit``.

    ``from_scan``: values count from the scan, whose own is 0.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    from_scan: bool = False


@dataclass(frozen=True)
class ModelDescription:
    name: str
    version: str
    shape: tuple[int, int, int]
    affine: tuple[tuple[float, ...], ...]
    directions: tuple[DirectionDescription, ...]
    device: str
    preview_calls: int
    final_calls: int
    devices: tuple[str, ...] = ("cpu",)
    """Those that this computer has, of cpu, cuda and mps."""
    carried: bool = False
    """Whether edits move the person's own tissue; else they are decoded from the moved code."""
    ssim: float | None = None
    """Of copy and scan, on people the model never saw; None where nobody measured it."""
    ssim_of_code: float | None = None
    """The same of what is drawn from the semantic code alone."""


@dataclass(frozen=True)
class Check:
    """One thing looked at in preparation: ``warning`` false means it passed."""

    name: str
    warning: bool
    sentence: str


@dataclass(frozen=True)
class NativeReply:
    """Where the voxels lie that now fill the block; ``notes`` are sentences on what was done to them."""

    shape: tuple[int, int, int]
    affine: tuple[tuple[float, ...], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PreparedReply:
    steps: tuple[str, ...]
    checks: tuple[Check, ...]
    readouts: Mapping[str, Readout]
    """What the readers say of the scan itself."""
    model_from_native: tuple[tuple[float, ...], ...] | None = None
    """(4, 4), world millimetres of the scan to those of the model: the affine part of the registration."""


@dataclass(frozen=True)
class OutlineReply:
    """``model_from_native`` (4 x 4): the scan's world millimetres to the model's, its affine part."""

    shape: tuple[int, int, int]
    affine: tuple[tuple[float, ...], ...]
    millilitres: float
    model_from_native: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class RenderReply:
    quality: Quality
    calls: int
    seconds: float
    readouts: Mapping[str, Readout]
    """What the readers say of the codes that were decoded."""
    mean_absolute_difference: float | None = None
    """Copy against scan, both in [0, 1]; None unless the copy was asked for."""
    ssim: float | None = None


@dataclass(frozen=True)
class VolumesReply:
    """Millilitres on the model's grid, where brains have the template's size, by region; None: the model has no
    network for them. Regions are those of a cohort's ``labels.tsv``."""

    volumes_ml: Mapping[str, float] | None


@dataclass(frozen=True)
class ExportReply:
    path: str


@dataclass(frozen=True)
class ModelSummary:
    """A bundle as the manager shows it. ``details``: name and words of each; ``card``: a file that tells more, if any;
    ``problem``: why it cannot be used."""

    name: str
    path: str
    bundled: bool
    size: int
    details: tuple[tuple[str, str], ...] = ()
    card: str = ""
    problem: str = ""


@dataclass(frozen=True)
class ModelsReply:
    models: tuple[ModelSummary, ...]


@dataclass(frozen=True)
class ImportReply:
    """``path`` is empty where nothing was made because tensors are ``missing`` or ``extra``; ``sentence`` says so.
    ``assumed``: what no tensor told, in words."""

    name: str
    path: str
    parameters: int
    assumed: str
    sentence: str = ""
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """``step`` of ``of`` (``of`` 0: not countable), ``what`` in words."""

    id: int
    step: int
    of: int
    what: str
    seconds_left: float | None = None


@dataclass(frozen=True)
class Done:
    id: int
    result: object


@dataclass(frozen=True)
class Failed:
    """``sentence`` for the user, ``detail`` for the log. ``device_full``: another device may have room for it."""

    id: int
    sentence: str
    detail: str = ""
    device_full: bool = False


@dataclass(frozen=True)
class Dropped:
    """A request that a newer one replaced, or that was cancelled."""

    id: int


Reply = Progress | Done | Failed | Dropped

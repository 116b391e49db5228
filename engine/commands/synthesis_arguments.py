"""What the commands that synthesise have in common: their options, and a scan brought before the model."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import get_args

from engine.commands import Progress
from engine.commands.ranks import take_own_gpu
from engine.commands.scan_argument import add_scan_argument, doubts_about, scan_of
from engine.diffusion.solvers import Tick
from engine.edit.own_directions import with_own
from engine.edit.synthesis import Synthesiser, load_synthesiser
from engine.errors import UsageError
from engine.export.synthetic import weights_sha256
from engine.model.manifest import Manifest, SolverName, find_bundle, read_manifest
from engine.preparation import Prepared, prepare
from engine.scans import Scan

Load = Callable[[], Synthesiser]


@dataclass(frozen=True)
class Subject:
    """A scan, prepared, before a model."""

    scan: Scan
    prepared: Prepared
    synthesiser: Synthesiser

    @property
    def warnings(self) -> list[str]:
        return doubts_about(self.scan, self.prepared)


def add_preparation_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stripped", action="store_true", default=None, help="the skull was removed before")
    parser.add_argument("--registered", action="store_true", default=None, help="it lies in MNI space already")
    parser.add_argument("--mask", metavar="FILE", help="the brain, drawn by other means")


def add_synthesis_arguments(parser: argparse.ArgumentParser, folders: bool = False) -> None:
    """SCAN, how it is prepared, and how and where the volume is written."""
    add_scan_argument(parser, folders)
    add_preparation_options(parser)
    of_folders = "; of a folder: a folder" if folders else ""
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help=f"a .nii.gz or .nii{of_folders}")
    add_solver_options(parser)
    parser.add_argument("--space", choices=("model", "native"), help="the model's grid or the scan's own")
    parser.add_argument(
        "--form",
        choices=("change", "plain"),
        default="change",
        help="native space: scan plus change, or the brain alone",
    )


def add_solver_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, metavar="N", help="denoiser calls each way (default: the model's own)")
    names = ", ".join(get_args(SolverName))
    parser.add_argument("--solver", metavar="S", help=f"one of {names} (default: the model's own)")


def check_steps(arguments: argparse.Namespace) -> int | None:
    """``--steps``. Raises UsageError where the solver cannot make them."""
    steps: int | None = arguments.steps
    if steps is not None and not 2 <= steps <= 1000:
        raise UsageError(f"--steps {steps}: choose between 2 and 1000.")
    return steps


def loading(arguments: argparse.Namespace, solver: str | None = None) -> Load:
    """The model that ``arguments`` name, loaded when it is first asked for and then kept; ``solver`` None: its own."""

    @cache
    def load() -> Synthesiser:
        take_own_gpu()
        return load_synthesiser(arguments.bundle, arguments.device, solver)

    return load


def model_of(arguments: argparse.Namespace) -> tuple[Manifest, str]:
    """The manifest of the model that ``arguments`` name, the user's directions in it, and the digest of its weights."""
    manifest = with_own(read_manifest(find_bundle(arguments.bundle)))
    return manifest, weights_sha256(manifest)


def subject_of(arguments: argparse.Namespace, progress: Progress, load: Load | None = None) -> Subject:
    """The scan that ``arguments`` name, opened and prepared, and the model loaded."""
    scan = scan_of(arguments)
    synthesiser = (load or loading(arguments))()
    recipe = synthesiser.model.manifest.preparation
    prepared = prepare(scan, recipe, arguments.stripped, arguments.registered, arguments.mask, progress)
    return Subject(scan, prepared, synthesiser)


def ticking(progress: Progress, what: str) -> Tick:
    """A solver's tick that shows progress."""
    return lambda step, of: progress(step, of, what)

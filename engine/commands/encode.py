"""A scan's codes as a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.commands import Progress, Report
from engine.commands.batch import Item, Output, over_scans
from engine.commands.scan_argument import add_scan_argument, sources_of
from engine.commands.synthesis_arguments import (
    Load,
    add_preparation_options,
    check_steps,
    loading,
    model_of,
    subject_of,
    ticking,
)

_OUTPUT = Output("model", "codes.safetensors", on_grid=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_scan_argument(parser, folders=True)
    add_preparation_options(parser)
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="OUT", help="a .safetensors file; of a folder: a folder"
    )
    parser.add_argument("--steps", type=int, metavar="N", help="denoiser calls (default: the model's own)")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    check_steps(arguments)
    load = loading(arguments)

    def encode(item: Item, progress: Progress) -> Report:
        return _encode(item, progress, load)

    return over_scans(arguments, progress, encode, lambda _: _OUTPUT, lambda: model_of(arguments))


def _encode(item: Item, progress: Progress, load: Load) -> Report:
    from safetensors.torch import save_file

    from engine.export.atomic import beside, check_place, flush
    from engine.scans import fingerprint

    arguments = item.arguments
    check_place(arguments.output, sources_of(arguments))
    steps = check_steps(arguments)
    subject = subject_of(arguments, progress, load)
    manifest = subject.synthesiser.model.manifest
    volume = subject.prepared.volume.data
    calls = steps or manifest.solver.final_calls
    codes = subject.synthesiser.encode(volume, calls, ticking(progress, "encoding"))
    about = {
        "bundle": f"{manifest.name} {manifest.version}",
        "scan_sha256": fingerprint(subject.scan),
        "solver": manifest.solver.name,
        "steps": str(calls),
    }
    tensors = {"semantic": codes.semantic, "noise": codes.noise, "latent": codes.latent}
    with beside(arguments.output) as (temporary,):
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary, about)
        flush(temporary)
    text = f"A semantic code of {codes.semantic.numel()} numbers, and the noise code."
    return Report({"path": str(arguments.output), **about}, text, warnings=subject.warnings)

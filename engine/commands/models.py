"""The models at hand: told, imported from published weights, removed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from engine.commands import Progress, Report
from engine.errors import UsageError
from engine.model.card import read_card
from engine.model.library import imported_models, remove_model
from engine.model.manifest import BUNDLED, EDITS, Manifest, find_bundle, read_manifest
from engine.volume import spacing

NETWORKS = ("autoencoder", "encoder", "denoiser")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "info", "import", "remove"))
    parser.add_argument("model", nargs="?", metavar="NAME", help="of info and remove")
    group = parser.add_argument_group("import: the three published files, or a training checkpoint")
    for option in ("autoencoder", "encoder", "decoder", "checkpoint"):
        group.add_argument(f"--{option}", type=Path, metavar="FILE")
    for option in ("probe", "mean", "std"):
        group.add_argument(f"--{option}", type=Path, metavar="FILE", help="of the disease probe; all three or none")
    group.add_argument("--config", type=Path, metavar="FILE", help="what tensors do not tell (default: as published)")
    group.add_argument("--template", type=Path, metavar="FILE", help="its own MNI head: then raw scans are taken too")
    group.add_argument("--name", default="imported", metavar="N", help="what to call the model (default: imported)")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    if arguments.action == "import":
        return _import(arguments, progress)
    if arguments.action == "list":
        return _list()
    if not arguments.model:
        raise UsageError(f"models {arguments.action}: needs a NAME: “models list” tells which there are.")
    return _remove(arguments.model) if arguments.action == "remove" else _info(arguments.model)


def _list() -> Report:
    folders = ([BUNDLED] if (BUNDLED / "manifest.json").is_file() else []) + imported_models()
    found = [(folder, read_manifest(folder)) for folder in folders]
    data = [
        {
            "name": folder.name,
            "path": str(folder),
            "version": manifest.version,
            "grid": list(manifest.preparation.shape),
            "bundled": folder == BUNDLED,
        }
        for folder, manifest in found
    ]
    lines = [f"{folder.name}: {_grid_in_words(manifest)}, {folder}" for folder, manifest in found]
    return Report({"models": data}, "\n".join(lines) or "No model is here: import one with “models import”.")


def _info(name: str) -> Report:
    from engine.model.tensor_file import read_stored

    folder = find_bundle(name)
    manifest = read_manifest(folder)
    stored = {network: read_stored(folder / f"{network}.safetensors") for network in NETWORKS}
    size = sum(network.size for network in stored.values())
    data = json.loads(manifest.to_json()) | {
        "path": str(folder),
        "parameters": sum(network.numbers for network in stored.values()),
        "bytes": size,
        "grid": list(manifest.preparation.shape),
        "card": read_card(folder),
    }
    directions = ", ".join(f"{d.name} ({d.unit})" if d.unit else d.name for d in manifest.directions) or "none"
    solver = manifest.solver
    lines = [
        f"{folder.name}: version {manifest.version}, licence: {manifest.licence}",
        f"grid {_grid_in_words(manifest)}, preparation {manifest.preparation.registration}",
        f"{data['parameters']:,} numbers in {size / 1e6:,.0f} MB, {folder}",
        f"{solver.name}: {solver.preview_calls} calls for a preview, {solver.final_calls} for the final picture",
        f"directions: {directions}; edits: {EDITS[manifest.edits]}",
        *(["", data["card"]] if data["card"] else ["no model card: “evaluate” writes one"]),
    ]
    return Report(data, "\n".join(lines))


def _grid_in_words(manifest: Manifest) -> str:
    grid = manifest.preparation.grid
    return f"{' x '.join(map(str, grid.shape))} voxels of {spacing(grid.affine)[0]:g} mm"


def _remove(name: str) -> Report:
    path = remove_model(name)
    return Report({"name": name, "path": str(path)}, f"{name} is removed.")


def _import(arguments: argparse.Namespace, progress: Progress) -> Report:
    from engine.edit.directions import save_axis
    from engine.edit.published import disease_axis
    from engine.model.importing import KeysError, import_checkpoint, import_weights
    from engine.model.manifest import Direction

    files = [getattr(arguments, name) for name in ("autoencoder", "encoder", "decoder")]
    reader = [getattr(arguments, name) for name in ("probe", "mean", "std")]
    if bool(arguments.checkpoint) == any(files) or any(files) != all(files):
        raise UsageError("models import: give --autoencoder, --encoder and --decoder, or --checkpoint alone.")
    if any(reader) != all(reader):
        raise UsageError("models import: give --probe, --mean and --std together, or none of them.")
    axis = disease_axis(*reader) if all(reader) else None

    def add_directions(folder: Path) -> tuple[Direction, ...]:
        if axis is None:
            return ()
        save_axis(axis, folder)
        return (axis.about,)

    settings = (arguments.config, arguments.name, add_directions, progress, arguments.template)
    try:
        if arguments.checkpoint:
            made = import_checkpoint(arguments.checkpoint, *settings)
        else:
            made = import_weights(files[0], files[1], files[2], *settings)
    except KeysError as error:
        if not arguments.json:
            raise
        print(error, file=sys.stderr)
        lacking = {"missing": error.missing, "extra": error.extra}
        return Report({"name": arguments.name, "path": None, "parameters": 0, "grid": None} | lacking, complete=False)
    data = {
        "name": made.name,
        "path": str(made.path),
        "parameters": made.parameters,
        "grid": list(made.grid),
        "missing": list(made.missing),
        "extra": list(made.extra),
        "assumed": None if arguments.config else made.assumed,
    }
    source = f"Read from {arguments.config.name}" if arguments.config else "Assumed, as published"
    text = (
        f"{made.name}: {made.parameters:,} parameters, in {made.path}: use it with --bundle {made.name}.\n"
        f"{source}: {made.assumed}."
    )
    return Report(data, text)

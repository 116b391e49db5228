"""What the window asks about models: which there are, import of published weights, removal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.service.loop import Job
from engine.service.messages import (
    ImportModel,
    ImportReply,
    ListModels,
    ModelsReply,
    ModelSummary,
    RemoveModel,
)

CARDS = ("model_card.md", "MODEL_CARD.md", "README.md", "report.html")
"""What tells of a model in prose, where its bundle holds one of these."""


def list_models(request: ListModels, job: Job) -> ModelsReply:
    """A folder whose manifest cannot be followed is told with the sentence why."""
    from engine.model.library import imported_models
    from engine.model.manifest import BUNDLED

    folders = ([BUNDLED] if (BUNDLED / "manifest.json").is_file() else []) + imported_models()
    return ModelsReply(tuple(_summary(folder, folder == BUNDLED) for folder in folders))


def remove_model(request: RemoveModel, job: Job) -> ModelsReply:
    from engine.model import library

    library.remove_model(request.name)
    return list_models(ListModels(request.id, request.lane), job)


def import_model(request: ImportModel, job: Job) -> ImportReply:
    """Keys that are missing or extra are a reply, all of them; whatever else is wrong is one sentence."""
    from engine.edit.directions import save_axis
    from engine.edit.published import disease_axis
    from engine.errors import UsageError
    from engine.model.importing import KeysError, import_checkpoint, import_weights
    from engine.model.manifest import Direction

    job.tick(0, 0, "reading the files")
    files = {name: Path(path) for name, path in request.files.items() if path}
    reader = [files[name] for name in ("probe", "mean", "std") if name in files]
    if len(reader) not in (0, 3):
        raise UsageError("Probe, mean and deviation belong together: choose all three, or none of them.")
    axis = disease_axis(*reader) if reader else None

    def add_directions(folder: Path) -> tuple[Direction, ...]:
        if axis is None:
            return ()
        save_axis(axis, folder)
        return (axis.about,)

    settings = (files.get("config"), request.name, add_directions, job.tick)
    try:
        if "checkpoint" in files:
            made = import_checkpoint(files["checkpoint"], *settings)
        elif all(name in files for name in ("autoencoder", "encoder", "decoder")):
            made = import_weights(files["autoencoder"], files["encoder"], files["decoder"], *settings)
        else:
            raise UsageError("Choose autoencoder, encoder and decoder, or one training checkpoint.")
    except KeysError as error:
        return ImportReply(request.name, "", 0, "", str(error), error.missing, error.extra)
    return ImportReply(made.name, str(made.path), made.parameters, made.assumed)


def _summary(folder: Path, bundled: bool) -> ModelSummary:
    from engine.errors import NeurolapseError
    from engine.evaluation.card import headlines
    from engine.model.manifest import EDITS, read_manifest
    from engine.volume import spacing

    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    try:
        manifest = read_manifest(folder)
    except NeurolapseError as error:
        return ModelSummary(folder.name, str(folder), bundled, size, problem=str(error))
    grid = manifest.preparation.grid
    details = {
        "Version": manifest.version,
        "Licence": manifest.licence,
        "Grid": f"{' × '.join(map(str, grid.shape))} voxels of {spacing(grid.affine)[0]:g} mm",
        "Preparation": f"{manifest.preparation.extraction}, {manifest.preparation.registration}",
        "Solver": f"{manifest.solver.name}, {manifest.solver.preview_calls} steps for a preview, "
        f"{manifest.solver.final_calls} for the final picture",
        "Edits": EDITS[manifest.edits],
        "Directions": "; ".join(_direction(one) for one in manifest.directions) or "none",
        "Trained on": _people(manifest.trained_on),
        "Tested on": _people(manifest.figures),
        **{meaning[0].upper() + meaning[1:]: _figure(figure) for _, meaning, figure in headlines(manifest.figures)},
    }
    card = next((str(folder / name) for name in CARDS if (folder / name).is_file()), "")
    return ModelSummary(folder.name, str(folder), bundled, size, tuple(details.items()), card)


def _people(told: Mapping[str, Any]) -> str:
    """ "107 people of 20 to 79 years"."""
    if "people" not in told:
        return "not told"
    ages = told.get("ages") or told.get("cohort", {}).get("ages")
    return f"{told['people']} people" + (f" of {ages[0]:.0f} to {ages[1]:.0f} years" if ages else "")


def _direction(about: Any) -> str:
    told = [about.unit, f"{about.low:g} to {about.high:g}"]
    if about.error is not None:
        told.append(f"read to ± {about.error:.1f}")
    return f"{about.label} ({', '.join(filter(None, told))})"


def _figure(figure: object) -> str:
    from engine.evaluation.words import figure_in_words

    value, interval = figure_in_words(figure)
    return f"{value} ({interval})" if interval else value

"""From a cohort to a bundle: three stages, then the age direction, then the files."""

from __future__ import annotations

import copy
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lightning as L
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from engine.cohort.groups import read_groups
from engine.diffusion.schedule import linear_schedule
from engine.edit.directions import save_axis
from engine.evaluation.calls import curve, recommended, rows
from engine.measure.volume_age import fit_to_cohort
from engine.model.device import choose_device, choose_precision
from engine.model.manifest import Manifest, Solver, sha256
from engine.model.model import Model
from engine.model.weights import save_weights
from engine.networks.encoders import build_encoder
from engine.networks.segmentation import Segmentation
from engine.networks.tissue import TissueEncoder
from engine.preparation.recipe import Recipe
from engine.training.autoencoder import AutoencoderStage
from engine.training.config import Config
from engine.training.data import Crops, People, hold_out, load_people
from engine.training.denoiser import DenoiserStage
from engine.training.directions import fit_axes
from engine.training.latents import LatentDraws, Scale, compute_latents, latent_scale
from engine.training.representation import RepresentationStage
from engine.training.run import first_process_first, fit
from engine.training.volumetry import add_judges, train_volumetry

LICENCE = "CC BY-SA 3.0 (weights learnt from the IXI data set, brain-development.org)"
VALIDATION_SCANS = 8
CURVE_PEOPLE = 3
CURVE_YEARS = 20.0


class _Whole(Dataset[Tensor]):
    """Each person once, whole, as they are."""

    def __init__(self, people: People) -> None:
        self._images = people.images

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Tensor:
        return torch.from_numpy(self._images[index] / np.float32(255))[None]


def train(config: Config, folder: Path, resume: bool) -> Path:
    """Runs or resumes all stages of ``config`` below ``folder`` and writes ``folder/bundle``; its path."""
    L.seed_everything(config.seed, verbose=False)
    people = load_people(Path(config.data), "train")
    groups = read_groups(Path(config.data))
    training, validation = hold_out(people, config.validation_people, config.seed)
    schedule = linear_schedule(config.timesteps)
    stages = config.stages

    first = AutoencoderStage(config.autoencoder, stages["autoencoder"])

    def crops(name: str, number: int) -> Any:
        stage = stages[name]
        crop, count = stage.crop or config.shape, stage.steps_per_round * stage.batch
        return lambda round_: Crops(training, crop, count, (config.seed, number, round_))

    fit("autoencoder", first, config, folder, crops("autoencoder", 1), _Whole(validation), resume)
    encoder = build_encoder(config.encoder)

    def latents(people: People, variants: int, name: str) -> dict[str, Tensor]:
        file = folder / f"{name}.safetensors"
        return compute_latents(
            first.autoencoder, people, groups, config.spacing, variants, config.seed, file, encoder.look
        )

    with first_process_first():
        seen, unseen = latents(training, config.variants, "latents"), latents(validation, 1, "validation")
    scale = latent_scale(seen["latents"])
    if isinstance(encoder, TissueEncoder):
        encoder.learn_differences(seen["looked"])

    def draws(name: str, number: int) -> Any:
        stage = stages[name]
        count = stage.steps_per_round * stage.batch
        return lambda round_: LatentDraws(
            seen, scale, config.timesteps, count, stage.draws, (config.seed, number, round_)
        )

    checked = LatentDraws(unseen, scale, config.timesteps, VALIDATION_SCANS, 8, (config.seed, 9))
    second = DenoiserStage(config.denoiser, schedule, stages["denoiser"])
    fit("denoiser", second, config, folder, draws("denoiser", 3), checked, resume)
    third = RepresentationStage(encoder, config.denoiser, second.denoiser, schedule, stages["representation"])
    fit("representation", third, config, folder, draws("representation", 4), checked, resume)
    network = None
    if "volumetry" in stages:
        network = train_volumetry(config, folder, training, validation, groups, first.autoencoder, resume)
    if "decoder" in stages:
        again = AutoencoderStage(config.autoencoder, stages["decoder"], decoder_only=True)
        again.load_state_dict(first.state_dict())
        fit("decoder", again, config, folder, crops("decoder", 5), _Whole(validation), resume)
        first = again
    with first_process_first() as is_first:
        if is_first:
            bundle = write_bundle(config, folder, first, third, scale, people, validation, network)
            if network is not None:
                add_judges(bundle, network, fit_to_cohort(Path(config.data), people.names, people.ages))
    return folder / "bundle"


def write_bundle(
    config: Config,
    folder: Path,
    first: AutoencoderStage,
    third: RepresentationStage,
    scale: Scale,
    people: People,
    validation: People,
    volumetry: Segmentation | None = None,
) -> Path:
    """The trained networks, the directions of ``people`` and the manifest, as a bundle ``folder/bundle``; its path.

    ``validation``: people to choose the solver on, where the configuration leaves it open. ``volumetry``: measures what
    directions are calibrated by; without it they are read by their own readers.

    A bundle that stood there before goes when the new one is whole. The networks are made fast in place: nothing can be
    trained with them afterwards.
    """
    with TemporaryDirectory(dir=folder, prefix=".") as temporary:
        place = Path(temporary) / "bundle"
        place.mkdir()
        networks = {"autoencoder": first.autoencoder, "encoder": third.encoder, "denoiser": third.denoiser}
        for name, network in networks.items():
            save_weights(network, place / f"{name}.safetensors")
        manifest = Manifest(
            name=config.name,
            version=config.version,
            licence=LICENCE,
            preparation=Recipe(config.shape, config.affine),
            latent_scale=scale,
            timesteps=config.timesteps,
            solver=config.solver or Solver("anchored", 1, 1),
            networks={name: asdict(getattr(config, name)) for name in networks},
            directions=(),
            trained_on={
                "people": len(people.names),
                "ages": [float(people.ages.min()), float(people.ages.max())],
                "mean_age": float(people.ages.mean()),
            },
            figures={},
            checksums={},
            edits=config.edits,
        )
        device = choose_device("cpu")
        precision = choose_precision(device)
        judge = copy.deepcopy(volumetry)
        model = Model(manifest, first.autoencoder, third.encoder, third.denoiser, device, precision, judge)
        axes = fit_axes(model, people, Path(config.data), config.seed, folder / "twins.safetensors")
        for axis in axes:
            save_axis(axis, place)
        if config.solver is None:
            tried = [image / np.float32(255) for image in validation.images[:CURVE_PEOPLE]]
            points = curve(model, axes[0], CURVE_YEARS, tried)
            manifest = replace(manifest, solver=recommended(points), figures={"calls_curve": rows(points)})
        files = sorted(p for p in place.rglob("*.safetensors"))
        manifest = replace(
            manifest,
            directions=tuple(axis.about for axis in axes),
            checksums={p.relative_to(place).as_posix(): sha256(p) for p in files},
        )
        (place / "manifest.json").write_text(manifest.to_json() + "\n")
        shutil.rmtree(folder / "bundle", ignore_errors=True)
        place.rename(folder / "bundle")
    return folder / "bundle"

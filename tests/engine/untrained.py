"""A bundle of a configuration's networks as they are before training: useless pictures, the real machinery."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from engine.edit.directions import Axis, save_axis
from engine.model.manifest import Direction, Manifest, sha256
from engine.model.model import build_networks
from engine.model.weights import save_weights
from engine.preparation.recipe import Recipe
from engine.training.config import load_config


def write_untrained_bundle(configuration: Path, folder: Path) -> Path:
    """A bundle with an age direction in ``folder``; seeded, so the same weights each time."""
    config = load_config(configuration)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    names = ("autoencoder", "encoder", "denoiser")
    manifest = Manifest(
        name=config.name,
        version="0",
        licence="none",
        preparation=Recipe(config.shape, config.affine),
        latent_scale=1.0,
        timesteps=config.timesteps,
        solver=config.solver,
        networks={name: asdict(getattr(config, name)) for name in names},
        directions=(Direction("age", "Age", "years", 20.0, 86.0, 5.0),),
        trained_on={},
        figures={},
        checksums={},
    )
    for name, network in zip(names, build_networks(manifest), strict=True):
        save_weights(network, folder / f"{name}.safetensors")
    size = config.denoiser.semantic_channels
    step = np.random.default_rng(0).normal(size=size) / 10
    save_axis(Axis(manifest.directions[0], step / (step @ step), 60.0, step), folder)
    files = sorted(folder.rglob("*.safetensors"))
    manifest = replace(manifest, checksums={file.relative_to(folder).as_posix(): sha256(file) for file in files})
    (folder / "manifest.json").write_text(manifest.to_json())
    return folder

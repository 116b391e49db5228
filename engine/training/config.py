"""A training run as one TOML file (``configs/``): networks, schedule, data and the settings of each stage."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from engine.errors import UsageError
from engine.model.manifest import Edits, Solver
from engine.networks.autoencoder import AutoencoderConfig
from engine.networks.denoiser import DenoiserConfig
from engine.networks.encoders import AnyEncoderConfig, encoder_class

T = TypeVar("T")


@dataclass(frozen=True)
class StageConfig:
    """``rounds`` × ``steps_per_round`` optimiser steps; a checkpoint and a validation figure after each round."""

    rounds: int
    steps_per_round: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.01
    warm_up: float = 0.05
    """Share of the steps over which the learning rate rises; it falls along a cosine afterwards."""
    ema_decay: float = 0.999
    crop: tuple[int, int, int] | None = None
    """Stage 1 only: voxels of a training crop; None trains on whole volumes."""
    accumulate: int = 1
    draws: int = 1
    """Noise levels drawn for each scan of a batch; the encoder is paid once for all of them."""


@dataclass(frozen=True)
class Config:
    name: str
    shape: tuple[int, int, int]
    affine: tuple[tuple[float, ...], ...]
    data: str
    autoencoder: AutoencoderConfig
    encoder: AnyEncoderConfig
    denoiser: DenoiserConfig
    stages: dict[str, StageConfig]
    seed: int = 0
    precision: str = "bf16-mixed"
    validation_people: int = 8
    variants: int = 8
    """Augmented copies of each person whose latents are computed once and kept."""
    timesteps: int = 1000
    solver: Solver | None = None
    """None: the one that a curve over solvers and calls recommends, measured on validation people."""
    edits: Edits = "decoded"
    version: str = "0.1.0"

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel edges in mm."""
        x, y, z = np.linalg.norm(np.array(self.affine)[:3, :3], axis=0).tolist()
        return x, y, z


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def _build(cls: type[T], table: dict[str, Any], where: str) -> T:
    known = {f.name for f in fields(cls)}  # type: ignore[arg-type]
    unknown = set(table) - known
    if unknown:
        raise UsageError(f"{where}: unknown setting {', '.join(sorted(unknown))}: remove it or correct its name.")
    return cls(**{key: _tuples(value) for key, value in table.items()})


def load_config(path: Path, data: str | None = None) -> Config:
    """The run described by ``path``. ``data`` overrides its cohort folder. Raises UsageError for what does not fit."""
    try:
        table = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise UsageError(f"{path}: no such configuration: name a file of configs/.") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not a TOML file ({error}): correct it.") from None
    shared = os.environ.get("NEUROLAPSE_SHARED", "../shared")
    table["data"] = data or str(table["data"]).replace("$NEUROLAPSE_SHARED", shared)
    table["autoencoder"] = _build(AutoencoderConfig, table["autoencoder"], f"{path} [autoencoder]")
    table["encoder"] = _build(encoder_class(table["encoder"]), table["encoder"], f"{path} [encoder]")
    table["denoiser"] = _build(DenoiserConfig, table["denoiser"], f"{path} [denoiser]")
    if "solver" in table:
        table["solver"] = _build(Solver, table["solver"], f"{path} [solver]")
    table["stages"] = {k: _build(StageConfig, v, f"{path} [stages.{k}]") for k, v in table["stages"].items()}
    return _build(Config, table, str(path))

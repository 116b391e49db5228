"""Directions in code space: what they are on disk, how they are fitted, how codes are read and moved along them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from engine.edit.settings import check_directions
from engine.errors import ModelError
from engine.model.manifest import Direction
from engine.model.model import Codes

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """A direction with its vectors: the reader says ``weight``·y + ``bias``; one unit moves a code by ``step`` (E,).

    ``gain``: how many times as far as the model draws it a carried edit goes, so that the picture shows one unit.
    """

    about: Direction
    weight: Vector
    bias: float
    step: Vector
    gain: float = 1.0

    def read(self, semantic: torch.Tensor) -> float:
        """The value that the reader sees in a code (E,)."""
        return float(semantic.double().numpy() @ self.weight + self.bias)


def load_axes(folder: Path, directions: tuple[Direction, ...]) -> dict[str, Axis]:
    """The bundle's directions by name. Raises ModelError where a file does not hold what it should."""
    axes = {}
    for about in directions:
        path = folder / "directions" / f"{about.name}.safetensors"
        try:
            stored = load_file(path)
            axes[about.name] = Axis(about, stored["weight"], float(stored["bias"][0]), stored["step"], gain_in(stored))
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"{path}: cannot be read ({error}): reinstall the model.") from None
    return axes


def save_axis(axis: Axis, folder: Path) -> Path:
    """Writes ``directions/<name>.safetensors`` below ``folder``."""
    path = folder / "directions" / f"{axis.about.name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(vectors(axis), path)
    return path


def vectors(axis: Axis) -> dict[str, Vector]:
    """The arrays of a direction's file."""
    return {
        "weight": axis.weight,
        "bias": np.array([axis.bias]),
        "step": axis.step,
        "gain": np.array([axis.gain]),
    }


def gain_in(stored: Mapping[str, Vector]) -> float:
    """Files without one are of models whose edits are decoded, such as published ones."""
    return float(stored["gain"][0]) if "gain" in stored else 1.0


def readouts(codes: Codes, axes: Mapping[str, Axis]) -> dict[str, float]:
    """What each direction's reader says of ``codes``, in its unit."""
    return {name: axis.read(codes.semantic) for name, axis in axes.items()}


def move(codes: Codes, axes: Mapping[str, Axis], changes: Mapping[str, float], held: Collection[str] = ()) -> Codes:
    """``codes`` moved by so many units along each named direction, as far as readers of ``held`` ones stay still.

    Raises UsageError for a name that is not there.
    """
    check_directions((*changes, *held), (), axes)
    semantic = codes.semantic
    for name, amount in changes.items():
        semantic = semantic + amount * step_of(axes, name, held)
    return replace(codes, semantic=semantic)


def step_of(axes: Mapping[str, Axis], name: str, held: Collection[str] = ()) -> torch.Tensor:
    """What one unit along ``name`` adds to a code (E,), so that readers of ``held`` directions stay still.

    A held direction that is moved too is read as its own step leaves it: the other steps do not disturb it.
    """
    step = axes[name].step
    others = [axes[other].weight for other in held if other != name]
    return torch.from_numpy(held_still(step, np.stack(others)) if others else step).float()


def held_still(step: Vector, readers: Vector) -> Vector:
    """The nearest to ``step`` (E,) that moves none of the linear ``readers`` (R, E).

    What the readers' weights explain of the step by least squares is taken out of it, as Shen et al. 2020 do with one.
    """
    explained = readers.T @ np.linalg.lstsq(readers.T, step)[0]
    return np.asarray(step - explained)

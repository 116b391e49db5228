"""The manifest of a bundle: everything a model needs to be used rightly. Reading it costs no torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from engine.errors import ModelError, UsageError
from engine.model.library import imported
from engine.preparation.recipe import Recipe

FORMAT = 1
TEMPLATE = "template.nii.gz"
"""Beside the manifest of a model that brings its own: the brain that scans are registered to."""
Edits = Literal["decoded", "carried"]
EDITS: Mapping[Edits, str] = {
    "decoded": "decoded from the moved code",
    "carried": "what the model draws, carried by the person's own tissue",
}
SolverName = Literal["ddim", "anchored", "bdia", "dpm"]
BUNDLED = Path(__file__).resolve().parents[2] / "resources" / "models" / "compact"


@dataclass(frozen=True)
class Solver:
    """``name`` and its settings; calls of the denoiser each way for a preview and for the final picture.

    Raises ValueError where no solver has that name.
    """

    name: SolverName
    preview_calls: int
    final_calls: int
    clamp: float | None = None

    def __post_init__(self) -> None:
        if self.name not in get_args(SolverName):
            raise ValueError(f"no solver is called {self.name}")


@dataclass(frozen=True)
class Direction:
    """What a slider needs to know. ``low`` to ``high`` is where training people lie, in ``unit``.

    ``error`` is the reader's mean absolute error on people it was not fitted on; None where nobody measured it. The
    vectors lie in ``directions/<name>.safetensors``. ``from_scan``: values count from the scan, whose own is 0,
    whatever the reader says of it.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    error: float | None
    scores: Mapping[str, float] = field(default_factory=dict)
    from_scan: bool = False


@dataclass(frozen=True)
class Manifest:
    """``latent_scale`` multiplies latents before diffusion, one number or one a channel.

    ``networks``: the configuration of each network, by its name; ``checksums``: file name → SHA-256. ``edits``: whether
    a moved code is decoded as published, or carried onto the copy as a movement of tissue (``engine.edit.carrying``).

    Raises ValueError where nobody knows such edits.
    """

    name: str
    version: str
    licence: str
    preparation: Recipe
    latent_scale: float | tuple[float, ...]
    timesteps: int
    solver: Solver
    networks: Mapping[str, Mapping[str, Any]]
    directions: tuple[Direction, ...]
    trained_on: Mapping[str, Any]
    figures: Mapping[str, Any]
    checksums: Mapping[str, str]
    edits: Edits = "decoded"

    def __post_init__(self) -> None:
        if self.edits not in EDITS:
            raise ValueError(f"no edits are called {self.edits}")

    def measured(self, *names: str) -> float | None:
        """The mean of the figure below ``names``; None where it was not measured."""
        figure: Any = self.figures
        for name in names:
            figure = figure.get(name) if isinstance(figure, Mapping) else None
        value = figure[0] if isinstance(figure, list) and figure else figure
        return float(value) if isinstance(value, int | float) else None

    def solved_by(self, name: str) -> Manifest:
        """The same with another solver, for as many calls. Raises UsageError where no solver has that name."""
        try:
            return replace(self, solver=replace(self.solver, name=cast(SolverName, name)))
        except ValueError:
            names = ", ".join(sorted(get_args(SolverName)))
            raise UsageError(f"{name}: no such solver: choose among {names}.") from None

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self), "preparation": self.preparation.to_json()}, indent=1)


def read_manifest(folder: Path = BUNDLED) -> Manifest:
    """The manifest in ``folder``. Raises ModelError where there is none or it says what this version cannot follow."""
    path = folder / "manifest.json"
    try:
        values = json.loads(path.read_text())
        if values.pop("format") != FORMAT:
            raise ModelError(f"{path}: made for another version of Neurolapse: update it.")
        values["preparation"] = Recipe.from_json(values["preparation"])
        if (folder / TEMPLATE).is_file():
            values["preparation"] = replace(values["preparation"], template_file=str(folder / TEMPLATE))
        elif values["preparation"].registration == "syn" and values["preparation"].takes_given:
            raise ModelError(f"{path}: {TEMPLATE} beside it is missing: import the model again.")
        if isinstance(values["latent_scale"], list):
            values["latent_scale"] = tuple(values["latent_scale"])
        values["solver"] = Solver(**values["solver"])
        values["directions"] = tuple(Direction(**d) for d in values["directions"])
        return Manifest(**values)
    except FileNotFoundError:
        raise ModelError(f"{folder}: holds no model (no manifest.json): name a bundle's folder.") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}): check its permissions.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: is damaged ({error}): reinstall the model.") from None


def record_figures(folder: Path, figures: Mapping[str, Any]) -> None:
    """Adds what was measured of a bundle to its manifest."""
    manifest = read_manifest(folder)
    text = replace(manifest, figures={**manifest.figures, **figures}).to_json()
    temporary = folder / ".manifest.json"
    temporary.write_text(text + "\n")
    temporary.replace(folder / "manifest.json")


def find_bundle(name: str | Path | None) -> Path:
    """The folder of a bundle given by folder or by name, bundled or imported; None or empty is the bundled model.

    A folder that holds a bundle comes before an imported model of the same name.
    """
    if not name or str(name) == BUNDLED.name:
        return BUNDLED
    folder = Path(name)
    if (folder / "manifest.json").is_file():
        return folder
    by_name = imported(str(name))
    if by_name is not None:
        return by_name
    if folder.is_dir():
        return folder
    raise ModelError(
        f"{name}: no such model: give a bundle's folder or a name that “models list” tells, or leave it out for the "
        "bundled one."
    )


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

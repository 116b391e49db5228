"""Published weights, three files or a training checkpoint, made into a bundle in the user's data folder.

Sizes are recognised from the tensors, then every name and shape is held against the network of those sizes, built
without memory. Tensors are copied one at a time, in their own precision, from files that are memory-mapped: of a 3.5 GB
file one tensor at a time is held twice.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from engine import __version__
from engine.errors import DiskError, ModelError
from engine.model.library import library, new_model
from engine.model.manifest import TEMPLATE, Direction, Manifest, Solver, sha256
from engine.model.recognition import (
    State,
    Unseen,
    autoencoder_sizes,
    denoiser_sizes,
    encoder_sizes,
    read_unseen,
)
from engine.model.tensor_file import write_tensors
from engine.model.weight_files import Tensors, open_checkpoint, open_weights
from engine.networks.autoencoder import Autoencoder, AutoencoderConfig
from engine.networks.denoiser import DenoiserConfig, GuidedDenoiser
from engine.networks.encoder import EncoderConfig, SemanticEncoder
from engine.preparation.named_template import brain_of, save
from engine.preparation.recipe import published_recipe

Progress = Callable[[int, int, str], None]
"""``progress(megabytes, of, what)``; what it raises ends the import."""

AddDirections = Callable[[Path], Sequence[Direction]]
"""Writes directions into a bundle's folder and says which."""

Config = TypeVar("Config", AutoencoderConfig, EncoderConfig, DenoiserConfig)

BACKBONE, BACKBONE_AGAIN = "backbone.backbone.", "slice_distributed.module.backbone."
SOLVER = Solver("ddim", preview_calls=10, final_calls=100, clamp=1.0)
LICENCE = "that of the imported weights' publisher; the published code allows non-profit research only"
_NAMED = 3


class KeysError(ModelError):
    """Weights whose names are not the network's: ``missing`` and ``extra`` tensors, all of them."""

    def __init__(self, file: str, missing: Sequence[str], extra: Sequence[str]) -> None:
        self.missing, self.extra = tuple(missing), tuple(extra)
        told = [
            f"{len(keys)} {word} ({', '.join(keys[:_NAMED])}{', …' if len(keys) > _NAMED else ''})"
            for word, keys in (("missing", self.missing), ("extra", self.extra))
            if keys
        ]
        super().__init__(f"{file}: does not hold the tensors it should: {', '.join(told)}: check the file.")


@dataclass(frozen=True)
class Imported:
    """The bundle made. ``parameters`` in all networks; ``assumed``: what no tensor told, in words.

    ``missing`` and ``extra`` are empty, as nothing is imported otherwise (see KeysError).
    """

    name: str
    path: Path
    parameters: int
    grid: tuple[int, int, int]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    assumed: str


@dataclass(frozen=True)
class _Part:
    """A network's tensors under our names, checked; ``file``: where they come from."""

    file: str
    tensors: Tensors
    config: AutoencoderConfig | EncoderConfig | DenoiserConfig
    parameters: int

    @property
    def size(self) -> int:
        return sum(tensor.numel() * tensor.element_size() for tensor in self.tensors.values())


def import_weights(
    autoencoder: Path,
    encoder: Path,
    decoder: Path,
    config: Path | None = None,
    name: str = "imported",
    add_directions: AddDirections = lambda folder: (),
    progress: Progress = lambda step, of, what: None,
    template: Path | None = None,
) -> Imported:
    """Makes the bundle ``name`` of the three published files; with their ``template`` it takes raw scans too.

    Raises ModelError for files that cannot be read, do not fit together, or whose tensors are not those of the network
    (KeysError), DiskError, and whatever ``progress`` raises; then nothing is left behind.
    """
    files = {"autoencoder": autoencoder, "encoder": encoder, "denoiser": decoder}
    states = {part: open_weights(path) for part, path in files.items()}
    return _import(
        states, {part: path.name for part, path in files.items()}, config, name, add_directions, progress, template
    )


def import_checkpoint(
    checkpoint: Path,
    config: Path | None = None,
    name: str = "imported",
    add_directions: AddDirections = lambda folder: (),
    progress: Progress = lambda step, of, what: None,
    template: Path | None = None,
) -> Imported:
    """The same of a training checkpoint's averaged (EMA) tensors."""
    states = open_checkpoint(checkpoint)
    return _import(states, dict.fromkeys(states, checkpoint.name), config, name, add_directions, progress, template)


def _import(
    states: Mapping[str, Tensors],
    files: Mapping[str, str],
    config: Path | None,
    name: str,
    add_directions: AddDirections,
    progress: Progress,
    template: Path | None,
) -> Imported:
    brain = None if template is None else brain_of(template)
    unseen = read_unseen(config) if config else Unseen()
    encoder = _once(files["encoder"], states["encoder"])
    parts = {
        "autoencoder": _checked(files["autoencoder"], states["autoencoder"], autoencoder_sizes, Autoencoder, unseen),
        "encoder": _checked(files["encoder"], encoder, encoder_sizes, SemanticEncoder, unseen),
        "denoiser": _checked(files["denoiser"], states["denoiser"], denoiser_sizes, GuidedDenoiser, unseen),
    }
    _check_together(parts, unseen)
    size = sum(part.size for part in parts.values())
    try:
        with new_model(name) as folder:
            _check_room(size)
            checksums = _write(parts, folder, size, progress)
            directions = tuple(add_directions(folder))
            checksums |= {
                path.relative_to(folder).as_posix(): sha256(path)
                for path in sorted((folder / "directions").glob("*.safetensors"))
            }
            if brain is not None:
                save(brain, folder / TEMPLATE)
                checksums[TEMPLATE] = sha256(folder / TEMPLATE)
            manifest = _manifest(name, parts, unseen, directions, checksums)
            (folder / "manifest.json").write_text(manifest.to_json() + "\n")
    except OSError as error:
        why = error.strerror or error
        raise DiskError(f"{name}: could not be written to {library()} ({why}): free some room.") from error
    parameters = sum(part.parameters for part in parts.values())
    return Imported(name, library() / name, parameters, unseen.shape, (), (), unseen.sentence())


def _once(file: str, state: Tensors) -> Tensors:
    """The encoder's tensors with the backbone under its first name; published files hold it under two."""
    once = {key: tensor for key, tensor in state.items() if not key.startswith(BACKBONE_AGAIN)}
    for key in state.keys() - once.keys():
        plain = BACKBONE + key.removeprefix(BACKBONE_AGAIN)
        if plain in once and not torch.equal(once[plain], state[key]):
            raise ModelError(f"{file}: {plain} and {key} should be equal and are not: fetch the file again.")
        once.setdefault(plain, state[key])
    return once


def _checked(
    file: str,
    state: Tensors,
    sizes: Callable[[State, Unseen], Config],
    network: Callable[[Config], nn.Module],
    unseen: Unseen,
) -> _Part:
    try:
        config = sizes(state, unseen)
    except KeyError as error:
        raise KeysError(file, [str(error.args[0])], []) from None
    except IndexError:
        raise ModelError(f"{file}: its sizes cannot be told from its tensors' shapes: check the file.") from None
    try:
        with torch.device("meta"):
            built = network(config)
    except (ValueError, AssertionError, RuntimeError, ZeroDivisionError, IndexError) as error:
        raise ModelError(f"{file}: its network cannot be built ({error}): give its settings with --config.") from None
    own = built.state_dict()
    missing, extra = [key for key in own if key not in state], [key for key in state if key not in own]
    if missing or extra:
        raise KeysError(file, missing, extra)
    for key, tensor in state.items():
        if tensor.shape != own[key].shape:
            raise ModelError(
                f"{file}: {key} is {tuple(tensor.shape)}, not {tuple(own[key].shape)} as in a network of its sizes: "
                "check the file."
            )
    return _Part(file, {key: state[key] for key in own}, config, sum(p.numel() for p in built.parameters()))


def _check_together(parts: Mapping[str, _Part], unseen: Unseen) -> None:
    """Raises ModelError where the networks do not fit one another, the configuration, or the grid."""
    autoencoder, encoder, denoiser = (parts[name].config for name in ("autoencoder", "encoder", "denoiser"))
    assert isinstance(autoencoder, AutoencoderConfig)
    assert isinstance(encoder, EncoderConfig)
    assert isinstance(denoiser, DenoiserConfig)
    found = {f"{name}.{key}": value for name, part in parts.items() for key, value in asdict(part.config).items()}
    for name, value in unseen.stated.items():
        if json.dumps(value) != json.dumps(found[name]):  # a tuple and a list are the same there
            part = parts[name.partition(".")[0]]
            raise ModelError(f"{part.file}: its {name} is {found[name]}, the configuration says {value}: give its own.")
    if (autoencoder.in_channels, autoencoder.out_channels, encoder.in_channels) != (1, 1, 1):
        raise ModelError(f"{parts['autoencoder'].file}: is for images of several channels: choose a model of T1 scans.")
    for what, one, other in (
        ("latent channels", ("autoencoder", autoencoder.latent_channels), ("denoiser", denoiser.input_channel)),
        ("code channels", ("encoder", encoder.emb_chans), ("denoiser", denoiser.semantic_channels)),
    ):
        if one[1] != other[1]:
            raise ModelError(
                f"{parts[one[0]].file}: has {one[1]} {what}, {parts[other[0]].file} has {other[1]}: "
                "choose files of one training."
            )
    deep = 2 ** (len(denoiser.channel_multiplier) - 1)
    steps = (autoencoder.reduction, autoencoder.reduction * deep, autoencoder.reduction * deep)
    smallest_slice = 4 * 2 ** (len(encoder.stages) - 1)
    if min(unseen.shape[:2]) < smallest_slice or any(n % s for n, s in zip(unseen.shape, steps, strict=True)):
        raise ModelError(f"{parts['autoencoder'].file}: does not fit a grid of {unseen.shape}: give it with --config.")
    if unseen.shape[2] > encoder.seq_len:
        raise ModelError(
            f"{parts['encoder'].file}: knows {encoder.seq_len} slices, the grid {unseen.shape} has {unseen.shape[2]}: "
            "give the grid with --config."
        )


def _check_room(size: int) -> None:
    free = shutil.disk_usage(library()).free
    if free < size * 1.01:
        raise DiskError(
            f"{library()}: the model takes {size / 1e9:.1f} GB and {free / 1e9:.1f} GB are free: free some room."
        )


def _write(parts: Mapping[str, _Part], folder: Path, size: int, progress: Progress) -> dict[str, str]:
    done = 0
    checksums = {}
    for name, part in parts.items():

        def written(count: int, name: str = name) -> None:
            nonlocal done
            done += count
            progress(done // 10**6, max(size // 10**6, 1), f"writing the {name}")

        checksums[f"{name}.safetensors"] = write_tensors(folder / f"{name}.safetensors", part.tensors, written)
    return checksums


def _manifest(
    name: str,
    parts: Mapping[str, _Part],
    unseen: Unseen,
    directions: tuple[Direction, ...],
    checksums: Mapping[str, str],
) -> Manifest:
    return Manifest(
        name=name,
        version=__version__,
        licence=LICENCE,
        preparation=published_recipe(unseen.shape, own_template=TEMPLATE in checksums),
        latent_scale=unseen.latent_scale,
        timesteps=unseen.timesteps,
        solver=SOLVER,
        networks={part: asdict(checked.config) for part, checked in parts.items()},
        directions=directions,
        trained_on={"imported": {part: checked.file for part, checked in parts.items()}, "assumed": unseen.sentence()},
        figures={},
        checksums=checksums,
    )

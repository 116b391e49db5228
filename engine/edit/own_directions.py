"""Directions that a user fitted to people of their own: one file each, beside the bundle's and never in it.

A file lies in the user's data folder under ``directions/<encoder>/<name>.safetensors``, where ``encoder`` begins the
SHA-256 of the encoder whose codes it was fitted to: whatever uses that encoder has the direction. Deleting the file
takes it away.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path

import platformdirs
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from engine.edit.directions import Axis, gain_in, vectors
from engine.errors import ModelError
from engine.model.manifest import Direction, Manifest


def folder_of(manifest: Manifest) -> Path:
    """Where the user's directions for a bundle lie; it need not exist."""
    encoder = manifest.checksums.get("encoder.safetensors", manifest.name)
    return platformdirs.user_data_path("neurolapse") / "directions" / encoder[:16]


def key_of(shown: str, taken: Collection[str]) -> str:
    """The name by which ``--set`` knows a direction shown as ``shown``: its letters and digits, none of ``taken``."""
    key = "-".join("".join(letter if letter.isalnum() else " " for letter in shown).split()) or "direction"
    return key if key not in taken else f"{key}-own"


def packed(axis: Axis, manifest: Manifest) -> bytes:
    """``axis`` as the bytes of a direction's file."""
    about = {"direction": json.dumps(asdict(axis.about)), "bundle": f"{manifest.name} {manifest.version}"}
    return bytes(save(vectors(axis), about))


def own_axes(manifest: Manifest) -> dict[str, Axis]:
    """The user's directions for a bundle, by name. Raises ModelError where a file does not hold what it should."""
    axes = {}
    for path in sorted(folder_of(manifest).glob("*.safetensors")):
        axis = _read(path)
        if axis.about.name not in {direction.name for direction in manifest.directions}:
            axes[axis.about.name] = axis
    return axes


def with_own(manifest: Manifest) -> Manifest:
    """``manifest`` with the user's directions behind its own."""
    return replace(manifest, directions=(*manifest.directions, *(axis.about for axis in own_axes(manifest).values())))


def _read(path: Path) -> Axis:
    try:
        with safe_open(path, "np") as file:
            about = Direction(**json.loads(file.metadata()["direction"]))
            names = file.keys()  # safe_open is no mapping: it cannot be iterated over
            stored = {name: file.get_tensor(name) for name in names}
            return Axis(about, stored["weight"], float(stored["bias"][0]), stored["step"], gain_in(stored))
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise ModelError(f"{path}: is no direction ({error}): delete it, and fit it again with “probe”.") from None

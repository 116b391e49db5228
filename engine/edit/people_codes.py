"""Semantic codes of many prepared scans, kept on disk: fitting the next direction to the same people costs seconds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from engine.model.model import Model
from engine.volume import FloatArray


def folder() -> Path:
    return platformdirs.user_cache_path("neurolapse") / "codes"


def mirrored_code(model: Model, volume: FloatArray) -> NDArray[np.float64]:
    """y (E,) of a volume (X, Y, Z) in [0, 1] and of its mirror image, averaged: whichever side a thing lies on."""
    both = (model.semantic_code(np.ascontiguousarray(v)).double().numpy() for v in (volume, volume[::-1]))
    return np.asarray(np.mean(list(both), axis=0))


def person_code(model: Model, volume: FloatArray) -> NDArray[np.float64]:
    """``mirrored_code``, kept in the user's cache."""
    encoder = model.manifest.checksums.get("encoder.safetensors", "")
    path = folder() / f"{hashlib.sha256(encoder.encode() + volume.tobytes()).hexdigest()}.npy"
    try:
        kept: NDArray[np.float64] = np.load(path, allow_pickle=False)
        return kept
    except (OSError, ValueError):
        pass
    code = mirrored_code(model, volume)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part.npy")
        np.save(temporary, code)
        temporary.replace(path)
    except OSError:
        pass  # a cache that cannot be written is no error: the code is computed again next time
    return code

"""Prepared scans kept on disk, named by what they were made from and how; complete or not there."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from engine.preparation.checks import Check
from engine.preparation.place import Warp
from engine.preparation.prepared import Prepared
from engine.preparation.recipe import Recipe
from engine.scans import Scan, fingerprint
from engine.volume import Grid, Volume

# To be raised when preparation gives other numbers, so that old results are not taken for new ones.
_VERSION = 3
_MOST_ENTRIES = 500
_ABANDONED_SECONDS = 3600


def folder() -> Path:
    return platformdirs.user_cache_path("neurolapse") / "prepared"


def key_of(scan: Scan, recipe: Recipe, stripped: bool | None, registered: bool | None, mask: Volume | None) -> str:
    """SHA-256 over the voxels, where they lie, and every setting that changes the result."""
    header = scan.header
    told = (stripped, registered, header.dtype, header.sides_known, header.kind)
    settings = (_VERSION, recipe.to_json(), *told, fingerprint(scan))
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    if recipe.template_file is not None:
        digest.update(Path(recipe.template_file).read_bytes())
    if mask is not None:
        digest.update(json.dumps([mask.data.shape, mask.affine.tolist()]).encode())
        digest.update(np.ascontiguousarray(mask.data).data)
    return digest.hexdigest()


def load(key: str) -> Prepared | None:
    """The result kept under ``key``; None where there is none, or it cannot be read."""
    try:
        with np.load(folder() / f"{key}.npz", allow_pickle=False) as kept:
            words = json.loads(str(kept["words"]))
            mask = np.unpackbits(kept["mask"], count=int(np.prod(words["native_shape"]))).astype(bool)
            shape = words["native_shape"]
            return Prepared(
                volume=Volume(kept["data"], kept["affine"]),
                native=Grid((shape[0], shape[1], shape[2]), kept["native_affine"]),
                model_from_native=kept["model_from_native"],
                intensity_scale=words["intensity_scale"],
                intensity_offset=words["intensity_offset"],
                mask=mask.reshape(shape),
                steps=tuple(words["steps"]),
                checks=tuple(Check(**check) for check in words["checks"]),
                bias_field=kept.get("bias_field"),
                warp=Warp(kept["into_model"], kept["out_of_model"], kept["warp_affine"])
                if "into_model" in kept
                else None,
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


def store(key: str, prepared: Prepared) -> None:
    """Keep ``prepared`` under ``key``. A cache that cannot be written is no error: the work is done again next time."""
    words = {
        "native_shape": prepared.native.shape,
        "intensity_scale": prepared.intensity_scale,
        "intensity_offset": prepared.intensity_offset,
        "steps": prepared.steps,
        "checks": [asdict(check) for check in prepared.checks],
    }
    given: dict[str, Any] = {} if prepared.bias_field is None else {"bias_field": prepared.bias_field}
    if prepared.warp is not None:
        warp = prepared.warp
        given |= {"into_model": warp.into_model, "out_of_model": warp.out_of_model, "warp_affine": warp.affine}
    temporary = None
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder(), suffix=".part", delete=False) as file:
            temporary = file.name
            np.savez_compressed(
                file,
                words=np.array(json.dumps(words)),
                data=prepared.volume.data,
                affine=prepared.volume.affine,
                native_affine=prepared.native.affine,
                model_from_native=prepared.model_from_native,
                mask=np.packbits(prepared.mask),
                **given,
            )
        os.replace(temporary, folder() / f"{key}.npz")
        _prune()
    except OSError:
        pass
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _prune() -> None:
    """Let the oldest entries go, and what a killed process left half written."""
    for part in folder().glob("*.part"):
        if time.time() - part.stat().st_mtime > _ABANDONED_SECONDS:
            part.unlink(missing_ok=True)
    entries = sorted(folder().glob("*.npz"), key=lambda entry: entry.stat().st_mtime, reverse=True)
    for entry in entries[_MOST_ENTRIES:]:
        entry.unlink(missing_ok=True)

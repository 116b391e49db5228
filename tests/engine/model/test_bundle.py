from __future__ import annotations

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch

from engine.errors import ModelError, UsageError
from engine.model.manifest import read_manifest, sha256
from engine.model.model import load_model
from engine.model.weights import load_weights, save_weights
from engine.volume import FloatArray


@pytest.fixture
def copied(tiny_bundle: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_bundle, tmp_path / "bundle")


@pytest.fixture(scope="session")
def scan(tiny_cohort: Path) -> FloatArray:
    path = next((tiny_cohort / "sub-03").rglob("*_T1w.nii.gz"))
    return np.asarray(nib.load(path).dataobj, np.float32) / 255


def test_decoding_codes_returns_what_the_autoencoder_alone_makes(tiny_bundle: Path, scan: FloatArray) -> None:
    model = load_model(tiny_bundle, "cpu")
    codes = model.encode(scan, 6)
    copy = model.decode(codes)
    alone = model.decode_latent(codes.latent)
    assert copy.shape == scan.shape
    assert np.ptp(copy) > 0.05
    assert np.abs(copy - alone).max() < 0.01


@pytest.mark.parametrize(("solver", "states"), [("ddim", 1), ("dpm", 1), ("bdia", 2), ("anchored", 5)])
def test_another_solver_takes_the_place_of_the_manifests(
    tiny_bundle: Path, scan: FloatArray, solver: str, states: int
) -> None:
    model = load_model(tiny_bundle, "cpu", solver)
    own, drawn = model.encode(scan, 4), model.encode(scan, 4, drawn=7)
    assert len(own.noise) == len(drawn.noise) == states
    # Whatever the solver keeps beside it, the noisiest state is the one that was drawn.
    expected = torch.randn(own.latent.shape, generator=torch.Generator().manual_seed(7))
    assert torch.equal(drawn.noise[0], expected)
    copies = [model.decode(codes) for codes in (own, drawn)]
    assert all(np.isfinite(copy).all() and np.ptp(copy) > 0.05 for copy in copies)
    alone = model.decode_latent(own.latent)
    nearest, farther = (np.abs(copy - alone).mean() for copy in copies)
    assert nearest < farther


def test_an_unknown_solver_is_refused(tiny_bundle: Path, copied: Path) -> None:
    with pytest.raises(UsageError, match="euler: no such solver: choose among anchored, bdia, ddim, dpm"):
        load_model(tiny_bundle, "cpu", "euler")
    manifest = json.loads((copied / "manifest.json").read_text())
    manifest["solver"]["name"] = "euler"
    (copied / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"is damaged \(no solver is called euler\)"):
        read_manifest(copied)


def test_same_scan_same_codes(tiny_bundle: Path, scan: FloatArray) -> None:
    model = load_model(tiny_bundle, "cpu")
    assert torch.equal(model.encode(scan, 4).noise, model.encode(scan, 4).noise)


def test_another_grid_is_refused(tiny_bundle: Path) -> None:
    with pytest.raises(ModelError, match="does not fit the model's grid"):
        load_model(tiny_bundle, "cpu").encode(np.zeros((4, 4, 4), np.float32), 4)


def test_an_altered_weights_file_is_named(copied: Path) -> None:
    path = copied / "encoder.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"Weights file encoder\.safetensors is missing or altered"):
        load_model(copied)


def test_a_missing_file_is_named(copied: Path) -> None:
    (copied / "directions" / "age.safetensors").unlink()
    with pytest.raises(ModelError, match=r"Weights file directions/age\.safetensors is missing or altered"):
        load_model(copied)


def test_a_pickle_in_place_of_weights_is_refused(copied: Path) -> None:
    path = copied / "denoiser.safetensors"
    torch.save({"x": torch.zeros(1)}, path)
    manifest = json.loads((copied / "manifest.json").read_text())
    manifest["checksums"]["denoiser.safetensors"] = sha256(path)
    (copied / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"denoiser\.safetensors: cannot be read"):
        load_model(copied)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 99}', "{"])
def test_a_damaged_manifest_is_one_sentence(copied: Path, text: str) -> None:
    (copied / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match=r"manifest\.json: .*(reinstall|update)"):
        read_manifest(copied)


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model"):
        read_manifest(tmp_path)


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    save_weights(torch.nn.Linear(3, 4), tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match=r"weight is \(4, 3\), not \(4, 2\)"):
        load_weights(torch.nn.Linear(2, 4), tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match="1 extra"):
        load_weights(torch.nn.Linear(3, 4, bias=False), tmp_path / "w.safetensors")

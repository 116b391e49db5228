"""Our numbers against those of the published model, array by array, within the set's own tolerances."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.networks.autoencoder import Autoencoder, AutoencoderConfig
from engine.networks.denoiser import DenoiserConfig, GuidedDenoiser
from engine.networks.encoder import EncoderConfig, SemanticEncoder
from tests.engine.parity.outputs import ParitySet

GROUPS = (
    "schedule.",
    "ddim",
    "embed.",
    "ae.",
    "disc.",
    "enc.",
    "unet.",
    "decoder.",
    "train.",
    "grad.",
    "guided.",
    "plain.",
    "variation.",
    "manip.",
    "interp.",
    "slerp.",
    "metric.",
)


@pytest.mark.parametrize("group", GROUPS)
def test_numbers_equal_the_published_models(parity: ParitySet, group: str) -> None:
    names = [name for name in parity.expected if name.startswith(group)]
    assert names
    off = []
    for name in names:
        expected, ours, limits = parity.expected[name], parity.ours[name], parity.tolerances[name]
        assert ours.shape == expected.shape, name
        if not np.all(np.abs(ours - expected) <= limits["atol"] + limits["rtol"] * np.abs(expected)):
            off.append((name, float(np.abs(ours - expected).max()), limits))
    assert not off


def test_every_array_of_the_set_is_compared(parity: ParitySet) -> None:
    compared = {name for name in parity.expected if name.startswith(GROUPS)}
    assert {name for name in parity.expected if not name.startswith("stats.")} == compared


def test_computed_position_table_equals_the_stored_one(parity: ParitySet) -> None:
    assert np.allclose(parity.own_position_table, parity.position_table, atol=4e-6)


@pytest.mark.parametrize("name", ["autoencoder", "encoder", "decoder"])
def test_every_key_of_the_published_files_has_a_place(parity: ParitySet, name: str) -> None:
    listing = parity.folder / "official_keys.json"
    if not listing.exists():
        pytest.skip(f"{listing.name} is not part of this set")
    import torch

    with torch.device("meta"):
        network = {
            "autoencoder": lambda: Autoencoder(AutoencoderConfig()),
            "encoder": lambda: SemanticEncoder(EncoderConfig()),
            "decoder": lambda: GuidedDenoiser(DenoiserConfig()),
        }[name]()
    ours = {key: list(tensor.shape) for key, tensor in network.state_dict().items()}
    # The encoder's backbone stands twice in the published file, under two names.
    twice = {
        "slice_distributed.module." + key.removeprefix("backbone."): shape
        for key, shape in ours.items()
        if name == "encoder" and key.startswith("backbone.")
    }
    assert ours | twice == json.loads(listing.read_text())[name]

"""Region volumes from a segmentation network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import ModelError
from engine.measure.volumetry import dice, own_size, region_shares, region_volumes
from engine.model.manifest import read_manifest
from engine.model.model import load_model
from engine.networks.segmentation import Segmentation, SegmentationConfig
from engine.training.volumetry import add_judges
from tests.engine.untrained import write_untrained_bundle

TINY = Path(__file__).resolve().parents[3] / "configs" / "tiny.toml"
REGIONS = ("ventricles", "white-matter")


def _network() -> Segmentation:
    torch.manual_seed(0)
    return Segmentation(SegmentationConfig(REGIONS, (16, 24, 16), (8, 8)))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = write_untrained_bundle(TINY, tmp_path / "bundle")
    add_judges(folder, _network(), None)
    return folder


@pytest.fixture
def volume() -> np.ndarray:
    return np.random.default_rng(0).random((16, 24, 16), np.float32)


def test_volumes_are_shares_times_the_size_of_a_voxel(bundle: Path, volume: np.ndarray) -> None:
    model = load_model(bundle, "cpu")
    shares = region_shares(model.volumetry, volume)
    assert shares.shape == (2, 16, 24, 16) and shares.min() >= 0 and shares.sum(0).max() <= 1 + 1e-5
    volumes = region_volumes(model, volume)
    assert volumes is not None and tuple(volumes) == REGIONS
    # The tiny grid has voxels of 10 mm: a millilitre each.
    assert list(volumes.values()) == pytest.approx(shares.sum((1, 2, 3)).tolist(), rel=1e-4)


def test_a_model_without_the_network_measures_none(tmp_path: Path, volume: np.ndarray) -> None:
    model = load_model(write_untrained_bundle(TINY, tmp_path / "bundle"), "cpu")
    assert model.volumetry is None and region_volumes(model, volume) is None


def test_the_network_in_a_bundle_is_checked_like_the_others(bundle: Path) -> None:
    assert "volumetry.safetensors" in read_manifest(bundle).checksums
    (bundle / "volumetry.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match=r"Weights file volumetry\.safetensors is missing or altered"):
        load_model(bundle, "cpu")


def test_a_person_larger_than_the_template_has_larger_regions() -> None:
    model_from_native = np.diag([0.8, 1.0, 1.0, 1.0])
    assert own_size({"ventricles": 20.0}, model_from_native) == {"ventricles": pytest.approx(25.0)}


def test_dice_is_the_share_that_overlaps() -> None:
    a, b = np.array([1, 1, 0, 0], bool), np.array([1, 0, 0, 0], bool)
    assert dice(a, b) == pytest.approx(2 / 3)
    assert dice(a, ~a) == 0.0 and dice(a & ~a, a & ~a) == 1.0

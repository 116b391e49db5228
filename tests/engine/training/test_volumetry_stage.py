"""The stage that learns where regions lie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.measure.volumetry import dice
from engine.networks.autoencoder import Autoencoder
from engine.networks.segmentation import SegmentationConfig
from engine.training.config import StageConfig, load_config
from engine.training.data import People
from engine.training.volumetry import Crops, labelled_variants, otherwise_seen, region_map, train_volumetry
from tests.tiny import brain

CONFIG = load_config(Path(__file__).parents[3] / "configs" / "tiny.toml", "nowhere")
GROUPS = {"white-matter": [7, 9], "ventricles": [4]}


@pytest.fixture(scope="module")
def people() -> People:
    """Ellipsoids with a dark core, and label maps of both: 4 the core, 7 and 9 the two sides of the rest."""
    rng = np.random.default_rng(0)
    images = np.stack([brain(age, rng) for age in np.linspace(20, 80, 8)])
    side = np.where(np.arange(16) < 8, 7, 9)[:, None, None]
    labels = np.where(images == 0, 0, np.where(images == 40, 4, side)).astype(np.uint8)
    return People(tuple("abcdefgh"), np.linspace(20, 80, 8), images, labels)


@pytest.fixture
def autoencoder() -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(CONFIG.autoencoder)


def test_labels_go_where_their_tissue_goes(people: People, autoencoder: Autoencoder, tmp_path: Path) -> None:
    made = labelled_variants(autoencoder, people, GROUPS, (2.0, 2.0, 2.0), 3, 0, tmp_path / "seen.safetensors")
    images, regions = made["images"][::2].numpy(), made["regions"].numpy()
    assert len(made["images"]) == 2 * len(regions) == 48
    assert np.array_equal(images[::3], people.images)
    assert np.array_equal(regions[::3] == 2, people.labels == 4)  # type: ignore[comparison-overlap]
    assert not np.array_equal(regions[1::3], regions[::3])
    for image, region in zip(images, regions, strict=True):
        assert image[region == 2].mean() < 100 < image[region == 1].mean()
        assert (image[region == 0] == 0).mean() > 0.95


def test_a_draw_is_the_same_each_time_and_a_mirrored_one_keeps_its_place(people: People) -> None:
    tensors = {"images": torch.from_numpy(people.images).repeat_interleave(2, 0)}
    tensors["regions"] = torch.from_numpy((people.images == 40).astype(np.uint8))
    crops = Crops(tensors, (8, 8, 8), 40, (0, 1))
    for number in range(40):
        (image, corner, region), again = crops[number], crops[number]
        assert all(torch.equal(a, b) for a, b in zip((image, corner, region), again, strict=True))
        assert (corner % 2 == 0).all() and (corner + 8 <= torch.tensor([16, 24, 16])).all()
        if region.any() and (image[0][region == 0] > 0).any():
            assert image[0][region == 1].mean() < image[0][(region == 0) & (image[0] > 0)].mean()


def test_background_stays_empty_however_a_scan_is_seen() -> None:
    image = np.zeros((8, 8, 8), np.float32)
    image[2:6, 2:6, 2:6] = 0.7
    seen = [otherwise_seen(image, np.random.default_rng(n)) for n in range(5)]
    assert all((one[image == 0] == 0).all() and one.min() >= 0 and one.max() <= 1 for one in seen)
    assert not np.allclose(seen[0], seen[1])


def test_the_map_tells_how_often_a_region_is_where() -> None:
    regions = torch.zeros(2, 8, 8, 8, dtype=torch.uint8)
    regions[0, :4, :4, :4] = 1
    found = region_map(regions, SegmentationConfig(("a",), (8, 8, 8))).exp()[0]
    # Half of the people on one side: a quarter, with both sides taken as one.
    assert found[1, :, 0, 0].tolist() == pytest.approx([0.25, 0.25], abs=0.01)
    assert found[0, 0, 1, 1] == pytest.approx(1.0, abs=0.01)


def test_the_stage_learns_a_region_from_a_few_people(people: People, autoencoder: Autoencoder, tmp_path: Path) -> None:
    stage = StageConfig(rounds=2, steps_per_round=30, batch=4, learning_rate=3e-3, crop=(16, 24, 16), ema_decay=0.8)
    config = replace(CONFIG, stages={"volumetry": stage})
    training, validation = people.subset(np.arange(6)), people.subset(np.array([6, 7]))
    torch.manual_seed(0)
    network = train_volumetry(config, tmp_path, training, validation, GROUPS, autoencoder, False).eval()
    assert network.config.regions == ("ventricles", "white-matter")
    x = torch.from_numpy(validation.images / np.float32(255))[:, None]
    with torch.no_grad():
        found = network(x).argmax(1).numpy()
    assert validation.labels is not None
    # The two oldest are kept apart, with cores larger than any seen: it is the tissue around them that is known.
    assert dice(found == 2, (validation.labels == 7) | (validation.labels == 9)) > 0.75

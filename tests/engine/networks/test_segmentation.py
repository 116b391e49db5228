from __future__ import annotations

import torch

from engine.networks.segmentation import Segmentation, SegmentationConfig

SHAPE = (16, 24, 16)


def _network() -> Segmentation:
    """Untrained, but for a head that says something and a map with a region on one side."""
    torch.manual_seed(0)
    network = Segmentation(SegmentationConfig(("fluid", "tissue"), SHAPE, (8, 12, 16))).eval()
    torch.nn.init.normal_(network.head.weight, std=0.1)
    network.map[0, 1, :2] = 2.0
    return network


def test_every_voxel_gets_a_logit_for_the_background_and_each_region() -> None:
    assert _network()(torch.rand(2, 1, *SHAPE)).shape == (2, 3, *SHAPE)


def test_the_default_fits_the_bundle() -> None:
    network = Segmentation(SegmentationConfig(tuple("abcdefghi"), (80, 96, 80)))
    assert 2 * sum(tensor.numel() for tensor in network.state_dict().values()) < 2.5e6


def test_an_untrained_network_says_what_the_map_says() -> None:
    network = Segmentation(SegmentationConfig(("fluid",), SHAPE, (8, 8)))
    network.map.copy_(torch.randn(network.map.shape, generator=torch.Generator().manual_seed(0)))
    logits = network(torch.rand(1, 1, *SHAPE))
    blocks = torch.nn.functional.avg_pool3d(logits, 4)
    assert torch.corrcoef(torch.stack([blocks.flatten(), network.map.flatten()]))[0, 1] > 0.9
    assert torch.equal(logits, network(torch.zeros(1, 1, *SHAPE)))


def test_single_voxels_are_told_apart_inside_a_cube() -> None:
    network, x = _network(), torch.zeros(1, 1, *SHAPE)
    with torch.no_grad():
        plain = network(x)
        x[0, 0, 9, 8, 8] = 1.0
        changed = (network(x) - plain)[0, 1, 8:10, 8:10, 8:10]
    assert changed.flatten().unique().numel() == 8


def test_a_crop_knows_where_it_was_cut() -> None:
    network, x = _network(), torch.zeros(2, 1, 8, 24, 16)
    with torch.no_grad():
        whole = network(torch.zeros(1, 1, *SHAPE))
        left, right = network(x, torch.tensor([[0, 0, 0], [8, 0, 0]]))
        likely = network._likely(torch.zeros(1, 8, 4, 12, 8), torch.tensor([[8, 0, 0]]))
    assert (left - right)[1].abs().max() > 1.0
    assert torch.equal(likely, network._likely(torch.zeros(1, 8, 8, 12, 8), None)[:, :, 4:])
    assert whole.shape[2:] == SHAPE

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from engine.model.model import _placed
from engine.model.packed import PackedConvolution, PackedLinear, can_pack, pack_convolutions, pack_linear_layers
from engine.networks.denoiser import DenoiserConfig, GuidedDenoiser
from engine.networks.encoder import SemanticEncoder
from tests.engine.published_files import ENCODER, randomised

CONFIG = DenoiserConfig(3, 32, (1, 2), 1, (2,), semantic_channels=16)

pytestmark = pytest.mark.skipif(not can_pack(), reason="this build of PyTorch cannot pack convolutions")


def _inputs(size: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    made = torch.Generator().manual_seed(0)
    x = torch.randn(size, 3, 4, 8, 12, generator=made)
    return x, torch.full((size,), 500), torch.randn(size, 16, generator=made)


@pytest.mark.parametrize(
    "plain",
    [
        nn.Conv3d(8, 24, 3, padding=1),
        nn.Conv3d(8, 24, 3, stride=2),
        nn.Conv3d(8, 24, 1, bias=False),
        nn.Conv3d(3, 1, (3, 1, 5), padding=(1, 0, 2)),
        nn.Conv3d(8, 8, 3, padding=1, groups=4),
    ],
    ids=str,
)
@torch.inference_mode()
def test_a_packed_convolution_is_the_same_map_on_grids_of_any_size(plain: nn.Conv3d) -> None:
    made = PackedConvolution(plain)
    for shape in ((1, 6, 9, 7), (1, 6, 9, 7), (3, 5, 5, 8)):
        x = torch.randn(shape[0], plain.in_channels, *shape[1:]).to(memory_format=torch.channels_last_3d)
        torch.testing.assert_close(made(x), plain(x), atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_a_packed_network_stays_within_rounding_of_float32() -> None:
    torch.manual_seed(0)
    network = randomised(GuidedDenoiser(CONFIG))
    expected = [part.clone() for part in network(*_inputs(2))]
    placed = _placed(network, torch.device("cpu"), torch.float32)
    assert any(isinstance(module, PackedConvolution) for module in placed.modules())
    assert not any(isinstance(module, nn.Conv3d) for module in placed.modules())
    for ours, value in zip(placed(*_inputs(2)), expected, strict=True):
        assert float((ours - value).norm() / value.norm()) < 1e-5


@pytest.mark.parametrize("bias", [True, False])
@torch.inference_mode()
def test_a_packed_linear_layer_is_the_same_map_of_any_number_of_rows(bias: bool) -> None:
    plain = nn.Linear(24, 56, bias)
    made = PackedLinear(plain)
    for shape in ((5, 6, 24), (1, 24), (3, 2, 4, 24)):
        x = torch.randn(shape)
        torch.testing.assert_close(made(x), plain(x), atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_an_encoder_of_packed_layers_stays_within_rounding_of_float32() -> None:
    torch.manual_seed(0)
    network = randomised(SemanticEncoder(ENCODER))
    volume = torch.rand(1, 1, 16, 32, 16)
    expected = network(volume)
    pack_linear_layers(network)
    blocks = [module for module in network.modules() if isinstance(module, PackedLinear)]
    assert len(blocks) == 2 * sum(count for _, count in ENCODER.stages) + 4
    assert float((network(volume) - expected).norm() / expected.norm()) < 1e-5


@torch.inference_mode()
def test_a_packed_network_gives_the_same_bits_each_time() -> None:
    torch.manual_seed(0)
    network = _placed(randomised(GuidedDenoiser(CONFIG)), torch.device("cpu"), torch.float32)
    results = [network(*_inputs()) for _ in range(3)]
    assert all(torch.equal(a, b) for one, next_one in pairwise(results) for a, b in zip(one, next_one, strict=True))


def test_without_the_operators_a_network_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch._C._nn, "mkldnn_reorder_conv3d_weight")
    try:
        can_pack.cache_clear()
        assert not can_pack()
        network = _placed(GuidedDenoiser(CONFIG), torch.device("cpu"), torch.float32)
        assert not any(isinstance(module, PackedConvolution) for module in network.modules())
        first = network.get_submodule("input_blocks.0.0")
        assert isinstance(first, nn.Conv3d) and first.weight.is_contiguous()
    finally:
        can_pack.cache_clear()


def test_convolutions_that_pad_otherwise_stay() -> None:
    network = nn.Sequential(nn.Conv3d(1, 1, 3, padding=1, padding_mode="replicate"), nn.Conv3d(1, 1, 3, padding="same"))
    pack_convolutions(network)
    assert all(type(module) is nn.Conv3d for module in network)

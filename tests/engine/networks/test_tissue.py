from __future__ import annotations

import torch

from engine.networks.encoder import EncoderConfig, SemanticEncoder
from engine.networks.encoders import build_encoder, encoder_class
from engine.networks.tissue import TissueEncoder, TissueEncoderConfig

CONFIG = TissueEncoderConfig((32, 32, 32), emb_chans=12)
BANDS = CONFIG.levels + len(CONFIG.edges)


def _shares(volume: torch.Tensor) -> torch.Tensor:
    """(bands, 2, 4, 4) of one volume: the half of the blocks that stands for both sides."""
    return TissueEncoder(CONFIG).look(volume[None, None])[0].square().reshape(BANDS, 2, 4, 4)


def test_looking_tells_how_much_of_a_block_is_fluid_and_where() -> None:
    brain = torch.full((32, 32, 32), 0.7)
    brain[:8, :8, :8] = 0.1
    grey = _shares(brain)[: CONFIG.levels]
    assert torch.allclose(grey.sum(0), torch.ones(2, 4, 4))
    fluid, tissue = (int((level - 0.02) / 0.98 * CONFIG.levels) for level in (0.1, 0.7))
    assert abs(float(grey[fluid, 0, 0, 0]) - 0.5) < 1e-6
    assert abs(float(grey[tissue, 0, 0, 0]) - 0.5) < 1e-6
    assert abs(float(grey[fluid].sum()) - 0.5) < 1e-6


def test_looking_tells_how_sharp_the_edges_of_a_block_are() -> None:
    smooth = torch.linspace(0.1, 0.9, 32)[None, None].expand(32, 32, 32)
    striped = torch.where(torch.arange(32) % 4 < 2, 0.3, 0.8)[None, None].expand(32, 32, 32)
    inner = (slice(CONFIG.levels, None), 1, slice(1, 3), slice(1, 3))
    gentle, sharp = _shares(smooth)[inner], _shares(striped)[inner]
    assert torch.allclose(gentle[1], torch.ones(2, 2))  # 2 · 0.8 / 31 grey lies between 0.05 and 0.1
    assert torch.allclose(sharp[-1], torch.ones(2, 2))


def test_a_mirror_image_looks_the_same_and_the_background_like_nothing() -> None:
    image = torch.rand(32, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(_shares(image), _shares(image.flip(0)), atol=1e-6)
    assert float(_shares(torch.zeros(32, 32, 32)).abs().max()) == 0.0


def test_codes_keep_the_distances_between_people_and_every_number_tells_alike_much() -> None:
    looked = torch.rand(40, CONFIG.looked, generator=torch.Generator().manual_seed(0))
    looked = 0.1 * looked + looked[:, :1] * torch.linspace(0, 1, CONFIG.looked)
    encoder = TissueEncoder(TissueEncoderConfig((32, 32, 32), emb_chans=48))
    encoder.learn_differences(looked)
    with torch.inference_mode():
        codes = encoder.code(looked)
    assert torch.allclose(codes.mean(0), torch.zeros(48), atol=1e-4)
    assert abs(float(codes.var(0, correction=0).mean()) - 1) < 1e-3
    ratio = torch.pdist(codes) / torch.pdist(looked)
    assert float(ratio.std() / ratio.mean()) < 1e-3
    assert float(codes.std(0).max() / codes.std(0).min()) < 30


def test_a_few_people_leave_the_rest_of_a_code_to_be_learnt() -> None:
    encoder = TissueEncoder(CONFIG)
    looked = torch.rand(3, CONFIG.looked, generator=torch.Generator().manual_seed(0))
    encoder.learn_differences(looked)
    codes = encoder.code(looked)
    assert codes.isfinite().all()
    assert torch.linalg.matrix_rank(codes - codes.mean(0)) == 2


def test_settings_tell_which_encoder_is_meant() -> None:
    assert isinstance(build_encoder(encoder_class({"block": 8})((32, 32, 32))), TissueEncoder)
    published = encoder_class({"stages": ((8, 1),)})(((8, 1),), emb_chans=8, num_heads=2)
    assert isinstance(published, EncoderConfig)
    assert isinstance(build_encoder(published), SemanticEncoder)

from __future__ import annotations

import torch

from engine.networks.encoder import EncoderConfig, SemanticEncoder
from engine.training.components import Components
from engine.training.encoder_start import settle, start

CONFIG = EncoderConfig(
    stages=((32, 1), (64, 1)), emb_chans=64, num_heads=4, attn_dropout=0, stochastic_depth=0, over_people=True
)


def _alike(count: int) -> torch.Tensor:
    """Volumes (count, 1, 16, 16, 16) that share nearly everything."""
    generator = torch.Generator().manual_seed(0)
    return torch.rand(1, 1, 16, 16, 16, generator=generator) + 0.5 * torch.rand(
        count, 1, 16, 16, 16, generator=generator
    )


def _encoder() -> SemanticEncoder:
    torch.manual_seed(0)
    encoder = SemanticEncoder(CONFIG)
    start(encoder, slices=16)
    return encoder


def test_each_head_of_a_fresh_encoder_looks_at_its_own_band_of_slices() -> None:
    encoder = _encoder().eval()
    features = encoder.positional_encoding(encoder.slice_features(_alike(1).permute(0, 1, 4, 2, 3)))
    pooled, _ = encoder.soft_attention(features)
    _, weights = encoder.cross_attention(
        encoder.query_projection(pooled)[:, None],
        encoder.key_projection(features),
        encoder.value_projection(features),
        average_attn_weights=False,
    )
    centres = (weights[0, :, 0] * torch.arange(16)).sum(1)
    assert (centres.diff() > 1).all()


def test_a_fresh_encoder_sees_how_bright_a_patch_is() -> None:
    encoder = _encoder().eval()
    dark, bright = torch.full((1, 1, 16, 16, 16), 0.2), torch.full((1, 1, 16, 16, 16), 0.8)
    plain = SemanticEncoder(CONFIG).eval()
    assert torch.allclose(plain.attended(dark), plain.attended(bright), atol=1e-4)
    assert (encoder.attended(dark) - encoder.attended(bright)).abs().max() > 1e-3


def test_settled_codes_differ_between_people_by_about_one() -> None:
    encoder, volumes = _encoder(), _alike(12)
    settle(encoder, volumes)
    with torch.inference_mode():
        codes = encoder(volumes)
    assert torch.allclose(codes.mean(0), torch.zeros(64), atol=1e-3)
    assert ((codes.std(0) > 0.6) & (codes.std(0) < 1.1)).all()


def test_components_are_scored_in_standard_deviations_and_can_be_learnt() -> None:
    compositions = torch.randn(80, 12, generator=torch.Generator().manual_seed(0))
    components = Components(compositions, channels=64)
    scores = components.scores(compositions)
    assert torch.allclose(scores.std(0), torch.ones(scores.shape[1]), atol=0.05)
    codes = torch.nn.functional.pad(scores, (0, 64 - scores.shape[1]))
    with torch.no_grad():
        components.head.weight.copy_(torch.eye(64)[: scores.shape[1]])
        components.head.bias.zero_()
    assert float(components.loss(codes, compositions)) < 1e-6
    assert float(components.loss(codes.flip(0), compositions)) > 0.5

from __future__ import annotations

import torch

from engine.training.composition import LEVELS, composition


def test_a_composition_tells_how_much_of_a_block_is_fluid_and_where() -> None:
    brain = torch.full((32, 32, 32), 0.7)
    brain[:8, :8, :8] = 0.1
    shares = composition(brain, 2.0).reshape(LEVELS, 4, 4, 4)
    assert torch.allclose(shares.sum(0), torch.ones(4, 4, 4))
    fluid, tissue = int((0.1 - 0.02) / 0.98 * LEVELS), int((0.7 - 0.02) / 0.98 * LEVELS)
    assert float(shares[fluid, 0, 0, 0]) == float(shares[fluid, 3, 0, 0]) == 0.5
    assert float(shares[tissue, 0, 0, 0]) == 0.5
    assert float(shares[fluid].sum()) == 1.0


def test_a_mirror_image_is_made_of_the_same_and_the_background_of_nothing() -> None:
    image = torch.rand(32, 24, 16, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(composition(image, 2.0), composition(image.flip(0), 2.0))
    assert float(composition(torch.zeros(16, 16, 16), 2.0).abs().max()) == 0.0

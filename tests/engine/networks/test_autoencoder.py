from __future__ import annotations

import torch

from engine.networks.autoencoder import Autoencoder, AutoencoderConfig, cosine_basis
from engine.networks.patches import fold_patches, unfold_patches

LOCAL = AutoencoderConfig((8, 16), 4, 1, 4, patch_size=2, local_norm=True, linear_shortcut=True)


def _volume(*shape: int) -> torch.Tensor:
    return torch.rand(1, 1, *shape, generator=torch.Generator().manual_seed(0))


def test_unfolding_undoes_folding() -> None:
    volume = _volume(4, 8, 12)
    folded = fold_patches(volume, 4)
    assert folded.shape == (1, 64, 1, 2, 3)
    assert torch.equal(unfold_patches(folded, 4), volume)


def test_a_folded_patch_holds_the_voxels_of_one_block() -> None:
    volume = _volume(4, 6, 8)
    assert torch.equal(fold_patches(volume, 2)[0, :, 1, 2, 3].reshape(2, 2, 2), volume[0, 0, 2:4, 4:6, 6:8])


def test_the_cosine_basis_is_orthonormal_and_begins_with_the_mean() -> None:
    basis = cosine_basis(4, 10).flatten(1)
    assert torch.allclose(basis @ basis.T, torch.eye(10), atol=1e-6)
    assert torch.allclose(basis[0], torch.full((64,), 1 / 8))


def test_an_untrained_shortcut_returns_blocks_of_the_lowest_frequencies_exactly() -> None:
    autoencoder = Autoencoder(LOCAL).eval()
    coefficients = torch.randn(1, 4, 3, 2, 5, generator=torch.Generator().manual_seed(1))
    smooth = unfold_patches(torch.einsum("bcxyz,cv->bvxyz", coefficients, cosine_basis(4, 4).flatten(1)), 4)
    mean, _ = autoencoder.encode(smooth)
    assert torch.allclose(autoencoder.decode(mean), smooth, atol=1e-5)


def test_with_local_norm_the_middle_of_a_slab_decodes_as_in_the_whole_volume() -> None:
    torch.manual_seed(0)
    autoencoder = Autoencoder(LOCAL).eval()
    for parameter in autoencoder.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    latent = torch.randn(1, 4, 20, 6, 6)
    whole, slab = autoencoder.decode(latent), autoencoder.decode(latent[:, :, 4:17])
    assert torch.allclose(whole[:, :, 40:44], slab[:, :, 24:28], atol=1e-4)
    assert not torch.allclose(whole[:, :, 16:20], slab[:, :, :4], atol=1e-4)


def test_folded_upsampling_decodes_the_same() -> None:
    torch.manual_seed(0)
    autoencoder = Autoencoder(AutoencoderConfig((8, 16, 16), 3, 1, 4)).eval()
    z = torch.randn(2, 3, 3, 2, 5)
    with torch.inference_mode():
        plain = autoencoder.decode(z)
        autoencoder.fold_upsampling()
        folded = autoencoder.decode(z)
    assert folded.shape == (2, 1, 12, 8, 20)
    assert torch.allclose(folded, plain, atol=1e-5)
    assert plain.std() > 0.01

"""Weight files in the published layout, of networks that are small (or as large as asked) and random."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.networks.autoencoder import Autoencoder, AutoencoderConfig
from engine.networks.denoiser import DenoiserConfig, GuidedDenoiser
from engine.networks.encoder import EncoderConfig, SemanticEncoder

# Sizes whose widths tell little: levels that do not widen, attention in one of three, uneven numbers of blocks.
AUTOENCODER = AutoencoderConfig((8, 8, 16), 2, (1, 2, 1), norm_num_groups=4)
ENCODER = EncoderConfig(((8, 1), (16, 2), (32, 1)), emb_chans=32, num_heads=4, seq_len=32)
DENOISER = DenoiserConfig(2, 32, (1, 1, 2), 2, (4,), num_heads=2, semantic_channels=32)
SHAPE = (16, 32, 16)

CONFIG = {
    "image_size": SHAPE,
    "scale_factor": 0.5,
    "autoencoder": {"num_channels": [8, 8, 16], "norm_num_groups": 4, "norm_eps": 1e-6},
    "encoder": {"num_heads": 4, "attn_dropout": 0.1},
    "unet": {"num_heads": 2, "head_channel": -1, "dropout": 0.1},
    "diffusion": {"timesteps": 500, "betas_type": "linear"},
}


def doubled(encoder: dict[str, Tensor]) -> dict[str, Tensor]:
    """An encoder's tensors with its backbone under both published names."""
    again = {
        "slice_distributed.module." + key.removeprefix("backbone."): tensor
        for key, tensor in encoder.items()
        if key.startswith("backbone.")
    }
    return encoder | again


def randomised(network: nn.Module) -> nn.Module:
    """Every parameter random, also those that start at zero and would hide mistakes."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.1)
    return network.eval()


@dataclass
class Published:
    """Three networks and the folder their files are written to."""

    folder: Path
    networks: dict[str, nn.Module]

    def __post_init__(self) -> None:
        (self.folder / "config.json").write_text(json.dumps(CONFIG))
        self.states = {
            "autoencoder": dict(self.networks["autoencoder"].state_dict()),
            "encoder": doubled(dict(self.networks["encoder"].state_dict())),
            "decoder": dict(self.networks["decoder"].state_dict()),
        }

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    def save(self) -> list[Path]:
        """autoencoder.pth, encoder.pth, decoder.pth."""
        paths = [self.folder / f"{name}.pth" for name in self.states]
        for path, state in zip(paths, self.states.values(), strict=True):
            torch.save(state, path)
        return paths

    def save_checkpoint(self) -> Path:
        """A training checkpoint: the averaged tensors are ours, those in training are not."""
        prefixes = {"autoencoder": "vae.", "encoder": "ema_encoder.", "decoder": "ema_decoder."}
        state = {prefixes[name] + key: t for name, tensors in self.states.items() for key, t in tensors.items()}
        for name in ("encoder", "decoder"):
            state |= {f"{name}.{key}": tensor + 1 for key, tensor in self.states[name].items()}
        path = self.folder / "representation.ckpt"
        torch.save({"epoch": 3, "state_dict": state, "hyper_parameters": {"lr": 2.5e-5}}, path)
        return path


def small(folder: Path) -> Published:
    torch.manual_seed(0)
    networks = {"autoencoder": Autoencoder(AUTOENCODER), "encoder": SemanticEncoder(ENCODER)}
    networks["decoder"] = GuidedDenoiser(DENOISER)
    folder.mkdir(exist_ok=True)
    return Published(folder, {name: randomised(network) for name, network in networks.items()})


def full_size_in_half(folder: Path) -> dict[str, Path]:
    """The published sizes in float16, without ever building the networks; random numbers from one pool."""
    pool = torch.randn(2**20, generator=torch.Generator().manual_seed(0)).half()
    paths = {}
    for name, build in {
        "autoencoder": lambda: Autoencoder(AutoencoderConfig()),
        "encoder": lambda: SemanticEncoder(EncoderConfig()),
        "decoder": lambda: GuidedDenoiser(DenoiserConfig()),
    }.items():
        with torch.device("meta"):
            shapes = {key: tensor.shape for key, tensor in build().state_dict().items()}
        state = {
            key: pool.repeat(shape.numel() // len(pool) + 1)[: shape.numel()].reshape(shape).clone()
            for key, shape in shapes.items()
        }
        paths[name] = folder / f"{name}.pth"
        torch.save(doubled(state) if name == "encoder" else state, paths[name])
    return paths

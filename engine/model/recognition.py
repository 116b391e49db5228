"""What sizes a network has, told from the names and shapes of its published tensors (LDAE specification 1).

What no tensor tells (heads, normalisation groups, timesteps, latent scale, grid) comes from a configuration in the form
of the parity set's ``config.json``, or is as published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from engine.errors import ModelError
from engine.networks.autoencoder import AutoencoderConfig
from engine.networks.denoiser import DenoiserConfig
from engine.networks.encoder import EncoderConfig

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Unseen:
    """Settings that leave no trace in tensors; the defaults are the published ones.

    ``stated``: sizes that a configuration gives besides, to be held against those found, by a name for the user.
    """

    autoencoder_groups: int = 32
    autoencoder_eps: float = 1e-6
    encoder_heads: int = 8
    encoder_dropout: float = 0.1
    denoiser_heads: int = 1
    denoiser_head_channel: int = -1
    denoiser_dropout: float = 0.1
    timesteps: int = 1000
    latent_scale: float = 0.8730
    shape: tuple[int, int, int] = (128, 160, 128)
    stated: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """In words, for the user to check."""
        heads = (
            f"{self.denoiser_heads} attention head{'s' if self.denoiser_heads > 1 else ''} in the denoiser"
            if self.denoiser_head_channel == -1
            else f"{self.denoiser_head_channel} channels an attention head in the denoiser"
        )
        return (
            f"{heads}, {self.encoder_heads} in the encoder, {self.autoencoder_groups} normalisation groups in the "
            f"autoencoder, {self.timesteps} timesteps, latent scale {self.latent_scale:.4f}, "
            f"grid {' × '.join(map(str, self.shape))}"
        )


def read_unseen(path: Path) -> Unseen:
    """The settings in a configuration file. Raises ModelError where it cannot be followed."""
    try:
        values = json.loads(path.read_text())
        autoencoder, encoder, denoiser = (values.get(name, {}) for name in ("autoencoder", "encoder", "unet"))
        diffusion, published = values.get("diffusion", {}), Unseen()
        asked = {
            "slicing_plane": (values.get("slicing_plane", "axial"), "axial"),
            "autoencoder.spatial_dims": (autoencoder.get("spatial_dims", 3), 3),
            "autoencoder.attention_levels": (any(autoencoder.get("attention_levels", ())), False),
            "autoencoder.with_encoder_nonlocal_attn": (autoencoder.get("with_encoder_nonlocal_attn", False), False),
            "autoencoder.with_decoder_nonlocal_attn": (autoencoder.get("with_decoder_nonlocal_attn", False), False),
            "encoder.backbone.type": (encoder.get("backbone", {}).get("type", "convnext"), "convnext"),
            "unet.dims": (denoiser.get("dims", 3), 3),
            "unet.use_new_attention_order": (denoiser.get("use_new_attention_order", False), False),
            "diffusion.betas_type": (diffusion.get("betas_type", "linear"), "linear"),
        }
        for name, (value, known) in asked.items():
            if value != known:
                raise ModelError(f"{path.name}: {name} other than {known} cannot be followed: import another model.")
        shape = [int(n) for n in values.get("image_size", published.shape)]
        return Unseen(
            int(autoencoder.get("norm_num_groups", published.autoencoder_groups)),
            float(autoencoder.get("norm_eps", published.autoencoder_eps)),
            int(encoder.get("num_heads", published.encoder_heads)),
            float(encoder.get("attn_dropout", published.encoder_dropout)),
            int(denoiser.get("num_heads", published.denoiser_heads)),
            int(denoiser.get("head_channel", published.denoiser_head_channel)),
            float(denoiser.get("dropout", published.denoiser_dropout)),
            int(diffusion.get("timesteps", published.timesteps)),
            float(values.get("scale_factor", published.latent_scale)),
            (shape[0], shape[1], shape[2]),
            _stated(autoencoder, encoder, denoiser),
        )
    except OSError as error:
        raise ModelError(f"{path.name}: cannot be read ({error.strerror or error}): check the path.") from None
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise ModelError(f"{path.name}: is no model configuration ({error}): check the file.") from None


def _stated(autoencoder: Any, encoder: Any, denoiser: Any) -> dict[str, Any]:
    given = {f"autoencoder.{key}": autoencoder.get(key) for key in ("num_channels", "latent_channels")}
    given |= {f"encoder.{key}": encoder.get(key) for key in ("emb_chans", "seq_len")}
    given["encoder.stages"] = encoder.get("backbone", {}).get("stages")
    for key in ("input_channel", "base_channel", "channel_multiplier", "num_residual_blocks_of_a_block"):
        given[f"denoiser.{key}"] = denoiser.get(key)
    return {name: value for name, value in given.items() if value is not None}


def autoencoder_sizes(state: State, unseen: Unseen) -> AutoencoderConfig:
    """Raises KeyError naming a tensor that should be there."""
    levels: list[int] = []
    blocks = [0]
    for index in range(1, _count(state, "encoder.blocks.") - 2):
        name = f"encoder.blocks.{index}"
        if f"{name}.conv.conv.weight" in state:
            blocks.append(0)
            continue
        width = state[f"{name}.conv2.conv.weight"].shape[0]
        if blocks[-1] == 0:
            levels.append(width)
        blocks[-1] += 1
    last = f"decoder.blocks.{_count(state, 'decoder.blocks.') - 1}.conv.weight"
    return AutoencoderConfig(
        num_channels=tuple(levels),
        latent_channels=state["quant_conv_mu.conv.weight"].shape[0],
        num_res_blocks=blocks[0] if len(set(blocks)) == 1 else tuple(blocks),
        norm_num_groups=unseen.autoencoder_groups,
        norm_eps=unseen.autoencoder_eps,
        in_channels=state["encoder.blocks.0.conv.weight"].shape[1],
        out_channels=state[last].shape[0],
    )


def encoder_sizes(state: State, unseen: Unseen) -> EncoderConfig:
    """Raises KeyError naming a tensor that should be there."""
    features = "backbone.backbone.features."
    stages = []
    for position in range(1, _count(state, features), 2):
        width = state[f"{features}{position}.0.block.0.weight"].shape[0]
        stages.append((width, _count(state, f"{features}{position}.")))
    table = state["positional_encoding.pe"].shape
    return EncoderConfig(
        stages=tuple(stages),
        emb_chans=table[-1],
        num_heads=unseen.encoder_heads,
        attn_dropout=unseen.encoder_dropout,
        seq_len=table[1],
        in_channels=state[f"{features}0.0.weight"].shape[1],
    )


def denoiser_sizes(state: State, unseen: Unseen) -> DenoiserConfig:
    """Raises KeyError naming a tensor that should be there.

    Widths alone do not tell a level's last block from the halving after it. The way up does: the last of each level's
    blocks but the outermost's holds a second residual block, which doubles the grid.
    """
    outputs = _count(state, "output_blocks.")
    doubling = [
        index
        for index in range(outputs)
        if any(f"output_blocks.{index}.{place}.in_layers.2.weight" in state for place in (1, 2))
    ]
    per_level = doubling[0] + 1 if doubling else outputs
    base = state["time_embed.0.weight"].shape[1]
    firsts = [1 + level * per_level for level in range(len(doubling) + 1)]
    widths = [state[f"input_blocks.{first}.0.out_layers.3.weight"].shape[0] for first in firsts]
    return DenoiserConfig(
        input_channel=state["input_blocks.0.0.weight"].shape[1],
        base_channel=base,
        channel_multiplier=tuple(width // base for width in widths),
        num_residual_blocks_of_a_block=per_level - 1,
        attention_resolutions=tuple(
            2**level for level, first in enumerate(firsts) if f"input_blocks.{first}.1.qkv.weight" in state
        ),
        num_heads=unseen.denoiser_heads,
        head_channel=unseen.denoiser_head_channel,
        dropout=unseen.denoiser_dropout,
        semantic_channels=state["label_emb.weight"].shape[1],
    )


def _count(state: State, prefix: str) -> int:
    """How many numbered modules follow ``prefix``."""
    pattern = re.compile(re.escape(prefix) + r"(\d{1,4})\.")
    found = [int(match[1]) for match in map(pattern.match, state) if match]
    if not found:
        raise KeyError(f"{prefix}0")
    return max(found) + 1

"""A model in use: volumes to codes and codes to volumes.

volume ── encode ──▶ Codes(semantic y, noise code, latent z) ── decode ──▶ volume
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.diffusion.dpm import dpm_decode
from engine.diffusion.guidance import guided
from engine.diffusion.schedule import Steps, linear_schedule, respace, respace_evenly
from engine.diffusion.solvers import (
    Predict,
    Tick,
    anchored_decode,
    anchored_draw,
    anchored_encode,
    bdia_decode,
    bdia_draw,
    bdia_encode,
    ddim_decode,
    ddim_encode,
    no_tick,
)
from engine.errors import ModelError
from engine.model.batches import enough_memory, in_batches
from engine.model.device import choose_device, choose_precision
from engine.model.integrity import verify
from engine.model.manifest import Manifest, find_bundle, read_manifest
from engine.model.memory import check_memory
from engine.model.packed import can_pack, pack_convolutions, pack_linear_layers
from engine.model.weights import load_weights
from engine.networks.autoencoder import Autoencoder, AutoencoderConfig
from engine.networks.denoiser import DenoiserConfig, GuidedDenoiser
from engine.networks.encoders import AnyEncoder, build_encoder, encoder_class
from engine.networks.segmentation import Segmentation, SegmentationConfig
from engine.volume import FloatArray


@dataclass(frozen=True)
class Codes:
    """A scan as the model sees it, float32 on the CPU.

    ``semantic`` (E,); ``noise`` (states, C, x, y, z), one state for DDIM and DPM-Solver++, two for BDIA, calls + 1 for
    the anchored solver; ``latent`` (C, x, y, z), the scaled clean latent; ``calls``: denoiser calls each way, which
    decoding must repeat.
    """

    semantic: Tensor
    noise: Tensor
    latent: Tensor
    calls: int


class Model:
    """The networks of a bundle on a device. Use ``load_model``.

    ``volumetry``: the network that sees where regions lie; None where the bundle has none. ``plain``: as PyTorch takes
    networks by itself, the baseline of measurements.
    """

    def __init__(
        self,
        manifest: Manifest,
        autoencoder: Autoencoder,
        encoder: AnyEncoder,
        denoiser: GuidedDenoiser,
        device: torch.device,
        precision: torch.dtype,
        volumetry: Segmentation | None = None,
        plain: bool = False,
    ) -> None:
        self.manifest = manifest
        self.device = device
        self.precision = precision
        if device.type == "cpu" and not plain:
            # Decoding the compact model takes a sixth less, in float32 a fifth; measured nowhere else.
            autoencoder.fold_upsampling()
        place = _as_is if plain else _placed
        self._autoencoder: Autoencoder = place(autoencoder, device, precision)
        self._encoder: AnyEncoder = _as_is(encoder, device, torch.float32)
        if device.type == "cpu" and not plain and can_pack():
            pack_linear_layers(self._encoder)
        self._denoiser: GuidedDenoiser = place(denoiser, device, precision)
        self.volumetry: Segmentation | None = volumetry and place(volumetry, device, precision)
        self._scale = torch.tensor(manifest.latent_scale, device=device).reshape(-1, 1, 1, 1)
        self._schedule = linear_schedule(manifest.timesteps)

    def _guided(self, semantic: Tensor, steps: Steps) -> Predict:
        code = semantic.to(self.device, self.precision)

        def network(x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
            noise, gradient = self._denoiser(x.to(self.precision), t, code)
            return noise, gradient

        return guided(network, steps, output=self._denoiser.config.output)

    @torch.inference_mode()
    def semantic_code(self, volume: FloatArray) -> Tensor:
        """y (E,) of a volume (X, Y, Z) in [0, 1]."""
        code: Tensor = self._encoder(self._batch(volume))[0].cpu()
        return code

    @torch.inference_mode()
    def encode(self, volume: FloatArray, calls: int, tick: Tick = no_tick, drawn: int | None = None) -> Codes:
        """Codes of a volume (X, Y, Z) on the model's grid in [0, 1], with ``calls`` denoiser calls.

        ``drawn``: the noise code is not the volume's own but drawn from this seed, the same on every device.
        Raises ModelError for another shape. Whatever ``tick`` raises passes through.
        """
        shape = self.manifest.preparation.shape
        if volume.shape != shape:
            raise ModelError(f"A volume of {volume.shape} voxels does not fit the model's grid {shape}: prepare it.")
        with enough_memory(self.manifest.name, self.device):
            semantic = self.semantic_code(volume)
            latent = self._latent(volume)
            steps = respace(self._schedule, calls)
            predict = self._guided(semantic[None], steps)
            if drawn is None:
                noise = self._inverted(predict, latent, steps, tick)
            else:
                state = torch.randn(latent.shape, generator=torch.Generator().manual_seed(drawn)).to(self.device)
                noise = self._completed(predict, state, steps)
        return Codes(semantic, noise[:, 0].cpu(), latent[0].cpu(), calls)

    @torch.inference_mode()
    def encode_latent(self, volume: FloatArray) -> Tensor:
        """The autoencoder alone: the scaled latent (C, x, y, z) of a volume (X, Y, Z) in [0, 1]."""
        return self._latent(volume)[0].cpu()

    @torch.inference_mode()
    def predict(self, latent: Tensor, timestep: int, semantic: Tensor) -> Tensor:
        """The denoiser alone: its two outputs (2, C, x, y, z) for a state (C, x, y, z) and a code (E,)."""
        at = torch.tensor([timestep], device=self.device)
        x, code = latent[None].to(self.device, self.precision), semantic[None].to(self.device, self.precision)
        return torch.cat(self._denoiser(x, at, code)).float().cpu()

    def _latent(self, volume: FloatArray) -> Tensor:
        mean, _ = self._autoencoder.encode(self._batch(volume).to(self.precision))
        return mean.float() * self._scale

    def _inverted(self, predict: Predict, latent: Tensor, steps: Steps, tick: Tick) -> Tensor:
        """The noise code (states, B, C, x, y, z) of a latent (B, C, x, y, z)."""
        solver = self.manifest.solver
        match solver.name:
            case "anchored":
                return anchored_encode(predict, latent, steps, tick)
            case "bdia":
                return bdia_encode(predict, latent, steps, tick)
            case "dpm":
                return ddim_encode(predict, latent, steps, None, tick)[-1][None]
            case "ddim":
                return ddim_encode(predict, latent, steps, solver.clamp, tick)[-1][None]

    def _completed(self, predict: Predict, state: Tensor, steps: Steps) -> Tensor:
        """The noise code (states, B, C, x, y, z) whose noisiest state is ``state`` (B, C, x, y, z)."""
        match self.manifest.solver.name:
            case "anchored":
                return anchored_draw(state, steps)
            case "bdia":
                return bdia_draw(predict, state, steps)
            case "dpm" | "ddim":
                return state[None]

    def decode(self, codes: Codes, tick: Tick = no_tick) -> FloatArray:
        """The volume (X, Y, Z) in [0, 1] of ``codes``. Whatever ``tick`` raises passes through."""
        return self.decode_all([codes], tick)[0]

    @torch.inference_mode()
    def decode_all(self, codes: Sequence[Codes], tick: Tick = no_tick) -> list[FloatArray]:
        """The volumes of codes with equally many calls, several at a time as far as memory allows.

        Only what is decoded alone, as it was encoded, comes back bit for bit: in a batch the denoiser adds in another
        order. Raises ModelError where memory does not suffice for one.
        """

        def decoded(batch: Sequence[Codes], first: int) -> list[FloatArray]:
            def tick_of_all(step: int, of: int) -> None:
                tick(first * of + step * len(batch), len(codes) * of)

            return [self.decode_latent(latent) for latent in self._latents(batch, tick_of_all)]

        with enough_memory(self.manifest.name, self.device):
            return in_batches(codes, decoded)

    def _latents(self, codes: Sequence[Codes], tick: Tick) -> Tensor:
        """The scaled clean latents (B, C, x, y, z) that ``codes`` lead to."""
        solver = self.manifest.solver
        steps = (respace_evenly if solver.name == "dpm" else respace)(self._schedule, codes[0].calls)
        predict = self._guided(torch.stack([one.semantic for one in codes]), steps)
        noise = torch.stack([one.noise for one in codes], dim=1).to(self.device)
        match solver.name:
            case "anchored":
                return anchored_decode(predict, noise, steps, tick)
            case "bdia":
                return bdia_decode(predict, noise, steps, tick)
            case "dpm":
                return dpm_decode(predict, noise[0], steps, tick)
            case "ddim":
                return ddim_decode(predict, noise[0], steps, solver.clamp, tick)[-1]

    @torch.inference_mode()
    def decode_latent(self, latent: Tensor) -> FloatArray:
        """The autoencoder alone: the volume (X, Y, Z) in [0, 1] of a scaled latent (C, x, y, z)."""
        z = (latent[None].to(self.device) / self._scale).to(self.precision)
        image = self._autoencoder.decode(z)[0, 0].float().clamp(0, 1)
        array: FloatArray = image.cpu().contiguous().numpy()
        return array

    def _batch(self, volume: FloatArray) -> Tensor:
        return torch.from_numpy(volume)[None, None].to(self.device)


def _as_is(module: nn.Module, device: torch.device, precision: torch.dtype) -> Any:
    return module.to(device, precision).eval()


def _placed(module: nn.Module, device: torch.device, precision: torch.dtype) -> Any:
    """Channels last, which float32 gains from with packed weights only (decision 0012)."""
    module = _as_is(module, device, precision)
    packed = device.type == "cpu" and can_pack()
    if packed or precision != torch.float32:
        module = module.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    if packed:
        pack_convolutions(module)
    return module


def build_networks(manifest: Manifest) -> tuple[Autoencoder, AnyEncoder, GuidedDenoiser]:
    """Untrained networks of the sizes that the manifest gives."""
    with _building(manifest) as settings:
        return (
            Autoencoder(AutoencoderConfig(**settings["autoencoder"])),
            build_encoder(encoder_class(settings["encoder"])(**settings["encoder"])),
            GuidedDenoiser(DenoiserConfig(**settings["denoiser"])),
        )


def build_volumetry(manifest: Manifest) -> Segmentation | None:
    """The untrained network for the volumes of regions; None where the manifest names none."""
    with _building(manifest) as settings:
        return Segmentation(SegmentationConfig(**settings["volumetry"])) if "volumetry" in settings else None


@contextmanager
def _building(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """The settings of each network, by its name; what is wrong with them becomes a ModelError."""
    try:
        yield {name: _tuples(dict(values)) for name, values in manifest.networks.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{manifest.name}: its networks cannot be built ({error}): reinstall the model.") from None


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(v) for key, v in value.items()}
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def load_model(bundle: str | Path | None = None, device: str = "auto", solver: str | None = None) -> Model:
    """The model of a bundle, checked against its checksums; ``solver`` takes the place of the manifest's.

    Raises ModelError where it is incomplete or altered, or where the device has not the memory for it; UsageError where
    there is no such solver.
    """
    folder = find_bundle(bundle)
    manifest = read_manifest(folder)
    if solver is not None:
        manifest = manifest.solved_by(solver)
    verify(folder, manifest)
    where = choose_device(device)
    precision = choose_precision(where)
    check_memory(folder, manifest, where, precision)
    with torch.device("meta"):
        networks, volumetry = build_networks(manifest), build_volumetry(manifest)
    for name, network in zip(("autoencoder", "encoder", "denoiser"), networks, strict=True):
        load_weights(network, folder / f"{name}.safetensors")
    if volumetry is not None:
        load_weights(volumetry, folder / "volumetry.safetensors")
    return Model(manifest, *networks, where, precision, volumetry)

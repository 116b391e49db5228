"""Our numbers for every array of a parity set. Sizes come from its config.json alone."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from engine.diffusion.guidance import guided
from engine.diffusion.losses import denoising_loss, noised, representation_loss
from engine.diffusion.schedule import linear_schedule, respace
from engine.diffusion.solvers import ddim_decode, ddim_encode
from engine.edit.interpolation import slerp
from engine.edit.probes import published_probe
from engine.measure.similarity import ssim
from engine.networks.autoencoder import Autoencoder, AutoencoderConfig
from engine.networks.denoiser import Denoiser, DenoiserConfig, GuidedDenoiser, timestep_embedding
from engine.networks.discriminator import Discriminator, DiscriminatorConfig
from engine.networks.encoder import EncoderConfig, SemanticEncoder
from engine.training.autoencoder import kl_divergence


def _tuple(value: Any) -> Any:
    return tuple(_tuple(v) for v in value) if isinstance(value, list) else value


class ParitySet:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = json.loads((folder / "config.json").read_text())
        self.expected = dict(np.load(folder / "expected.npz"))
        self.tolerances = json.loads((folder / "tolerances.json").read_text())
        self.inputs = {k: torch.from_numpy(v) for k, v in np.load(folder / "inputs.npz").items()}
        c = self.config
        a, e, u = c["autoencoder"], c["encoder"], c["unet"]
        self.autoencoder = Autoencoder(
            AutoencoderConfig(
                _tuple(a["num_channels"]),
                a["latent_channels"],
                _tuple(a["num_res_blocks"]),
                a["norm_num_groups"],
                a["norm_eps"],
                a["in_channels"],
                a["out_channels"],
            )
        )
        self.encoder = SemanticEncoder(
            EncoderConfig(
                _tuple(e["backbone"]["stages"]), e["emb_chans"], e["num_heads"], e["attn_dropout"], e["seq_len"]
            )
        )
        self.denoiser_config = DenoiserConfig(
            u["input_channel"],
            u["base_channel"],
            _tuple(u["channel_multiplier"]),
            u["num_residual_blocks_of_a_block"],
            _tuple(u["attention_resolutions"]),
            u["num_heads"],
            u["head_channel"],
            u["dropout"],
            e["emb_chans"],
        )
        self.decoder = GuidedDenoiser(self.denoiser_config)
        self.unet = Denoiser(self.denoiser_config)
        d = c["discriminator"]
        self.discriminator = Discriminator(DiscriminatorConfig(d["num_channels"], d["num_layers"], d["kernel_size"]))
        weights = {k: v.float() for k, v in load_file(folder / "decoder.safetensors").items()}
        self.decoder.load_state_dict(weights)
        self.unet.load_state_dict({k: v for k, v in weights.items() if not k.startswith(("label_emb", "shift_"))})
        self.autoencoder.load_state_dict(load_file(folder / "autoencoder.safetensors"))
        self.discriminator.load_state_dict(load_file(folder / "discriminator.safetensors"))
        encoder = load_file(folder / "encoder.safetensors")
        self.position_table = encoder["positional_encoding.pe"].clone()
        self.own_position_table = self.encoder.positional_encoding.pe.clone()
        self.encoder.load_state_dict({k: v for k, v in encoder.items() if not k.startswith("slice_distributed")})
        for network in (self.autoencoder, self.encoder, self.decoder, self.unet, self.discriminator):
            network.eval()
        self.schedule = linear_schedule(c["diffusion"]["timesteps"])

    @cached_property
    def ours(self) -> dict[str, np.ndarray]:
        """Every array of ``expected`` but the fault-finding statistics, by its name."""
        with torch.no_grad():
            out = self._tables() | self._autoencoder() | self._encoder() | self._networks()
            out |= self._paths(out)
            out |= self._metrics()
        out |= self._losses_and_gradients(out)
        return {k: np.asarray(v.detach() if isinstance(v, torch.Tensor) else v) for k, v in out.items()}

    def _tables(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        names = [k.split(".", 1)[1] for k in self.expected if k.startswith("schedule.")]
        for name in names:
            out[f"schedule.{name}"] = getattr(self.schedule, name)
        for count in self.config["respace_steps"]:
            steps = respace(self.schedule, count)
            for key in self.expected:
                if key.startswith(f"ddim{count}."):
                    out[key] = getattr(steps, key.split(".", 1)[1])
        last = self.schedule.timesteps
        t = torch.tensor([0, 1, 7, last // 2, last - 1])
        out["embed.timestep"] = timestep_embedding(t, self.denoiser_config.base_channel)
        return out

    def _autoencoder(self) -> dict[str, Any]:
        i = self.inputs
        mu, sigma = self.autoencoder.encode(i["image"])
        latent = mu + sigma * i["latent_noise"]
        recon = self.autoencoder.decode(latent)
        fake, real = self.discriminator(recon), self.discriminator(i["image"])
        return {
            "ae.mu": mu,
            "ae.sigma": sigma,
            "ae.latent": latent,
            "ae.recon": recon,
            "ae.recon_mean": self.autoencoder.decode(mu),
            "ae.decode_z": self.autoencoder.decode(i["z"]),
            "ae.loss_l1": (recon - i["image"]).abs().mean(),
            "ae.loss_kl": kl_divergence(mu, sigma),
            "disc.logits_fake": fake,
            "disc.logits_real": real,
            "disc.loss_g": (fake - 1).square().mean(),
            "disc.loss_d": (fake.square().mean() + (real - 1).square().mean()) / 2,
        }

    def _encoder(self) -> dict[str, Any]:
        encoder = self.encoder
        slices = self.inputs["image"].permute(0, 1, 4, 2, 3)
        features = encoder.slice_features(slices)
        placed = encoder.positional_encoding(features)
        pooled, weights = encoder.soft_attention(placed)
        attended, cross = encoder.attend(placed)
        return {
            "enc.input": slices,
            "enc.slice_features": features,
            "enc.with_position": placed,
            "enc.pooled": pooled,
            "enc.pool_weights": weights[..., 0],
            "enc.cross_attention": attended,
            "enc.cross_weights": cross,
            "enc.y": encoder(self.inputs["image"]),
        }

    def _networks(self) -> dict[str, Any]:
        i, out = self.inputs, {}
        for index, t in enumerate(i["t"]):
            out[f"unet.eps.{index}"] = self.unet(i["z"], t)
            out[f"decoder.eps.{index}"], out[f"decoder.gradient.{index}"] = self.decoder(i["z"], t, i["y"])
        return out

    def _paths(self, known: dict[str, Any]) -> dict[str, Any]:
        i, c = self.inputs, self.config
        y, z0 = known["enc.y"], known["ae.latent"] * c["scale_factor"]
        full, short = (respace(self.schedule, c["steps"][n]) for n in ("full", "short"))

        def with_code(code: torch.Tensor, steps: Any = full, stop: float = 0.0) -> Any:
            return guided(lambda x, t: self.decoder(x, t, code), steps, stop)

        def image(z: torch.Tensor) -> torch.Tensor:
            return self.autoencoder.decode(z / c["scale_factor"])

        def plain(x: torch.Tensor, k: int) -> torch.Tensor:
            return self.unet(x, torch.full((len(x),), int(full.timestep_map[k])))

        encoded = ddim_encode(with_code(y), z0, full)
        decoded = ddim_decode(with_code(y), encoded[-1], full)
        small = ddim_encode(with_code(i["y"]), i["z_small"], full)
        quick = ddim_encode(with_code(y, short), z0, short)
        varied = ddim_decode(with_code(y), i["x_T"], full)[-1]
        out: dict[str, Any] = {
            "train.z0": z0,
            "guided.encode_trajectory": torch.stack(encoded),
            "guided.decode_trajectory": torch.stack(decoded),
            "guided.image": image(decoded[-1]),
            "guided.encode_small": small[-1],
            "guided.decode_small": ddim_decode(with_code(i["y"]), small[-1], full)[-1],
            "guided.autoencoding_short": ddim_decode(with_code(y, short), quick[-1], short)[-1],
            "plain.encode_trajectory": torch.stack(ddim_encode(plain, z0, full)),
            "plain.decode_trajectory": torch.stack(ddim_decode(plain, i["x_T"], full)),
            "variation.z0": varied,
            "variation.image": image(varied),
            "variation.z0_stop30": ddim_decode(with_code(y, stop=0.3), i["x_T"], full)[-1],
        }
        mean, std = i["mean"].double().numpy(), i["std"].double().numpy()
        weight, bias, step = published_probe(i["direction"][0].double().numpy(), float(i["probe_bias"][0]), mean, std)
        out["manip.y_normalised"] = (y - i["mean"]) / i["std"]
        out["manip.logit"] = (y.double().numpy() @ weight + bias)[:, None]
        for name, sign in (("pos", 1.0), ("neg", -1.0)):
            moved = y + sign * float(i["scale"]) * torch.from_numpy(step).float()
            out[f"manip.y_{name}"] = moved
            out[f"manip.z0_{name}"] = ddim_decode(with_code(moved), encoded[-1], full)[-1]
        ends = [ddim_encode(with_code(y[n : n + 1]), z0[n : n + 1], full)[-1] for n in (0, 1)]
        out["interp.x_T_0"], out["interp.x_T_1"] = ends
        a, b = (e.flatten() for e in ends)
        out["interp.theta"] = torch.arccos(torch.dot(a, b) / (a.norm() * b.norm()))
        for alpha in i["lerp_alphas"].tolist():
            code = torch.lerp(y[:1], y[1:2], alpha)
            noise = slerp(*ends, alpha)
            label = f"{round(100 * alpha)}"
            out[f"interp.y_{label}"], out[f"interp.x_T_{label}"] = code, noise
            out[f"interp.z0_{label}"] = ddim_decode(with_code(code), noise, full)[-1]
        out["slerp.random_30"] = slerp(i["z"][:1], i["x_T"][:1], 0.3)
        return out

    def _metrics(self) -> dict[str, Any]:
        a, b = self.inputs["metric_a"], self.inputs["metric_b"]
        return {
            "metric.ssim_k3": ssim(b, a, 3)[:, None],
            "metric.ssim_k4": ssim(b, a, 4)[:, None],
            "metric.mse": (a - b).square().mean(),
        }

    def _losses_and_gradients(self, known: dict[str, Any]) -> dict[str, Any]:
        i, z0 = self.inputs, known["train.z0"]
        t, noise = i["train_t"], i["train_noise"]
        z_t = noised(self.schedule, z0, t, noise)
        out: dict[str, Any] = {"train.z_t": z_t}
        pretrain = denoising_loss(noise, self.unet(z_t, t))
        predicted, gradient = self.decoder(z_t, t, self.encoder(i["image"]))
        representation = representation_loss(self.schedule, t, noise, predicted, gradient)
        out["train.loss_pretrain"], out["train.loss_representation"] = pretrain, representation
        for network in (self.unet, self.decoder, self.encoder):
            network.zero_grad()
        pretrain.backward()
        representation.backward()
        parameters = {f"grad.pretrain.{n}": p for n, p in self.unet.named_parameters()}
        parameters |= {f"grad.representation.decoder.{n}": p for n, p in self.decoder.named_parameters()}
        parameters |= {f"grad.representation.encoder.{n}": p for n, p in self.encoder.named_parameters()}
        return out | {k: parameters[k].grad for k in self.expected if k.startswith("grad.")}

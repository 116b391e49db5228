from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from engine.errors import UsageError
from engine.networks.denoiser import Denoiser, DenoiserConfig
from engine.training.autoencoder import AutoencoderStage
from engine.training.config import Config, load_config
from engine.training.data import Crops, draw_crop, hold_out, load_people
from engine.training.latents import LatentDraws
from engine.training.representation import guided_from
from engine.training.run import fit

CONFIGS = Path(__file__).parents[3] / "configs"


class _Interrupted(Exception):
    pass


def _fit(config: Config, folder: Path, stop_at: int | None = None, begin: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    stage = config.stages["autoencoder"]
    module = AutoencoderStage(config.autoencoder, stage)
    people = load_people(Path(config.data))
    seen: list[int] = []

    def rounds(number: int) -> Dataset[torch.Tensor]:
        seen.append(number)
        if number == stop_at:
            raise _Interrupted
        return Crops(people, (8, 8, 8), stage.steps_per_round * stage.batch, (0, number))

    fit("autoencoder", module, config, folder, rounds, Crops(people, (8, 8, 8), 1, (9,)), resume=begin > 0)
    assert (0 in seen) == (begin == 0)
    return module.state_dict()


def test_a_resumed_stage_ends_where_an_uninterrupted_one_does(tiny_cohort: Path, tmp_path: Path) -> None:
    config = load_config(CONFIGS / "tiny.toml", str(tiny_cohort))
    config = replace(config, stages={"autoencoder": replace(config.stages["autoencoder"], rounds=3)})
    whole = _fit(config, tmp_path / "whole")
    with pytest.raises(_Interrupted):
        _fit(config, tmp_path / "parts", stop_at=2)
    resumed = _fit(config, tmp_path / "parts", begin=2)
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name


def test_a_finished_stage_is_loaded_and_not_trained_again(tiny_cohort: Path, tmp_path: Path) -> None:
    config = load_config(CONFIGS / "tiny.toml", str(tiny_cohort))
    config = replace(config, stages={"autoencoder": replace(config.stages["autoencoder"], rounds=1)})
    first = _fit(config, tmp_path)
    again = _fit(config, tmp_path, stop_at=0, begin=1)
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_training_and_validation_share_nobody(tiny_cohort: Path) -> None:
    people = load_people(tiny_cohort)
    training, validation = hold_out(people, 2, seed=0)
    assert not set(training.names) & set(validation.names)
    assert set(training.names) | set(validation.names) == set(people.names)


def test_crops_reach_beyond_the_edge_and_always_hold_brain(tiny_cohort: Path) -> None:
    people = load_people(tiny_cohort)
    crops = [draw_crop(people.images, (8, 8, 8), np.random.default_rng(n)) for n in range(50)]
    assert all((crop > 0).mean() > 0.05 for crop in crops)
    assert any((crop[0] == 0).all() and (crop[-1] > 0).any() for crop in crops)


def test_noise_levels_are_drawn_evenly() -> None:
    tensors = {
        "latents": torch.zeros(3, 2, 4, 4, 4),
        "looked": torch.zeros(3, 4),
    }
    draws = LatentDraws(tensors, (1.0,), 1000, count=32, draws=4, seed=(0,))
    timesteps = torch.cat([draws[n][3] for n in range(32)])
    counts = torch.histc(timesteps.float(), 16, 0, 1000)
    assert (counts == 8).all()


def test_an_untrained_gradient_branch_changes_nothing_and_copies_the_noise_branch() -> None:
    config = DenoiserConfig(2, 32, (1, 2), 1, (2,), semantic_channels=8, resample_axes=3)
    pretrained = Denoiser(config)
    guided = guided_from(pretrained, config)
    x, t = torch.randn(1, 2, 4, 4, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([3])
    noise, gradient = guided.eval()(x, t, torch.ones(1, 8))
    assert torch.equal(noise, pretrained.eval()(x, t))
    assert (gradient == 0).all()
    assert torch.equal(guided.shift_middle_block[0].in_layers[2].weight, pretrained.middle_block[0].in_layers[2].weight)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("name =", "name", "not a TOML file"),
        ("seed = 0", "sead = 0", "unknown setting sead"),
        ("draws", "drows", "drows"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, before: str, after: str, says: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text((CONFIGS / "compact.toml").read_text().replace(before, after))
    with pytest.raises(UsageError, match=says):
        load_config(path)


@pytest.mark.parametrize("name", ["compact", "published", "tiny"])
def test_every_configuration_of_the_project_loads(name: str) -> None:
    assert load_config(CONFIGS / f"{name}.toml").name == name

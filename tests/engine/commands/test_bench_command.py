from pathlib import Path

import pytest
import torch

from engine.networks.autoencoder import Autoencoder
from engine.networks.denoiser import GuidedDenoiser
from engine.training.config import load_config
from tests.engine.commands.ended import Run

ROOT = Path(__file__).resolve().parents[3]
WHAT = ["load", "encode", "preview", "refine", "denoiser, one call", "autoencoder, decode"]


def test_every_figure_stands_beside_a_baseline_of_the_same_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.evaluation.speed.ROUNDS", 2)
    ended = run("bench", "--json")
    assert ended.code == 0, ended.err
    found = ended.json
    assert "torch" in found["machine"] and found["model"] == "tiny 0.1.0" and "float32" in found["baseline"]
    assert list(found["figures"]) == WHAT
    for figure in found["figures"].values():
        assert 0 < figure["low"] <= figure["median"] <= figure["high"]
        assert figure["ratio"] == pytest.approx(figure["baseline"] / figure["median"])
    # Encoding makes four calls of the denoiser and more.
    assert found["figures"]["denoiser, one call"]["low"] < found["figures"]["encode"]["median"]


def test_the_table_has_a_line_for_each_figure(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.evaluation.speed.ROUNDS", 1)
    lines = run("bench").out.splitlines()
    assert [line[:22].strip() for line in lines[3:]] == WHAT


def test_a_bundle_that_is_not_there_exits_1(run: Run, tmp_path: Path) -> None:
    ended = run("bench", "--json", bundle=tmp_path / "none")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("\n") == 1


@pytest.fixture
def small_configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny sizes in place of the published ones, and on voxels."""
    text = (ROOT / "configs" / "tiny.toml").read_text()
    (tmp_path / "published.toml").write_text(text)
    autoencoder = "[autoencoder]\nnum_channels=[8]\nlatent_channels=1\nnum_res_blocks=0\nnorm_num_groups=4\n"
    before, after = text.index("[autoencoder]"), text.index("[encoder]")
    text = text[:before] + autoencoder + "linear_shortcut=true\n" + text[after:]
    (tmp_path / "voxel.toml").write_text(text.replace("input_channel = 2", "input_channel = 1"))
    monkeypatch.setattr("engine.evaluation.against.CONFIGS", tmp_path)


@pytest.mark.usefixtures("small_configs")
def test_the_published_way_is_counted_by_the_call_and_ours_carried_out(run: Run) -> None:
    ended = run("bench", "--against", "published", "--json")
    assert ended.code == 0, ended.err
    found = ended.json
    figures = found["figures"]
    assert list(figures) == [
        "denoiser, one call",
        "semantic encoder",
        "autoencoder, encode",
        "autoencoder, decode",
        "first manipulation",
        "every further slider move",
        "the same by 100 calls",
    ]
    parts = {what: figure["baseline"] for what, figure in figures.items()}
    counted = 200 * parts["denoiser, one call"] + sum(
        parts[what] for what in ("semantic encoder", "autoencoder, encode", "autoencoder, decode")
    )
    for what in ("first manipulation", "every further slider move", "the same by 100 calls"):
        assert parts[what] == pytest.approx(counted)
        assert figures[what]["ratio"] == pytest.approx(counted / figures[what]["ours"])
    # What the tiny bundle's manifest says, and that the baseline was multiplied.
    assert found["ours"].startswith("4 calls each way by bdia")
    assert "by the call" in found["baseline"] and "100 DDIM calls" in found["baseline"]
    assert figures["first manipulation"]["ours"] > figures["every further slider move"]["ours"]
    assert all(peak is None or peak > 1e7 for peak in found["peak_bytes"].values())
    # Nothing but rounding: in bfloat16 at most some percent.
    assert set(found["deviation"]) == {"denoiser, one call", "autoencoder, decode"}
    assert all(0 <= off < 0.05 for off in found["deviation"].values())
    assert "float32" in found["baseline"] and ended.err


@pytest.mark.usefixtures("small_configs")
def test_diffusion_on_voxels_stands_beside_that_on_latents(run: Run) -> None:
    lines = run("bench", "--against", "voxel").out.splitlines()
    assert lines[2].startswith("baseline: voxel space") and "32, 64 channels wide" in lines[2].replace("\n", " ")
    assert [line[:34].strip() for line in lines[4:7]] == [
        "denoiser, one call",
        "a volume, 100 calls each way",
        "a volume, 10 calls each way",
    ]


@pytest.mark.usefixtures("small_configs")
def test_what_memory_does_not_suffice_for_is_refused_before_it_is_made(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.model.memory.free_bytes", lambda device: 1000)
    monkeypatch.setattr("engine.evaluation.against._random_model", lambda *_: pytest.fail("made all the same"))
    ended = run("bench", "--against", "published")
    assert (ended.code, ended.out) == (1, "")
    assert "tiny: takes 0.0 GB and main memory has 0.0 GB free" in ended.err


def test_another_baseline_is_wrong_usage(run: Run) -> None:
    assert run("bench", "--against", "nothing").code == 2


def test_the_voxel_configuration_takes_voxels_as_they_are_and_halves_five_levels_of_them() -> None:
    config = load_config(ROOT / "configs" / "voxel.toml")
    autoencoder = Autoencoder(config.autoencoder)
    volume = torch.rand(1, 1, 4, 6, 8)
    with torch.no_grad():
        latent, _ = autoencoder.encode(volume)
        assert latent.shape == volume.shape
        assert torch.equal(autoencoder.decode(latent), volume)
    with torch.device("meta"):
        denoiser = GuidedDenoiser(config.denoiser).eval()
        state = torch.zeros(1, 1, *config.shape)
        outputs = denoiser(state, torch.zeros(1), torch.zeros(1, config.encoder.emb_chans))
    assert all(output.shape == state.shape for output in outputs)
    assert denoiser.config.input_channel == config.autoencoder.latent_channels

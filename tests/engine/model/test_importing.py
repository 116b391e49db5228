from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.edit.directions import load_axes, move
from engine.errors import Cancelled, DiskError, ModelError, UsageError
from engine.model import importing, memory
from engine.model.importing import Imported, KeysError, import_checkpoint, import_weights
from engine.model.library import imported_models, library, new_model
from engine.model.manifest import find_bundle, read_manifest
from engine.model.model import Codes, Model, build_networks, load_model
from engine.model.weights import load_weights
from engine.networks.autoencoder import AutoencoderConfig
from engine.networks.denoiser import DenoiserConfig
from engine.networks.encoder import EncoderConfig
from tests.engine.parity.outputs import ParitySet
from tests.engine.published_files import (
    AUTOENCODER,
    DENOISER,
    ENCODER,
    SHAPE,
    Published,
    full_size_in_half,
    small,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return small(tmp_path / "files")


def _import(published: Published, **options: object) -> Imported:
    return import_weights(*published.save(), config=published.config, **options)  # type: ignore[arg-type]


def _refused(published: Published, match: str, error: type[Exception] = ModelError) -> Exception:
    """The error of an import that leaves nothing behind."""
    with pytest.raises(error, match=match) as caught:
        _import(published)
    assert not library().exists() or not list(library().iterdir())
    return caught.value


def _same_weights(published: Published) -> None:
    for name, network in published.networks.items():
        stored = load_file(find_bundle("imported") / f"{'denoiser' if name == 'decoder' else name}.safetensors")
        assert stored.keys() == network.state_dict().keys()
        assert all(torch.equal(stored[key], tensor) for key, tensor in network.state_dict().items())


def _same_pictures(published: Published) -> None:
    ours = load_model("imported", "cpu")
    networks = [published.networks[name] for name in ("autoencoder", "encoder", "decoder")]
    theirs = Model(ours.manifest, *networks, ours.device, ours.precision)  # type: ignore[arg-type]
    scan = np.random.default_rng(0).random(SHAPE, np.float32)
    # Not to the last bit: how a weight lies in memory decides the order in which some kernels add.
    codes, expected = ours.encode(scan, 2), theirs.encode(scan, 2)
    assert torch.allclose(codes.semantic, expected.semantic, atol=1e-5)
    picture = ours.decode(expected)
    assert np.ptp(picture) > 0.01
    assert np.allclose(picture, theirs.decode(expected), atol=1e-2)


def test_three_files_make_a_bundle_that_gives_their_networks_pictures(published: Published) -> None:
    made = _import(published)
    assert (made.name, made.grid, made.missing, made.extra) == ("imported", SHAPE, (), ())
    assert made.parameters == sum(p.numel() for n in published.networks.values() for p in n.parameters())
    assert made.path == find_bundle("imported")
    _same_weights(published)
    _same_pictures(published)


def test_a_checkpoint_gives_its_averaged_tensors(published: Published) -> None:
    import_checkpoint(published.save_checkpoint(), published.config)
    _same_weights(published)


def test_sizes_are_told_from_tensors(published: Published) -> None:
    _import(published)
    networks = read_manifest(find_bundle("imported")).networks
    for name, made in (("autoencoder", AUTOENCODER), ("encoder", ENCODER), ("denoiser", DENOISER)):
        assert json.dumps(networks[name]) == json.dumps(vars(made))


def test_the_manifest_keeps_the_published_behaviour(published: Published) -> None:
    _import(published)
    manifest = read_manifest(find_bundle("imported"))
    solver = manifest.solver
    assert (solver.name, solver.clamp, solver.final_calls, solver.preview_calls) == ("ddim", 1.0, 100, 10)
    assert (manifest.latent_scale, manifest.timesteps) == (0.5, 500)
    assert manifest.preparation.registration == "given"


def test_the_weights_keep_their_precision(published: Published) -> None:
    published.states["decoder"] = {key: tensor.half() for key, tensor in published.states["decoder"].items()}
    made = _import(published)
    stored = load_file(made.path / "denoiser.safetensors")
    assert all(torch.equal(stored[key], tensor) for key, tensor in published.states["decoder"].items())
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    assert {t.dtype for t in load_file(made.path / "autoencoder.safetensors").values()} == {torch.float32}
    assert np.isfinite(load_model("imported", "cpu").decode_latent(torch.zeros(2, 4, 8, 4))).all()


@pytest.mark.parametrize("prefix", ["backbone.", "slice_distributed."])
def test_the_backbone_may_stand_there_once_under_either_name(published: Published, prefix: str) -> None:
    encoder = published.states["encoder"]
    published.states["encoder"] = {key: tensor for key, tensor in encoder.items() if not key.startswith(prefix)}
    _import(published)
    _same_weights(published)


def test_two_unequal_backbones_are_refused(published: Published) -> None:
    key = "slice_distributed.module.backbone.features.1.0.layer_scale"
    published.states["encoder"][key] = published.states["encoder"][key] + 1
    _refused(published, r"encoder\.pth: backbone\.backbone\.features\.1\.0\.layer_scale and .* should be equal")


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("autoencoder", "decoder.blocks.3.conv1.conv.bias"),
        ("encoder", "cross_attention.in_proj_weight"),
        ("decoder", "shift_output_blocks.1.0.emb_z_layers.1.weight"),
        ("decoder", "time_embed.0.weight"),
    ],
)
def test_a_missing_tensor_is_named(published: Published, file: str, key: str) -> None:
    del published.states[file][key]
    error = _refused(published, rf"^{file}\.pth: .*1 missing \({key}\)")
    assert isinstance(error, KeysError)
    assert (error.missing, error.extra) == ((key,), ())


def test_an_extra_tensor_is_named(published: Published) -> None:
    published.states["decoder"]["head.weight"] = torch.zeros(3)
    error = _refused(published, r"^decoder\.pth: .*1 extra \(head\.weight\)")
    assert isinstance(error, KeysError)
    assert error.extra == ("head.weight",)


def test_a_tensor_of_another_shape_is_named(published: Published) -> None:
    published.states["autoencoder"]["encoder.blocks.1.norm1.weight"] = torch.zeros(9)
    _refused(published, r"^autoencoder\.pth: encoder\.blocks\.1\.norm1\.weight is \(9,\), not \(8,\)")


def test_files_in_the_wrong_places_are_refused(published: Published) -> None:
    published.states["autoencoder"], published.states["decoder"] = (
        published.states["decoder"],
        published.states["autoencoder"],
    )
    _refused(published, r"^autoencoder\.pth: does not hold the tensors it should")


def test_a_configuration_of_another_model_is_refused(published: Published) -> None:
    config = json.loads(published.config.read_text())
    config["autoencoder"]["num_channels"] = [8, 16, 16]
    published.config.write_text(json.dumps(config))
    _refused(published, r"^autoencoder\.pth: its autoencoder\.num_channels is .*, the configuration says")


def test_settings_that_do_not_fit_are_refused(published: Published) -> None:
    with pytest.raises(ModelError, match=r"^autoencoder\.pth: its network cannot be built .*--config"):
        import_weights(*published.save())
    assert not library().exists()


def test_networks_of_two_trainings_are_refused(published: Published) -> None:
    published.states["decoder"]["label_emb.weight"] = torch.zeros(128, 31)
    _refused(published, r"^encoder\.pth: has 32 code channels, decoder\.pth has 31")


class _Touch:
    """Unpickled carelessly, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (_touch, (str(self.path),))


def _touch(path: str) -> None:
    Path(path).write_text("it ran")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", ["encoder.pth", "representation.ckpt"])
def test_code_in_a_file_is_refused_and_not_run(published: Published, tmp_path: Path, place: str, zipped: bool) -> None:
    trap = tmp_path / "trap"
    files, checkpoint = published.save(), published.save_checkpoint()
    work = {
        "encoder.pth": lambda: import_weights(*files, config=published.config),
        "representation.ckpt": lambda: import_checkpoint(checkpoint, published.config),
    }
    content = torch.load(published.folder / place, weights_only=True)
    torch.save({**content, "x": _Touch(trap)}, published.folder / place, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelError, match=rf"^{place}: holds code to be run"):
        work[place]()
    assert not trap.exists()
    assert not library().exists()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("form", ["pth", "old", "safetensors"])
def test_a_file_cut_short_is_named(published: Published, share: float, form: str) -> None:
    files = published.save()
    if form == "safetensors":
        save_file({key: t.clone() for key, t in published.states["decoder"].items()}, files[2])
    elif form == "old":
        torch.save(published.states["decoder"], files[2], _use_new_zipfile_serialization=False)
    data = files[2].read_bytes()
    files[2].write_bytes(data[: int(share * len(data))])
    with pytest.raises(ModelError, match=r"^decoder\.pth: is no weights file, or is damaged or cut short"):
        import_weights(*files, config=published.config)
    assert not library().exists()


@pytest.mark.parametrize("form", ["old", "safetensors"])
def test_other_forms_of_the_same_tensors_are_read(published: Published, form: str) -> None:
    files = published.save()
    if form == "safetensors":
        save_file({key: t.clone() for key, t in published.states["decoder"].items()}, files[2])
    else:
        torch.save(published.states["decoder"], files[2], _use_new_zipfile_serialization=False)
    import_weights(*files, config=published.config)
    _same_weights(published)


@pytest.mark.parametrize("content", [[1, 2], {}, {"x": 1}, torch.zeros(3), {"x": torch.zeros(3, dtype=torch.int64)}])
def test_what_is_no_state_dict_is_refused(published: Published, content: object) -> None:
    files = published.save()
    torch.save(content, files[1])
    with pytest.raises(ModelError, match=r"^encoder\.pth: .*choose a state dict"):
        import_weights(*files, config=published.config)


def test_a_checkpoint_of_an_earlier_stage_is_refused(published: Published) -> None:
    path = published.folder / "pretrain.ckpt"
    torch.save({"state_dict": {f"vae.{k}": t for k, t in published.states["autoencoder"].items()}}, path)
    with pytest.raises(ModelError, match=r"^pretrain\.ckpt: holds no encoder"):
        import_checkpoint(path)


def test_work_that_is_stopped_leaves_nothing(published: Published) -> None:
    def stop(step: int, of: int, what: str) -> None:
        if "denoiser" in what:
            assert list(library().iterdir())
            raise Cancelled(what)

    with pytest.raises(Cancelled):
        _import(published, progress=stop)
    assert not list(library().iterdir())


def test_a_full_disk_leaves_nothing_and_says_so(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(importing, "write_tensors", full)
    _refused(published, "could not be written to .*No space left", DiskError)


def test_too_little_room_is_said_before_writing(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    _refused(published, r"the model takes \d+\.\d GB and 0\.0 GB are free", DiskError)


def test_a_name_that_is_taken_is_refused_and_the_model_stays(published: Published) -> None:
    made = _import(published)
    before = (made.path / "manifest.json").read_bytes()
    with pytest.raises(ModelError, match="a model of this name is there already"):
        _import(published)
    assert (made.path / "manifest.json").read_bytes() == before
    _import(published, name="second one")
    assert [path.name for path in imported_models()] == ["imported", "second one"]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "x" * 80, "a\\b", "end."])
def test_names_that_are_no_folders_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a model's name"), new_model(name):
        pass


def test_what_a_killed_import_left_is_swept_away(published: Published) -> None:
    old = library() / ".0123.imported"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    _import(published)
    assert [path.name for path in library().iterdir()] == ["imported"]


def test_an_altered_import_is_refused(published: Published) -> None:
    made = _import(published)
    path = made.path / "denoiser.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"Weights file denoiser\.safetensors is missing or altered"):
        load_model("imported")


def test_a_model_too_large_for_the_device_is_refused_with_the_numbers(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    _import(published)
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1_000_000)
    monkeypatch.setattr("engine.model.model.load_weights", lambda *_: pytest.fail("loaded all the same"))
    with pytest.raises(ModelError, match=r"^imported: takes 0\.\d GB and main memory has 0\.0 GB free"):
        load_model("imported", "cpu")


def test_the_published_size_needs_its_weights_and_some_full_size_maps() -> None:
    networks = {
        "autoencoder": vars(AutoencoderConfig()),
        "encoder": vars(EncoderConfig()),
        "denoiser": vars(DenoiserConfig()),
    }
    maps = memory.feature_map_bytes(networks, (128, 160, 128), torch.float32)
    # 128 channels of 128 × 160 × 128 voxels are 1.34 GB; a residual block holds two to four such maps.
    assert 2 * 1.34e9 < maps < 6 * 1.34e9
    assert maps == 2 * memory.feature_map_bytes(networks, (128, 160, 128), torch.bfloat16)


def test_free_memory_is_known_here() -> None:
    free = memory.free_bytes(torch.device("cpu"))
    assert free is not None and free > 2**20


def test_denoisers_of_many_forms_are_recognised() -> None:
    from engine.model.recognition import Unseen, denoiser_sizes
    from engine.networks.denoiser import GuidedDenoiser

    for multipliers in ((2,), (1, 1), (2, 1, 1, 2)):
        for blocks in (1, 3):
            for attention in ((), (1, 8)):
                listed = tuple(factor for factor in attention if factor < 2 ** len(multipliers))
                config = DenoiserConfig(4, 32, multipliers, blocks, listed, semantic_channels=24)
                with torch.device("meta"):
                    state = GuidedDenoiser(config).state_dict()
                assert denoiser_sizes(state, Unseen()) == config


@pytest.fixture
def parity_folder(request: pytest.FixtureRequest) -> Path:
    named = os.environ.get("LDAE_PARITY_DIR")
    folder = Path(named) if named else request.getfixturevalue("shared") / "parity"
    if not (folder / "expected.npz").exists():
        pytest.skip(f"no parity set in {folder} (set LDAE_PARITY_DIR)")
    return folder


class TestParity:
    """The parity set, imported: its numbers come out of the bundle."""

    def _import(self, folder: Path, tmp_path: Path) -> tuple[Path, ParitySet]:
        from engine.commands import main

        parity = ParitySet(folder)
        inputs = {name: parity.inputs[name].clone() for name in ("mean", "std")}
        for name, tensor in inputs.items():
            torch.save(tensor, tmp_path / f"{name}.pt")
        torch.save({"weight": parity.inputs["direction"], "bias": parity.inputs["probe_bias"]}, tmp_path / "probe.ckpt")
        names = ("autoencoder", "encoder", "decoder")
        files = [word for name in names for word in (f"--{name}", folder / f"{name}.safetensors")]
        probe = ["--probe", tmp_path / "probe.ckpt", "--mean", tmp_path / "mean.pt", "--std", tmp_path / "std.pt"]
        words = ["models", "import", *files, *probe, "--config", folder / "config.json", "--name", "parity", "--quiet"]
        assert main([str(word) for word in words]) == 0
        return find_bundle("parity"), parity

    def test_the_bundle_gives_the_published_numbers(self, parity_folder: Path, tmp_path: Path) -> None:
        bundle, parity = self._import(parity_folder, tmp_path)
        manifest = read_manifest(bundle)
        for name, network in zip(("autoencoder", "encoder", "denoiser"), build_networks(manifest), strict=True):
            load_weights(network, bundle / f"{name}.safetensors")
            setattr(parity, "decoder" if name == "denoiser" else name, network.float().eval())
        assert manifest.latent_scale == parity.config["scale_factor"]
        with torch.no_grad():
            ours = parity._autoencoder() | parity._encoder() | parity._networks()
        assert {"ae.recon", "enc.y", "decoder.eps.0", "decoder.gradient.0"} <= ours.keys()
        for name, value in ours.items():
            limits = parity.tolerances[name]
            np.testing.assert_allclose(value, parity.expected[name], limits["rtol"], limits["atol"], err_msg=name)

    def test_the_probe_moves_and_reads_codes_as_published(self, parity_folder: Path, tmp_path: Path) -> None:
        bundle, parity = self._import(parity_folder, tmp_path)
        manifest = read_manifest(bundle)
        axes = load_axes(bundle, manifest.directions)
        about = axes["disease"].about
        assert (about.label, about.unit) == ("Healthy ↔ Alzheimer's (published probe)", "steps")
        scale = float(parity.inputs["scale"])
        y = torch.from_numpy(parity.expected["enc.y"][0])
        codes = Codes(y, torch.zeros(1), torch.zeros(1), 1)
        for sign, name in ((1, "manip.y_pos"), (-1, "manip.y_neg")):
            moved = move(codes, axes, {"disease": sign * scale}).semantic.numpy()
            assert np.allclose(moved, parity.expected[name][0], atol=1e-5)
            change = axes["disease"].read(torch.from_numpy(moved)) - axes["disease"].read(y)
            assert change == pytest.approx(sign * scale, abs=1e-4)
        assert axes["disease"].read(y) * parity.expected["manip.logit"][0, 0] > 0


# Not getrusage: what it calls a process's peak holds that of the process that started it.
MEASURED = """
import json, sys
import engine.edit.published, engine.model.importing
from engine.commands import main
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
base = peak()
code = main(sys.argv[1:])
print(json.dumps({"code": code, "base": base, "peak": peak()}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told on Linux alone")
def test_the_published_size_is_imported_within_one_and_a_half_times_its_largest_file(tmp_path: Path) -> None:
    free, disk = memory.free_bytes(torch.device("cpu")) or 0, shutil.disk_usage(tmp_path).free
    if min(free, disk) < 8e9:
        pytest.skip(f"needs 8 GB of memory and disk, {free / 1e9:.1f} and {disk / 1e9:.1f} are free")
    files = full_size_in_half(tmp_path)
    words = ["models", "import", "--json", *(w for name, path in files.items() for w in (f"--{name}", str(path)))]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        assert done.returncode == 0, done.stderr
        said, measured = (json.loads(line) for line in done.stdout.splitlines())
        assert measured["code"] == 0
        assert said["parameters"] == 13_766_248 + 53_588_065 + 865_339_142
        assert said["grid"] == [128, 160, 128]
        largest = max(path.stat().st_size for path in files.values())
        assert measured["peak"] * 1024 < measured["base"] * 1024 + 1.5 * largest
        assert "writing the denoiser" in done.stderr
        stored = load_file(Path(said["path"]) / "denoiser.safetensors")
        original = torch.load(files["decoder"], weights_only=True, mmap=True)
        assert torch.equal(stored["shift_out.2.weight"], original["shift_out.2.weight"])
    finally:
        shutil.rmtree(tmp_path, ignore_errors=True)

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch

from engine.commands import main
from engine.errors import ModelError
from engine.model.manifest import read_manifest
from tests.engine.published_files import SHAPE, Published, small

IMPORT_KEYS = {"name", "path", "parameters", "grid", "missing", "extra"}


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return small(tmp_path / "files")


def _files(published: Published) -> list[str]:
    published.save()
    return [word for name in published.states for word in (f"--{name}", str(published.folder / f"{name}.pth"))]


def _models(*words: str) -> int:
    return main(["models", *words])


def _import(published: Published, *words: str) -> int:
    return _models("import", *_files(published), "--config", str(published.config), *words)


def _said(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_an_import_is_listed_told_and_removed(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    assert _import(published, "--name", "mine", "--json") == 0
    made = _said(capsys)
    assert set(made) >= IMPORT_KEYS
    assert (made["name"], made["grid"], made["missing"], made["extra"]) == ("mine", list(SHAPE), [], [])
    assert Path(str(made["path"])).is_dir()

    assert _models("list", "--json") == 0
    listed = _said(capsys)["models"]
    assert isinstance(listed, list)
    assert {"name": "mine", "path": made["path"], "grid": list(SHAPE), "bundled": False}.items() <= listed[-1].items()

    assert _models("info", "mine", "--json") == 0
    told = _said(capsys)
    assert (told["name"], told["latent_scale"], told["path"]) == ("mine", 0.5, made["path"])

    assert _models("remove", "mine", "--json") == 0
    assert _said(capsys)["path"] == made["path"]
    assert not Path(str(made["path"])).exists()
    assert _models("info", "mine") == 1
    assert "no such model" in capsys.readouterr().err


def test_a_checkpoint_is_imported(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("import", "--checkpoint", str(published.save_checkpoint()), "--config", str(published.config), "--quiet")
    assert _models(*words) == 0
    assert capsys.readouterr() == ("", "")
    assert _models("list") == 0
    assert "imported: 16 x 32 x 16 voxels of 1.5 mm" in capsys.readouterr().out


def test_with_its_template_a_model_takes_raw_scans(
    published: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n) for n in (91, 109, 91)], indexing="ij")
    radius = np.sqrt((x / 0.75) ** 2 + (y / 0.8) ** 2 + (z / 0.75) ** 2)
    data = ((radius < 1) * (40 + 60 * np.minimum(radius, 1))).astype(np.float32)
    affine = np.array([[2.0, 0, 0, -90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
    nib.save(nib.Nifti1Image(data, affine), tmp_path / "mni.nii.gz")
    assert _import(published, "--template", str(tmp_path / "mni.nii.gz"), "--json") == 0
    folder = Path(str(_said(capsys)["path"]))
    recipe = read_manifest(folder).preparation
    assert (recipe.extraction, recipe.registration, recipe.working_mm) == ("deepbet", "syn", 1.5)
    assert recipe.template_file is not None
    np.testing.assert_allclose(nib.load(recipe.template_file).get_fdata() > 0, data > 0)
    assert str(folder) not in (folder / "manifest.json").read_text()
    Path(recipe.template_file).unlink()
    with pytest.raises(ModelError, match=r"template\.nii\.gz beside it is missing"):
        read_manifest(folder)


def test_a_template_without_a_brain_is_refused(
    published: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mni.nii.gz").write_bytes(b"no image")
    assert _import(published, "--template", str(tmp_path / "mni.nii.gz")) == 1
    assert capsys.readouterr().err.startswith("mni.nii.gz ")


def test_the_probe_becomes_a_direction(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    folder = published.folder
    torch.save({"weight": torch.randn(1, 32), "bias": torch.ones(1)}, folder / "probe.ckpt")
    torch.save(torch.zeros(32), folder / "mean.pt")
    torch.save(torch.ones(32), folder / "std.pt")
    probe = [w for n, f in (("probe", "probe.ckpt"), ("mean", "mean.pt"), ("std", "std.pt")) for w in (f"--{n}", f)]
    words = [word if word.startswith("--") else str(folder / word) for word in probe]
    assert _import(published, *words) == 0
    capsys.readouterr()
    assert _models("info", "imported", "--json") == 0
    directions = _said(capsys)["directions"]
    assert isinstance(directions, list)
    assert [(d["name"], d["unit"], d["error"]) for d in directions] == [("disease", "steps", None)]


def test_a_deviation_of_another_model_is_refused(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    folder = published.folder
    torch.save({"weight": torch.randn(1, 32), "bias": torch.ones(1)}, folder / "p")
    torch.save(torch.zeros(32), folder / "m")
    torch.save(torch.ones(31), folder / "s")
    words = [word for name in ("probe", "mean", "std") for word in (f"--{name}", str(folder / name[0]))]
    assert _import(published, *words) == 1
    assert capsys.readouterr().err == "s: has 31 numbers, p 32: choose files of one training.\n"


def test_what_is_missing_and_extra_is_told_in_json_too(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    del published.states["encoder"]["query_projection.bias"]
    published.states["encoder"]["query.bias"] = torch.zeros(3)
    assert _import(published, "--json", "--quiet") == 1
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert (said["missing"], said["extra"]) == (["query_projection.bias"], ["query.bias"])
    assert set(said) >= IMPORT_KEYS and said["path"] is None
    assert err == (
        "encoder.pth: does not hold the tensors it should: 1 missing (query_projection.bias), 1 extra (query.bias): "
        "check the file.\n"
    )


def test_without_a_configuration_what_is_assumed_is_said(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads(published.config.read_text())
    assert _import(published) == 0
    assert "Read from config.json: 2 attention heads" in capsys.readouterr().out
    config["autoencoder"]["norm_num_groups"] = 8
    published.config.write_text(json.dumps(config))
    assert _import(published, "--name", "other") == 0
    assert "8 normalisation groups" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["import"],
        ["import", "--autoencoder", "a", "--encoder", "b"],
        ["import", "--autoencoder", "a", "--encoder", "b", "--decoder", "c", "--checkpoint", "d"],
        ["import", "--checkpoint", "d", "--probe", "p"],
        ["info"],
        ["remove"],
        [],
        ["rename", "x"],
    ],
)
def test_wrong_usage_exits_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _models(*words) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("name", ["nothing", "compact", "..", "../data", "/", "."])
def test_only_imported_models_are_removed(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data" / "neurolapse" / "models").mkdir(parents=True)
    (tmp_path / "data" / "neurolapse" / "manifest.json").write_text("{}")
    assert _models("remove", name) == 1
    assert "no imported model has this name" in capsys.readouterr().err
    assert (tmp_path / "data" / "neurolapse" / "models").is_dir()


def test_a_missing_file_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert _models("import", "--checkpoint", str(tmp_path / "no.ckpt")) == 1
    assert capsys.readouterr().err == "no.ckpt: cannot be read (No such file or directory): check the path.\n"

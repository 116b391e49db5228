"""What the window asks about models, with real files and the real library."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from engine.errors import Cancelled, DiskError, UsageError
from engine.model import importing
from engine.model.manifest import read_manifest
from engine.service.messages import ImportModel, ListModels, RemoveModel
from engine.service.models import import_model, list_models, remove_model
from tests.engine.published_files import SHAPE, Published, small


class Job:
    """Counts the ticks; ends the work at the one called ``until``."""

    def __init__(self, until: str = "") -> None:
        self.said: list[str] = []
        self._until = until

    def tick(self, step: int, of: int, what: str = "") -> None:
        self.said.append(what)
        if self._until and self._until in what:
            raise Cancelled


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def published(tmp_path: Path) -> Published:
    made = small(tmp_path / "files")
    made.save()
    return made


def request(published: Published, **others: str) -> ImportModel:
    files = {name: str(published.folder / f"{name}.pth") for name in published.states}
    return ImportModel(1, "import", "mine", {**files, "config": str(published.config), **others})


def names() -> list[str]:
    return [model.name for model in list_models(ListModels(1, "models"), Job()).models]


def test_imported_weights_are_listed_with_what_they_are_and_removed(published: Published) -> None:
    job = Job()
    made = import_model(request(published), job)
    assert "reading the files" in job.said and any("writing" in what for what in job.said)
    assert (made.name, made.missing, made.extra) == ("mine", (), ())
    (listed,) = [model for model in list_models(ListModels(1, "models"), Job()).models if not model.bundled]
    assert listed.path == made.path and listed.size > 1000
    assert f"{SHAPE[0]} × {SHAPE[1]} × {SHAPE[2]} voxels" in dict(listed.details)["Grid"]
    assert [model.name for model in remove_model(RemoveModel(1, "models", "mine"), Job()).models] == ["compact"]
    assert not Path(made.path).exists()


def test_every_missing_and_extra_tensor_is_named_and_nothing_is_made(published: Published) -> None:
    published.states["decoder"]["stranger"] = published.states["decoder"].pop("out.2.bias")
    published.save()
    told = import_model(request(published), Job())
    assert (told.path, told.missing, told.extra) == ("", ("out.2.bias",), ("stranger",))
    assert "decoder.pth" in told.sentence
    assert names() == ["compact"]


def test_a_cancelled_import_leaves_nothing(published: Published, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        import_model(request(published), Job(until="writing"))
    assert names() == ["compact"]
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_a_disk_that_fills_up_is_a_sentence_and_leaves_nothing(
    published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(importing, "write_tensors", full)
    with pytest.raises(DiskError, match=r"mine: .*No space left.*free some room"):
        import_model(request(published), Job())
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_half_a_probe_is_refused(published: Published) -> None:
    with pytest.raises(UsageError, match="belong together"):
        import_model(request(published, probe=str(published.config)), Job())


def test_a_damaged_model_is_listed_with_its_problem(published: Published) -> None:
    made = import_model(request(published), Job())
    (Path(made.path) / "manifest.json").write_text("{}")
    (listed,) = [model for model in list_models(ListModels(1, "models"), Job()).models if not model.bundled]
    assert listed.problem


def test_the_bundled_model_tells_of_its_sliders_and_what_was_measured() -> None:
    bundled = next(model for model in list_models(ListModels(1, "models"), Job()).models if model.bundled)
    sliders = dict(bundled.details)["Directions"].split("; ")
    assert sliders[0].startswith("Age (years, 20 to 80, read to ± ")
    assert sliders[1].startswith("Sex (0 female, 1 male) (0 to 1, read to ± "), (
        "what has no unit has no comma before it"
    )
    details = dict(bundled.details)
    assert (details["Trained on"], details["Tested on"]) == (
        "107 people of 20 to 79 years",
        "30 people of 22 to 75 years",
    )
    assert re.fullmatch(r"0\.\d+ \(0\.\d+ to 0\.\d+\)", details["SSIM of the round trip through diffusion"])
    assert max(map(len, details.values())) < 300, "no running text of figures"
    manifest = read_manifest()
    assert manifest.measured("reconstruction", "roundtrip", "ssim") == pytest.approx(0.96, abs=0.02)
    assert manifest.measured("reconstruction", "nothing", "ssim") is None

"""The command line on the tiny model: ``run`` as a shell would call it, and scans to call it on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from engine.commands import main
from engine.preparation import cache
from tests.engine.commands.ended import Ended, Run
from tests.tiny import brain, one_thread


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "folder", lambda: cache_folder)


@pytest.fixture
def run(tiny_bundle: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """``run("edit", scan, …)`` on the tiny bundle; what came out at the file descriptors, libraries' words too."""

    def call(command: str, *words: object, bundle: Path = tiny_bundle) -> Ended:
        with one_thread():
            code = main([command, *map(str, words), "--bundle", str(bundle), "--device", "cpu"])
        return Ended(code, *capfd.readouterr())

    # A command is the last thing its process does; here the next test still wants its Ctrl-C.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def scan(tiny_cohort: Path) -> Path:
    """A brain on the tiny model's grid, uint8."""
    return tiny_cohort / "sub-03" / "anat" / "sub-03_T1w.nii.gz"


@pytest.fixture
def later(tiny_cohort: Path) -> Path:
    return tiny_cohort / "sub-05" / "anat" / "sub-05_T1w.nii.gz"


@pytest.fixture
def native(tmp_path: Path) -> Path:
    """A brain in MNI space without skull, but on a grid of its own: 6 mm, int16, turned by 6°, axes stored as P I R."""
    fine = ndimage.zoom(brain(50.0, np.random.default_rng(7)).astype(float), 10 / 6, order=1)
    angle = np.radians(6)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = 6 * turn
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(fine.shape) - 1) / 2) + (1.5, 3, -2)
    image = nib.Nifti1Image((4 * fine.clip(0)).astype(np.int16), affine)
    path = tmp_path / "native.nii.gz"
    nib.save(image.as_reoriented(nib.orientations.axcodes2ornt("PIR")), path)
    return path

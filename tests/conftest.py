"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tiny import one_thread, write_cohort

_REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared test data (NEUROLAPSE_SHARED, default ../shared); the test is skipped without it."""
    folder = Path(os.environ.get("NEUROLAPSE_SHARED", _REPOSITORY.parent / "shared"))
    if not folder.is_absolute():
        folder = _REPOSITORY / folder
    if not (folder / "data").is_dir():
        pytest.skip(f"shared test data not found in {folder} (set NEUROLAPSE_SHARED)")
    return folder


@pytest.fixture(scope="session")
def tiny_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight made-up people on the tiny configuration's grid."""
    return write_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(scope="session")
def tiny_bundle(tiny_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle trained in seconds through all stages; knows nothing, but everything works on it."""
    from engine.training.config import load_config
    from engine.training.pipeline import train

    config = load_config(_REPOSITORY / "configs" / "tiny.toml", str(tiny_cohort))
    with one_thread():
        return train(config, tmp_path_factory.mktemp("run"), resume=False)

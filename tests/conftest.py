"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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

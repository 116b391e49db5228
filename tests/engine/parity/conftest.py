"""The parity set: the folder that LDAE_PARITY_DIR names (default: parity in the shared test data)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.engine.parity.outputs import ParitySet


@pytest.fixture(scope="session")
def parity(request: pytest.FixtureRequest) -> ParitySet:
    named = os.environ.get("LDAE_PARITY_DIR")
    folder = Path(named) if named else request.getfixturevalue("shared") / "parity"
    if not (folder / "expected.npz").exists():
        pytest.skip(f"no parity set in {folder} (set LDAE_PARITY_DIR)")
    return ParitySet(folder)

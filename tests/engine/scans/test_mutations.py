"""Whatever a file's bytes are, it is read or refused in one sentence, and memory stays small."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from tests.engine.scans.mutations import mutants, outcome

MOST_BYTES = 20e6


@pytest.mark.parametrize("seed", range(6))
def test_fifty_damaged_files_are_each_read_or_refused(tmp_path: Path, seed: int) -> None:
    refused = 0
    tracemalloc.start()
    try:
        for mutant in mutants(tmp_path, 50, seed):
            tracemalloc.reset_peak()
            refused += outcome(mutant).startswith("refused")
            assert tracemalloc.get_traced_memory()[1] < MOST_BYTES, mutant.what
    finally:
        tracemalloc.stop()
    assert 10 < refused < 50

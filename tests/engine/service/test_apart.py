"""A child that is killed clears nothing up; its parent does."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import Cancelled, NeurolapseError
from engine.service.apart import run_apart


def _leave_a_file_and_die(progress: Callable[[int, int, str], None]) -> None:
    Path(tempfile.gettempdir(), "half_a_warp.nii.gz").write_bytes(b"0")
    os._exit(1)


def _leave_a_file_and_wait(progress: Callable[[int, int, str], None]) -> None:
    Path(tempfile.gettempdir(), "half_a_warp.nii.gz").write_bytes(b"0")
    progress(1, 2, "registration")
    while True:
        pass


def test_a_child_that_dies_leaves_no_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(NeurolapseError):
        run_apart(_leave_a_file_and_die, (), lambda: None, lambda step, of, what: None)
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_is_cancelled_leaves_no_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[str] = []

    def breathe() -> None:
        if seen:
            assert list(tmp_path.rglob("half_a_warp.nii.gz"))
            raise Cancelled("asked for")

    with pytest.raises(Cancelled):
        run_apart(_leave_a_file_and_wait, (), breathe, lambda step, of, what: seen.append(what))
    assert list(tmp_path.iterdir()) == []

"""The rules of the house that a reader cannot see: who imports whom, and what stays unloaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"torch", "lightning", "monai", "ants", "nilearn", "deepbet", "vtk"}


def packages_loaded_by(code: str) -> set[str]:
    """Top-level packages in ``sys.modules`` of a fresh interpreter that ran ``code``."""
    ending = "\nimport sys\nprint(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code + ending], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_no_room_imports_from_a_higher_one() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_words_both_processes_share_load_nothing_heavy() -> None:
    loaded = packages_loaded_by(
        "import engine, engine.errors, engine.volume, engine.scans\n"
        "import engine.service.messages, engine.service.shared_volume"
    )
    assert not loaded & HEAVY


def test_every_module_of_the_window_loads_nothing_heavy() -> None:
    loaded = packages_loaded_by(
        "import importlib, pkgutil, app\n"
        "for module in pkgutil.walk_packages(app.__path__, 'app.'):\n"
        "    importlib.import_module(module.name)"
    )
    assert not loaded & HEAVY


def test_qt_calls_keep_the_count_of_none() -> None:
    """PySide6 6.12.0 drops a reference to None in each call that returns nothing, until the interpreter aborts."""
    from PySide6.QtCore import QObject

    thing = QObject()
    before = sys.getrefcount(None)
    for index in range(1000):
        thing.setObjectName(f"name {index}")
    assert abs(sys.getrefcount(None) - before) < 100

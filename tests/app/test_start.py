"""From the command line to the window, each in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str, screen: bool = False) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.pop("QT_QPA_PLATFORM", None)
    if screen:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux starts without a screen")
def test_without_a_screen_one_sentence_names_the_command_line() -> None:
    done = run("main.py")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "main.py edit SCAN" in done.stderr


@pytest.mark.parametrize("words", [["--what"], ["screenshot"], ["screenshot", "--demo"], ["edit"]])
def test_wrong_usage_is_exit_code_2(words: list[str]) -> None:
    done = run("main.py", *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_version_is_one_line() -> None:
    done = run("main.py", "--version")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1


def test_a_screenshot_of_no_scan_is_a_sentence_and_no_file(tmp_path: Path) -> None:
    bad = tmp_path / "kein Bild ä.nii.gz"
    bad.write_text("no")
    done = run("main.py", "screenshot", str(bad), "-o", str(tmp_path / "out.png"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_the_welcome_page_is_drawn_to_a_file_without_a_screen(tmp_path: Path) -> None:
    done = run("main.py", "screenshot", "--mode", "welcome", "--size", "1280x800", "-o", str(tmp_path / "out ü.png"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out ü.png").read_bytes().startswith(b"\x89PNG")


def test_the_window_is_painted_before_vtk_and_without_torch() -> None:
    done = run(
        "-c",
        "import sys\n"
        "from app.application import make_application\n"
        "from app.engine_client import EngineClient\n"
        "from app.session import Session\n"
        "from app.window import Window\n"
        "from app.settings import Settings\n"
        "application = make_application(Settings())\n"
        "window = Window(Session(EngineClient()))\n"
        "window.show()\n"
        "while not window._painted:\n"
        "    application.processEvents()\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n",
        screen=True,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "PySide6" in loaded
    assert not loaded & {"torch", "lightning", "monai", "ants", "nilearn", "deepbet", "vtkmodules", "vtk", "nibabel"}

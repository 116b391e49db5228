"""From a command line without a command to the window."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app import process

NO_SCREEN = (
    "There is no screen here to open a window on: use the command line, for example "
    "“python main.py edit SCAN --set age=+10 -o OUT.nii.gz” (python main.py --help lists the commands)."
)


def has_screen() -> bool:
    """Whether Qt will find somewhere to draw; asked of the environment, since Qt aborts where it does not."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in ("offscreen", "minimal", "vnc"):
        return True
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def run(words: Sequence[str]) -> int:
    """Open the window on the scans, workspace or demonstration that ``words`` name; the exit code."""
    try:
        arguments = _parser().parse_args(list(words))
    except SystemExit as end:
        return int(end.code or 0)
    if not has_screen():
        print(NO_SCREEN, file=sys.stderr)
        return 1
    process.settle()
    from PySide6.QtCore import QTimer

    from app import settings
    from app.application import FirstStart, make_application, open_window

    wanted = settings.load(settings.store())
    if arguments.theme:
        wanted = replace(wanted, theme=arguments.theme)
    application = make_application(wanted)
    paths = [Path(path) for path in (*arguments.scans, *([arguments.workspace] if arguments.workspace else []))]
    bundle = arguments.bundle or settings.kept_model(settings.store())
    window = open_window(wanted, bundle, arguments.device)
    first = not paths and not arguments.demo and FirstStart.take()
    # After the first paint: opening reads files, and the 3D view loads VTK.
    QTimer.singleShot(0, lambda: window.open(paths, arguments.demo or first))
    if first:
        QTimer.singleShot(0, window.doors.first)
    QTimer.singleShot(0, window.offer_restore)
    signal.signal(signal.SIGINT, lambda *_: window.end(keep_draft=True))
    heartbeat = QTimer()  # lets Python see Ctrl-C while Qt waits
    heartbeat.timeout.connect(lambda: None)
    heartbeat.start(500)
    return int(application.exec())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="neurolapse", description="Open the window.")
    parser.add_argument("scans", nargs="*", metavar="SCAN", help="files, or folders of BIDS")
    parser.add_argument("--workspace", metavar="FILE", help="a saved workspace")
    parser.add_argument("--demo", action="store_true", help="open the demonstration subject")
    parser.add_argument("--theme", choices=("dark", "light"), help="instead of the one in the settings")
    parser.add_argument("--bundle", metavar="NAME|DIR", help="the model (default: the bundled compact one)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    return parser

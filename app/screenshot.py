"""``screenshot``: the real window with the real engine, drawn to a file once everything in it is final."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.start import has_screen

if TYPE_CHECKING:
    from app.window import Window

SETTLE_MS = 600
"""After the last volume: the 3D view waits that long before it draws finely, and the cross-fade has ended."""


def run(words: Sequence[str]) -> int:
    """The exit code; 0 only when the picture was written."""
    try:
        arguments = _parser().parse_args(list(words))
    except SystemExit as end:
        return int(end.code or 0)
    if not arguments.demo and not arguments.scans and arguments.mode != "welcome":
        print("screenshot needs scans, --demo or --mode welcome: name one.", file=sys.stderr)
        return 2
    if not has_screen() or arguments.scale != 1:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_SCALE_FACTOR"] = str(arguments.scale)
    sentence = _draw(arguments)
    if sentence:
        print(sentence, file=sys.stderr)
    return 1 if sentence else 0


def _draw(arguments: argparse.Namespace) -> str:
    """Draws and writes; a sentence says what went wrong."""
    from PySide6.QtCore import QEventLoop, QTimer

    from app.application import make_application, open_window
    from app.settings import Settings

    output = Path(arguments.output)
    if not output.absolute().parent.is_dir():
        return f"{output.name}: its folder does not exist: make it, or name another."
    wanted = Settings(theme=arguments.theme)
    application = make_application(wanted)
    window = open_window(wanted, arguments.bundle or "", arguments.device, arguments.size, keep=False)
    problems: list[str] = []
    window.session.said.connect(lambda sentence, tone: problems.append(sentence) if tone == "error" else None)
    loop = QEventLoop()

    def wait_for(ready: Callable[[], bool]) -> None:
        """Until ``ready`` or a problem; asked again whenever the engine has answered."""
        watch = QTimer()
        watch.timeout.connect(lambda: loop.quit() if problems or ready() else None)
        watch.start(20)
        loop.exec()

    try:
        if arguments.mode != "welcome":
            window.open([Path(path) for path in arguments.scans], arguments.demo)
            wait_for(lambda: window.edit_pictures.up_to_date)
            if not problems:
                _set(window, arguments.settings, problems)
                window.session.set_page(arguments.mode)
                if arguments.difference:
                    window.tool_bar.toggle_difference()
                wait_for(lambda: _final(window))
        if problems:
            return problems[0]
        QTimer.singleShot(SETTLE_MS, loop.quit)
        loop.exec()
        application.processEvents()
        if not window.grab().save(str(output), "PNG"):
            return f"{output.name} could not be written: choose another folder."
        return ""
    finally:
        window.close()


def _final(window: Window) -> bool:
    page = window.session.workspace.page
    pages = {
        "time": window.time_pictures.finished,
        "compare": window.compare_pictures.finished,
        "preparation": window.check.seen.complete,
    }
    done = pages.get(page, True)
    return done and window.edit_pictures.up_to_date and not window.session.client.waiting


def _set(window: Window, settings: Sequence[str], problems: list[str]) -> None:
    """Move the sliders as ``--set`` says: "age=+15" from the scan's own value, "age=75" to that value."""
    session = window.session
    scan = session.current
    assert scan is not None
    edit = window.edit_pictures.edit
    for setting in settings:
        name, _, text = setting.partition("=")
        zero = session.zero_of(name, scan)
        try:
            value = float(text)
        except ValueError:
            problems.append(f"--set {setting}: not understood: write for example age=+15 or age=75.")
            return
        if zero is None:
            names = ", ".join(direction.name for direction in session.directions)
            problems.append(f"--set {setting}: the model has no direction {name}: choose among {names}.")
            return
        edit = edit.moved(name, value if text[:1] in "+-" else value - zero)
    session.set_edit(edit)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="neurolapse screenshot", description="The window, drawn to a file.")
    parser.add_argument("scans", nargs="*", metavar="SCAN")
    parser.add_argument("--demo", action="store_true", help="the demonstration subject")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help="age=+15, age=75, …"
    )
    parser.add_argument("--mode", choices=("explore", "compare", "time", "preparation", "welcome"), default="explore")
    parser.add_argument("--difference", action="store_true", help="with the change map shown")
    parser.add_argument("--size", type=_size, default=(1600, 1000), metavar="WxH")
    parser.add_argument("--scale", type=int, choices=(1, 2), default=1)
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--bundle", metavar="NAME|DIR", help="the model (default: the bundled compact one)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("-o", "--output", required=True, metavar="PNG")
    return parser

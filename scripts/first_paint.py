"""How long until the window is there: from the start of a process to its first picture, and until its model is loaded.

Each round is a process of its own, as a user starts one. Without a screen the window is drawn off-screen.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
PATIENCE_S = 120


def show_once(began: float) -> int:
    """In the measured process: open the window, say when it was painted and when its model was there, and close it."""
    sys.path.insert(0, str(ROOT))
    from app.start import has_screen

    if not has_screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import QTimer

    from app.application import make_application, open_window
    from app.settings import Settings

    application = make_application(Settings())
    window = open_window(Settings())
    times: dict[str, float] = {}

    def note(what: str) -> None:
        times[what] = time.time() - began
        if len(times) == 2:
            window.close()
            application.quit()

    window.painted.connect(lambda: note("first paint"))
    window.session.client.model_loaded.connect(lambda _: note("model loaded"))
    window.session.client.failed.connect(lambda *_: (window.close(), application.quit()))
    QTimer.singleShot(PATIENCE_S * 1000, application.quit)
    application.exec()
    print(json.dumps({"platform": application.platformName(), **times}))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.began is not None:
        return show_once(arguments.began)
    rounds = []
    for _ in range(ROUNDS + 1):
        words = [sys.executable, __file__, "--began", str(time.time())]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0 or "first paint" not in done.stdout:
            print(f"The window could not be opened: {done.stderr.strip() or 'see make run'}", file=sys.stderr)
            return 1
        rounds.append(json.loads(done.stdout.splitlines()[-1]))
    platform = rounds[0].pop("platform")
    figures = {}
    for what in rounds[0]:
        seconds = sorted(times[what] for times in rounds[1:] if what in times)  # the first fills the disk's cache
        figures[what] = {"median": statistics.median(seconds), "low": seconds[0], "high": seconds[-1]}
    if arguments.json:
        print(json.dumps({"platform": platform, "unit": "s", "rounds": ROUNDS, "figures": figures}))
        return 0
    print(f"the window ({platform}), seconds from the start of its process, median of {ROUNDS} (all)")
    for what, figure in figures.items():
        print(f"{what:22}{figure['median']:9.2f}   {figure['low']:.2f} to {figure['high']:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How fast the view follows: a slice change and a crosshair move in the real window, with five timepoints open.

The demonstration subject with its model at 1600 x 1000, as ``make run`` shows it. A change is timed from the call until
everything that follows from it has been painted: the panes, the read-out, the panels. Without a screen the window is
drawn off-screen.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 60
PATIENCE_S = 600
BARS_MS = {"slice change": 16.0, "crosshair move": 33.0}
"""The specification's, for the Time page with five timepoints."""


def measure() -> dict[str, dict[str, float]]:
    sys.path.insert(0, str(ROOT))
    from app.start import has_screen

    if not has_screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtTest import QTest

    from app.application import make_application, open_window
    from app.settings import Settings

    application = make_application(Settings())
    window = open_window(Settings(), keep=False)
    link = window.session.link

    def wait(what: str, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not ready():
            QTest.qWait(20)
            if time.monotonic() > until:
                raise TimeoutError(f"{what} not ready in {PATIENCE_S} s")

    def timed(change: Callable[[int], None]) -> dict[str, float]:
        times = []
        for number in range(ROUNDS + 5):
            QTest.qWait(30)  # what 3D and the engine have left to do
            began = time.perf_counter()
            change(number)
            application.processEvents()
            times.append((time.perf_counter() - began) * 1000)
        kept = sorted(times[5:])
        return {"median": statistics.median(kept), "p95": kept[int(len(kept) * 0.95)], "worst": kept[-1]}

    def slice_change(number: int) -> None:
        x, y, _ = link.state.crosshair
        link.set(link.state.at((x, y, float(number % 40))))

    def crosshair_move(number: int) -> None:
        link.set(link.state.at((-20.0 + number % 40, -40.0 + number % 37, float(number % 31))))

    figures: dict[str, dict[str, float]] = {}
    try:
        window.open([], demo=True)
        wait("the copy was", lambda: window.edit_pictures.up_to_date)
        window.session.set_page("time")
        points = window.time_pictures
        wait("the timepoints were", lambda: len(points.points) == 5 and points.finished)
        wait("the engine was", lambda: not window.session.client.waiting)
        figures["slice change"] = timed(slice_change)
        figures["crosshair move"] = timed(crosshair_move)
        window.session.set_page("explore")
        columns = window.explore.columns
        wait("3D was", lambda: all(column.view_3d is None or column.view_3d.is_drawn for column in columns))
        figures["slice change, Explore with 3D"] = timed(slice_change)
        figures["crosshair move, Explore with 3D"] = timed(crosshair_move)
    finally:
        window.close()
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    try:
        figures = measure()
    except TimeoutError as error:
        print(f"The view could not be measured: {error}.", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps({"unit": "ms", "rounds": ROUNDS, "bars": BARS_MS, "figures": figures}))
        return 0
    print(f"the view at 1600 x 1000, software drawing, milliseconds, {ROUNDS} changes: median (95 of 100, worst)")
    for what, figure in figures.items():
        bar = BARS_MS.get(what)
        against = "" if bar is None else f"   bar {bar:.0f}: {'held' if figure['median'] <= bar else 'MISSED'}"
        print(f"{what:34}{figure['median']:7.1f}  ({figure['p95']:.1f}, {figure['worst']:.1f}){against}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

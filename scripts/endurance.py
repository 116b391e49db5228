"""Hours of use in minutes: does the window or its engine grow, and does the window answer while the engine works?

    python scripts/endurance.py --minutes 30
    python scripts/endurance.py --minutes 30 --head raw_head.nii.gz --beside "python main.py train configs/compact.toml"

A round opens a scan nobody saw before, moves its slider several times, undoes and redoes, goes through every page and a
dialog, adds a second visit now and then and follows it through time, and closes all of it. The real window and the real
engine do it on copies of the demonstration subject; without a screen the window is drawn off-screen.

Told are the resident memory of both processes, shared memory segments, and how long an input that comes at any moment
waits for the window, by what the engine does meanwhile. Growth after the first rounds beyond MOST_GROWTH_MB for every
hundred edits, or more segments than at first, is a failure (exit code 1). Waits are told, and failed only with
``--strict``: on a machine with other work they say more about that work.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "resources" / "demo" / "sub-demo"
WARM_UP = 14
"""Rounds until every cache is as full as it gets: the engine keeps 12 scans."""
LEAST_ROUNDS = WARM_UP + 8
EDITS = 6
MOST_GROWTH_MB = 5.0
PICTURES_BYTES = 48 * 1024 * 1024
"""For the pictures the window keeps, in place of half a gigabyte that would take hours to fill."""
TICK_MS = 5
MOST_WAIT_MS = 50.0
PATIENCE_S = 1800

if TYPE_CHECKING:
    from app.window import Window


@dataclass
class Latency:
    """Gaps between the beats of a timer, in milliseconds, by what the engine was asked for."""

    gaps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _last: float | None = None

    def pause(self) -> None:
        """What happens until the next beat is no one's wait."""
        self._last = None

    def beat(self, what: str) -> None:
        now = time.perf_counter()
        if self._last is not None:
            self.gaps[what].append(max((now - self._last) * 1000 - TICK_MS, 0.0))
        self._last = now

    def wait_ms(self, what: str, share: float = 0.99) -> float:
        """Of inputs that come at any moment, ``share`` wait no longer.

        One that comes during a gap waits for what is left of it, so long gaps count by their length.
        """
        gaps = self.gaps[what]
        total = sum(gap + TICK_MS for gap in gaps)
        low, high = 0.0, max(gaps)
        for _ in range(40):
            middle = (low + high) / 2
            beyond = sum(gap - middle for gap in gaps if gap > middle)
            low, high = (middle, high) if beyond > (1 - share) * total else (low, middle)
        return high


@dataclass(frozen=True)
class Sample:
    edits: int
    window_mb: float
    engine_mb: float
    segments: int


class Day:
    """The window at work."""

    def __init__(self, window: Window, folder: Path, latency: Latency) -> None:
        from app.pictures import Pictures

        self.window, self.session, self.folder = window, window.session, folder
        self.session.pictures = Pictures(PICTURES_BYTES)
        self.latency = latency
        self.edits = 0
        self.first = True
        self.segments_before = segments()

    def wait(self, what: str, ready: Callable[[], bool]) -> None:
        from PySide6.QtTest import QTest

        until = time.monotonic() + PATIENCE_S
        while not ready():
            QTest.qWait(10)
            if time.monotonic() > until:
                raise TimeoutError(f"{what} not ready in {PATIENCE_S} s; the window says: {self.window.status.words}")

    def settle(self) -> None:
        self.wait("the edit was", lambda: self.window.edit_pictures.up_to_date and not self.session.client.waiting)

    def round(self, number: int) -> None:
        from app.workspace.document import Edit

        with_second = number % 3 == 0
        keys = self.session.open(self.new_person(number, 2 if with_second else 1))
        self.settle()
        for step in range(EDITS):
            self.session.set_edit(Edit().moved("age", float(3 * step - 8)))
            self.settle()
            self.edits += 1
            if step % 2:
                self.session.undo_stack.undo()
                self.session.undo_stack.redo()
        self.window.kept.keep()
        self.visit("compare", lambda: self.window.compare_pictures.finished)
        self.session.compare(mode=("wipe", "fade", "checkerboard", "side by side")[number % 4])
        self.settle()
        self.visit("time", lambda: not with_second or self.window.time_pictures.finished)
        self.visit("explore", lambda: True)
        self.dialog((self.window.export, self.window.doors.settings, self.window.doors.keys)[number % 3])
        self.window.tool_bar.toggle_difference()
        for key in keys:
            self.session.close_scan(key)
        self.wait("the engine was", lambda: not self.session.client.waiting)

    def visit(self, page: str, ready: Callable[[], bool]) -> None:
        self.window.title_bar.tabs[page].click()  # type: ignore[index]
        self.settle()
        self.wait(f"{page} was", lambda: ready() and not self.session.client.waiting)

    def dialog(self, door: Callable[[], object]) -> None:
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QDialog

        door()
        QTest.qWait(20)
        for dialog in self.window.findChildren(QDialog):
            dialog.close()

    def first_scan(self) -> None:
        (key,) = self.session.open(self.new_person(9999, 1))
        self.settle()
        self.session.close_scan(key)
        self.first = False

    def prepare_raw(self, head: Path) -> None:
        """A head that has to be found, evened and placed; no cache is asked."""
        (key,) = self.session.open([head])
        self.settle()
        self.window.check.accept()
        self.session.close_scan(key)

    def new_person(self, number: int, visits: int) -> list[Path]:
        """The demonstration subject under another name, one voxel changed: new to every cache."""
        import nibabel as nib
        import numpy as np

        made = []
        for visit, source in list(enumerate(sorted(DEMO.rglob("*.nii.gz")), 1))[:visits]:
            image = nib.load(source)
            data = np.asarray(image.dataobj).copy()
            data[40, 48, 40] = number % 200 + 1
            place = self.folder / f"sub-{number:04}" / f"ses-{visit}" / "anat"
            place.mkdir(parents=True)
            path = place / f"sub-{number:04}_ses-{visit}_T1w.nii.gz"
            nib.save(nib.Nifti1Image(data, image.affine, image.header), path)
            made.append(path)
        self.latency.pause()
        return made

    def sample(self) -> Sample:
        engine = self.session.client.process_id
        own = segments() - self.segments_before
        return Sample(self.edits, resident_mb(os.getpid()), resident_mb(engine) if engine else 0.0, len(own))

    def doing(self) -> str:
        """What the engine is asked for; the first scan, for which 3D graphics are loaded, counts apart."""
        from engine.service.messages import Prepare

        if self.first:
            return "at first"
        asked = self.session.client.unfinished
        return "preparing" if any(isinstance(one, Prepare) for one in asked) else "rendering" if asked else "idle"


def resident_mb(process: int) -> float:
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=False).stdout
    return float(told.strip() or 0) / 1024


def segments() -> set[str]:
    """Shared memory of this machine, where it can be seen."""
    place = Path("/dev/shm")
    return {path.name for path in place.iterdir()} if place.is_dir() else set()


def growth(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """Megabytes for every hundred edits: a line through the samples after WARM_UP."""
    kept = samples[WARM_UP:]
    fit = statistics.linear_regression([one.edits for one in kept], [of(one) for one in kept])
    return 100 * fit.slope


def run(arguments: argparse.Namespace, folder: Path) -> tuple[list[Sample], Latency]:
    from PySide6.QtCore import Qt, QTimer

    from app.application import make_application, open_window
    from app.settings import Settings

    make_application(Settings())
    window = open_window(Settings(), keep=False)
    latency, samples = Latency(), list[Sample]()
    day = Day(window, folder, latency)
    clock = QTimer()
    clock.setTimerType(Qt.TimerType.PreciseTimer)
    clock.timeout.connect(lambda: latency.beat(day.doing()))
    ends = time.monotonic() + arguments.minutes * 60
    try:
        day.wait("the model was", lambda: day.session.model is not None)
        clock.start(TICK_MS)
        day.first_scan()
        if arguments.head is not None:
            day.prepare_raw(arguments.head)
        while len(samples) < LEAST_ROUNDS or time.monotonic() < ends:
            day.round(len(samples))
            samples.append(day.sample())
            now = samples[-1]
            print(
                f"round {len(samples):4}  {now.edits:5} edits  window {now.window_mb:6.0f} MB  "
                f"engine {now.engine_mb:6.0f} MB  {now.segments} segments",
                flush=True,
            )
    finally:
        clock.stop()
        window.close()
    return samples, latency


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, help=f"at least; never fewer than {LEAST_ROUNDS} rounds")
    parser.add_argument("--head", type=Path, metavar="SCAN", help="a raw head, to be prepared first")
    parser.add_argument(
        "--beside", type=shlex.split, metavar="COMMAND", help="what runs all the while, such as a training"
    )
    parser.add_argument("--strict", action="store_true", help=f"waits above {MOST_WAIT_MS:.0f} ms fail too")
    parser.add_argument("--json", action="store_true", help="one JSON object at the end")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from app import process
    from app.start import has_screen

    process.settle()
    if not has_screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    beside = subprocess.Popen(arguments.beside) if arguments.beside else None
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = folder
            samples, latency = run(arguments, Path(folder))
    except TimeoutError as error:
        print(f"The day could not be worked through: {error}.", file=sys.stderr)
        return 1
    finally:
        if beside is not None:
            print(f"beside it until the end: {'yes' if beside.poll() is None else 'NO, it had ended'}")
            beside.terminate()
            beside.wait()
    grown = {
        "window": growth(samples, lambda one: one.window_mb),
        "engine": growth(samples, lambda one: one.engine_mb),
    }
    left = samples[-1].segments - samples[WARM_UP].segments
    print(f"after the first {WARM_UP} rounds, for every hundred edits (bar {MOST_GROWTH_MB:.0f} MB):")
    for which, megabytes in grown.items():
        print(f"  {which:8}{megabytes:+6.1f} MB   {'held' if megabytes <= MOST_GROWTH_MB else 'MISSED'}")
    print(f"shared memory segments: {left:+d}   {'held' if left <= 0 else 'MISSED'}")
    print(f"an input waits, milliseconds: 99 of 100 (worst); bar {MOST_WAIT_MS:.0f}")
    waits = {what: latency.wait_ms(what) for what, gaps in latency.gaps.items() if gaps}
    for what, wait in waits.items():
        gaps = latency.gaps[what]
        seconds = sum(gap + TICK_MS for gap in gaps) / 1000
        verdict = "held" if wait <= MOST_WAIT_MS else "MISSED"
        print(f"  engine {what:10}{wait:7.1f}  ({max(gaps):.0f})   over {seconds:.0f} s   {verdict}")
    if arguments.json:
        print(json.dumps({"rounds": len(samples), "edits": samples[-1].edits, "MB/100 edits": grown, "wait_ms": waits}))
    failed = max(grown.values()) > MOST_GROWTH_MB or left > 0
    return 1 if failed or (arguments.strict and max(waits.values()) > MOST_WAIT_MS) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Draws the pictures of the user's guide: every page and mode of the window, on the demonstration subject.

    python scripts/guide_pictures.py                  all of them, into docs/guide
    python scripts/guide_pictures.py time compare     those whose names begin so

One window with the real engine draws them all, off-screen and in an empty home, so that they are the same on every
machine; those at 2× are drawn by ``main.py screenshot``. Each is reduced to a few colours and should stay below 180 kB.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "guide"
SIZE = (1440, 900)
SIZE_AT_2 = "1120x680"
FLAT = 20
BUDGETS = ((64, 96), (64, 40), (48, 40), (40, 32), (32, 32), (28, 24), (24, 20), (20, 16), (16, 16))
"""Greys for the slices, and colours for all that is neither grey nor flat."""
LEAST_CHROMA = 4
MOST_BYTES = 180_000
PATIENCE_S = 1800
FOLDER = "brains"
"""Where the export dialog would write to, in a home made for the pictures."""
LAY_OUT_MS = 200
"""Until a page that was just turned to is laid out, and its fades are over."""

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog, QWidget

    from app.stage.column import Column
    from app.window import Window


@dataclass(frozen=True)
class Shot:
    """``show`` brings the window there and gives the widget to be drawn; None: the whole window."""

    name: str
    show: Callable[[Studio], QWidget | None]


class Studio:
    """The window and how it is brought to what a picture shows."""

    def __init__(self, window: Window) -> None:
        self.window, self.session = window, window.session
        self.dialog: QDialog | None = None

    def wait(self, what: str, ready: Callable[[], bool]) -> None:
        from PySide6.QtTest import QTest

        until = time.monotonic() + PATIENCE_S
        QTest.qWait(LAY_OUT_MS)
        while not ready():
            QTest.qWait(20)
            if time.monotonic() > until:
                raise TimeoutError(f"{what} did not come; the window says: {self.window.status.words}")

    def settle(self) -> None:
        """Everything on the page is final and drawn."""
        window = self.window
        pages = {"compare": window.compare_pictures, "time": window.time_pictures}
        page = pages.get(self.session.workspace.page)
        if self.session.workspace.scans:
            self.wait(
                "the pictures",
                lambda: (
                    window.edit_pictures.up_to_date
                    and (page is None or page.finished)
                    and not self.session.client.waiting
                ),
            )
        solids = [column.view_3d for column in window.explore.columns if column.view_3d is not None]
        self.wait("3D", lambda: all(one.is_drawn for one in solids if one.isVisible()))

    def page(self, name: str, **compare: object) -> None:
        self.session.link.change(tiles=None)
        self.window.title_bar.tabs[name].click()  # type: ignore[index]
        if compare:
            self.session.compare(**compare)

    def preparation(self) -> None:
        self.window.check.look()
        self.wait("the preparation", lambda: self.window.check.seen.complete)

    def film(self, layout: str) -> None:
        self.page("time")
        self.session.show_film(layout=layout)

    def change_map(self, shown: bool) -> None:
        if self.session.link.state.overlay.shown != shown:
            self.window.tool_bar.toggle_difference()

    def explore(self, change_map: bool = False, layout: str = "tall") -> None:
        self.page("explore")
        self.session.link.change(layout=layout, solid="surface")
        self.change_map(change_map)

    def welcome(self) -> None:
        self.wait("the model", lambda: self.session.model is not None)

    def beyond(self) -> None:
        self.film("columns")
        self.window.time_points.set_beyond(2.5)

    def within(self) -> None:
        self.window.time_points.set_beyond(0.0)
        self.film("single")

    def opened(self, door: Callable[[], object]) -> QWidget:
        """The dialog that ``door`` opens."""
        from PySide6.QtWidgets import QDialog

        before = set(self.window.findChildren(QDialog))
        door()
        self.dialog = next(one for one in self.window.findChildren(QDialog) if one not in before)
        self.wait("the dialog", self.dialog.isVisible)
        return self.dialog

    def columns(self) -> tuple[Column, Column]:
        return self.window.explore.scan_column, self.window.explore.edit_column

    def put_away(self) -> None:
        for column in self.columns():
            column.unfill()
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None

    def export_in_time(self) -> QWidget:
        self.explore()
        self.settle()
        dialog = self.opened(self.window.export)
        dialog.folder.setText(f"~/{FOLDER}")  # type: ignore[attr-defined]
        return dialog

    def lightbox(self) -> None:
        from app.stage.view_state import Tiles

        self.explore()
        self.session.link.change(tiles=Tiles(rows=3, columns=4))

    def volume(self) -> None:
        """The volume in 3D over the whole of each column."""
        self.explore()
        self.session.link.change(solid="volume")
        for column in self.columns():
            column.fill_with(None)

    def kept(self) -> QWidget:
        """Attributes, measures, kept states: the right side alone."""
        self.explore()
        self.settle()
        self.window.kept.keep()
        self.settle()
        return self.window.attributes.parentWidget()

    def varied(self) -> QWidget:
        self.explore()
        if not self.window.variation_row.switch.isChecked():
            self.window.variation_row.switch.click()
        self.wait("the variations", lambda: self.window.variations.spread is not None)
        return self.window.variation_row

    def layers(self) -> QWidget:
        self.explore(change_map=True)
        self.settle()
        return self.window.left

    def tour(self) -> None:
        self.explore()
        self.settle()
        tour = self.window.doors.tour()
        tour.go(2)


THEMES = ("dark", "light")
FIRST = (Shot("welcome", lambda studio: studio.welcome()),)
SHOTS = (
    Shot("explore", lambda studio: studio.explore()),
    Shot("explore-change-map", lambda studio: studio.explore(change_map=True)),
    Shot("explore-layout", lambda studio: studio.explore(layout="grid")),
    Shot("explore-lightbox", lambda studio: studio.lightbox()),
    Shot("explore-volume", lambda studio: studio.volume()),
    Shot("layers", lambda studio: studio.layers()),
    Shot("compare-wipe", lambda studio: studio.page("compare", mode="wipe", shape="1×2", divider=0.45)),
    Shot("compare-fade", lambda studio: studio.page("compare", mode="fade", shape="1×2", fade=0.5)),
    Shot("compare-checker", lambda studio: studio.page("compare", mode="checkerboard", shape="1×2")),
    Shot("compare-three", lambda studio: studio.page("compare", mode="side by side", shape="1×3")),
    Shot("compare-cells", lambda studio: studio.page("compare", mode="side by side", shape="2×2")),
    Shot("time", lambda studio: studio.film("columns")),
    Shot("time-strip", lambda studio: studio.film("strip")),
    Shot("time-beyond", lambda studio: studio.beyond()),
    Shot("time-single", lambda studio: studio.within()),
    Shot("preparation", lambda studio: studio.preparation()),
    Shot("attributes", lambda studio: studio.kept()),
    Shot("variations", lambda studio: studio.varied()),
    Shot("export", lambda studio: studio.export_in_time()),
    Shot("models", lambda studio: studio.opened(studio.window.doors.models)),
    Shot("import", lambda studio: studio.opened(studio.window.doors.import_weights)),
    Shot("own-direction", lambda studio: studio.opened(studio.window.doors.own_direction)),
    Shot("first", lambda studio: studio.opened(studio.window.doors.first)),
    Shot("settings", lambda studio: studio.opened(studio.window.doors.settings)),
    Shot("keys", lambda studio: studio.opened(studio.window.doors.keys)),
    Shot("change-keys", lambda studio: studio.opened(studio.window.doors.edit_keys)),
    Shot("about", lambda studio: studio.opened(studio.window.doors.about)),
    Shot("log", lambda studio: studio.opened(studio.window.doors.log)),
    Shot("tour", lambda studio: studio.tour()),
)
AT_2 = {f"{mode}-2x-{theme}": (theme, mode) for mode in ("explore", "compare", "time") for theme in THEMES}
"""Drawn with two pixels to each; the right half of the window, where letters and slices are."""


def draw(shots: tuple[tuple[Shot, str], ...], folder: Path) -> None:
    """Each shot in its theme, by one window."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.application import make_application, open_window
    from app.settings import Settings
    from app.workspace.document import Edit

    make_application(Settings())
    window = open_window(Settings(), size=SIZE, keep=False)
    studio = Studio(window)
    try:
        for at, (shot, theme) in enumerate(shots):
            if shot not in FIRST and not studio.session.workspace.scans:
                window.open([], demo=True)
                studio.settle()
                studio.session.set_edit(Edit().moved("age", 15.0))
            window.apply(replace(window.settings, theme=theme))
            widget = shot.show(studio) or window
            studio.settle()
            path = folder / f"{shot.name}-{theme}.png"
            widget.grab().save(str(path))
            print(f"{at + 1} of {len(shots)}: {path.name}, {reduce(path) / 1000:.0f} kB", flush=True)
            studio.put_away()
    finally:
        window.close()


def draw_at_2(name: str, theme: str, mode: str, folder: Path) -> None:
    path = folder / f"{name}.png"
    words = ["screenshot", "--demo", "--set", "age=+15", "--mode", mode, "--theme", theme, "--scale", "2"]
    command = [sys.executable, str(ROOT / "main.py"), *words, "--size", SIZE_AT_2, "-o", str(path)]
    subprocess.run(command, check=True)
    with Image.open(path) as whole:
        width, height = whole.size
        part = whole.convert("RGB").crop((width // 2, 0, width, height * 3 // 5))
    part.save(path)
    print(f"{path.name}, {reduce(path) / 1000:.0f} kB", flush=True)


def reduce(path: Path) -> int:
    """To as many colours as the limit allows; the size in bytes.

    What fills whole areas, the window's own colours, keeps its exact colour. No dithering: its noise is what PNG packs
    worst.
    """
    with Image.open(path) as drawn:
        full = np.asarray(drawn.convert("RGB"))
    colours, which, counts = np.unique(full.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    tinted = np.ptp(colours.astype(int), axis=1) > LEAST_CHROMA  # slices are not, all of the window is
    flat = np.argsort(counts * tinted)[::-1][:FLAT]
    coloured = np.delete(colours, flat, axis=0)[np.delete(tinted, flat)]
    for greys, others in BUDGETS:
        ramp = np.repeat(np.linspace(0, 255, greys).round().astype(np.uint8)[:, None], 3, axis=1)
        palette = np.concatenate([colours[flat], ramp, _few(coloured, others)])
        picture = Image.fromarray(_nearest(colours, palette)[which.ravel()].reshape(full.shape[:2]), "P")
        picture.putpalette(palette.tobytes())
        picture.save(path, optimize=True)
        size = path.stat().st_size
        if size <= MOST_BYTES:
            break
    return size


def _few(colours: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """``count`` colours at most that stand for all of ``colours`` (n, 3), each of which counts alike."""
    if len(colours) <= count:
        return colours
    row = Image.fromarray(colours[None]).quantize(count, method=Image.Quantize.MEDIANCUT, kmeans=4)
    return np.array(row.getpalette(), np.uint8).reshape(-1, 3)[:count]


def _nearest(colours: NDArray[np.uint8], palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The place in ``palette`` (p, 3) of what is nearest to each of ``colours`` (n, 3)."""
    one, other = colours.astype(np.float32), palette.astype(np.float32)
    squares = (other**2).sum(axis=1)
    return np.argmin(squares - 2.0 * one @ other.T, axis=1).astype(np.uint8)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only pictures whose names begin so")
    parser.add_argument("-o", "--output", type=Path, default=OUT, metavar="DIR")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    wanted = tuple(arguments.names) or ("",)
    shots = tuple(
        (shot, theme)
        for group in (FIRST, SHOTS)
        for shot in group
        for theme in THEMES
        if f"{shot.name}-{theme}".startswith(wanted)
    )
    arguments.output.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as home:
            # No file, model or setting of whoever draws them comes into the pictures.
            os.environ["HOME"] = home
            for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
                os.environ.pop(name, None)
            (Path(home) / FOLDER).mkdir()
            if shots:
                draw(shots, arguments.output)
            for name, (theme, mode) in AT_2.items():
                if name.startswith(wanted):
                    draw_at_2(name, theme, mode, arguments.output)
    except (TimeoutError, subprocess.CalledProcessError) as error:
        print(f"The pictures could not be drawn: {error}", file=sys.stderr)
        return 1
    sizes = {path.name: path.stat().st_size for path in arguments.output.glob("*.png")}
    heavy = [name for name, size in sizes.items() if size > MOST_BYTES]
    if heavy:
        print(f"Heavier than {MOST_BYTES // 1000} kB: {', '.join(heavy)}", file=sys.stderr)
    print(f"{len(sizes)} pictures, {sum(sizes.values()) / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""On a screen of twice the density the picture is drawn at that density, and a click lands under the pointer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CLICK = """
import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from app.stage.slice_pane import SlicePane
from app.stage.slicing import Plane
from app.stage.view_link import ViewLink
from app.theme import style
from app.theme.kinds import Kind
from engine.volume import Volume

application = QApplication([])
style.apply(application, "dark")
affine = np.diag([0.5, 0.5, 0.5, 1.0])
affine[:3, 3] = -20
pane = SlicePane(Plane.AXIAL, ViewLink())
pane.resize(400, 400)
pane.show_volume(Volume(np.zeros((80, 80, 80), np.float32), affine), Kind.SCAN)
pane.show()
QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(133, 271))
picture = pane.grab().toImage()
mint = [
    (x, y)
    for x, y in ((2 * 133 + dx, 2 * 271 + dy) for dx in range(-40, 41) for dy in range(-40, 41))
    if picture.pixelColor(x, y).name() == "#5cd6be"
]
columns = [x for x, y in mint if abs(y - 2 * 271) > 25]
rows = [y for x, y in mint if abs(x - 2 * 133) > 25]
print(picture.width(), min(columns), max(columns), min(rows), max(rows))
"""


def test_a_click_on_a_dense_screen_lands_under_the_pointer() -> None:
    surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "2"}
    words = [sys.executable, "-c", CLICK]
    done = subprocess.run(words, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True)
    width, left, right, top, bottom = map(int, done.stdout.split())
    assert width == 800, "drawn at the screen's density"
    half_a_voxel = 5 + 2
    assert left - half_a_voxel <= 2 * 133 <= right + half_a_voxel
    assert right - left <= 2, "a line of one pixel"
    assert top - half_a_voxel <= 2 * 271 <= bottom + half_a_voxel

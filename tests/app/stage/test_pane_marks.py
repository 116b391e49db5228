"""What is written on a picture stays within it and apart from each other, however narrow the pane."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QFontMetricsF

from app.stage.pane_marks import (
    KNOB,
    WIPE_WORDS_ABOVE_FOOT,
    PaneWords,
    PictureState,
    letter_foot,
    letter_head,
    shown_name,
    tag_boxes,
    wipe_handle,
)
from app.theme import fonts
from app.theme.kinds import Kind

GRIDS = ("model 2.0 mm", "native, straightened 2.0 × 1.0 × 1.0 mm")


def words(name: str, grid: str = GRIDS[0]) -> PaneWords:
    return PaneWords(name, "P 118.0", ("R", "L", "S", "I"), grid, "", PictureState())


@pytest.mark.parametrize("width", [60, 84, 110, 150, 235])
def test_the_upper_letter_stands_clear_of_the_place(width: int) -> None:
    size, said = QSize(width, 160), words("")
    metrics = QFontMetricsF(fonts.medium("pane"))
    letter, line = metrics.horizontalAdvance(said.letters[2]), metrics.height()
    place = QRectF(8, 6, metrics.horizontalAdvance(said.position), line)
    assert not place.intersects(QRectF((width - letter) / 2, letter_head(size, said), letter, line))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.tag])
@pytest.mark.parametrize("name", ["", "Coronal"])
@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("width", [84, 100, 125, 150, 190, 197, 240, 400])
def test_the_tag_covers_neither_place_nor_letter_nor_the_edge(width: int, name: str, kind: Kind, grid: str) -> None:
    size, said = QSize(width, 160), words(name, grid)
    metrics = QFontMetricsF(fonts.medium("pane"))
    line = metrics.height()
    middle = (width - metrics.horizontalAdvance("S")) / 2
    head = metrics.horizontalAdvance(f"{shown_name(size, said)} {said.position}".strip())
    written = [
        QRectF(8, 6, head, line),
        QRectF(middle, letter_head(size, said), metrics.horizontalAdvance("S"), line),
        QRectF(middle, 160 - line - letter_foot(size, said), metrics.horizontalAdvance("I"), line),
        QRectF(8, 160 - 7 - line, metrics.horizontalAdvance(said.grid_label), line),
    ]
    boxes = tag_boxes(size, kind.tag, said)
    assert ", ".join(text for text, _ in reversed(boxes)) == kind.tag
    for _, box in boxes:
        assert QRectF(0, 0, width, 160).contains(box)
        assert not any(box.intersects(other) for other in written)


def test_the_planes_word_makes_way_for_the_upper_letter() -> None:
    assert shown_name(QSize(400, 160), words("Coronal")) == "Coronal"
    assert shown_name(QSize(150, 160), words("Coronal")) == ""


@pytest.mark.parametrize("height", [160, 240, 260, 400, 700])
def test_the_handle_of_the_divider_covers_no_word_beside_it(height: int) -> None:
    middle = wipe_handle(QSize(400, height), 0.25)
    assert middle.x() == 100
    assert 0.5 * height < middle.y() < middle.y() + KNOB < height - WIPE_WORDS_ABOVE_FOOT


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("width", [84, 150, 235, 400, 600])
def test_the_lower_letter_stands_clear_of_the_grids_name(width: int, grid: str) -> None:
    size, said = QSize(width, 160), words("", grid)
    metrics, small = QFontMetricsF(fonts.medium("pane")), QFontMetricsF(fonts.font("pane"))
    letter = metrics.horizontalAdvance("I")
    line = metrics.height()
    name = QRectF(8, 160 - 7 - line, small.horizontalAdvance(grid), line)
    assert not name.intersects(QRectF((width - letter) / 2, 160 - line - letter_foot(size, said), letter, line))

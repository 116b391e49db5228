import re
from itertools import product

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontInfo, QFontMetricsF, QImage, QPainter, QPalette
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.theme import fonts, icons, style
from app.theme.current import colour, scaled
from app.theme.focus_ring import FocusRing
from app.theme.kinds import Kind, paint_kind_mark
from app.theme.tokens import THEMES, parse_number, signed

SURFACES = ("stage", "window", "panel", "raised", "selected")


@pytest.fixture
def dark(qapp):
    style.apply(qapp, "dark")
    yield qapp
    style.apply(qapp, "dark")


def luminance(hexadecimal: str) -> float:
    parts = [int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("theme", "token", "surface"),
    list(product(("dark", "light"), ("text", "text2", "text3", "accent", "warn", "error"), SURFACES)),
)
def test_words_stand_out_from_every_surface(theme, token, surface):
    assert contrast(THEMES[theme][token], THEMES[theme][surface]) >= 4.5


@pytest.mark.parametrize(("theme", "surface"), list(product(("dark", "light"), SURFACES)))
def test_borders_of_controls_stand_out_from_every_surface(theme, surface):
    assert contrast(THEMES[theme]["edge"], THEMES[theme][surface]) >= 3.0


def test_sheet_leaves_no_token_unreplaced_and_names_files_that_exist(dark):
    for theme in ("dark", "light"):
        sheet = style.sheet(theme)
        assert "@" not in sheet
        named = re.findall(r"url\((.*?)\)", sheet)
        assert named
        assert all(style.Path(path).exists() for path in named)


def test_light_theme_reaches_palette_and_painted_colours(dark):
    style.apply(dark, "light", 1.3)
    assert dark.palette().color(QPalette.ColorRole.Highlight) == QColor(THEMES["light"]["selected"])
    assert colour("text") == QColor(THEMES["light"]["text"])
    assert scaled(28) == 36


def test_a_widget_of_our_own_gets_the_surface_it_is_marked_with(dark, qtbot):
    class Page(QWidget):
        pass

    page = Page()
    qtbot.addWidget(page)
    style.mark(page, surface="stage")
    page.resize(20, 20)
    assert page.grab().toImage().pixelColor(10, 10) == QColor(THEMES["dark"]["stage"])


def test_inter_is_loaded_with_figures_of_equal_width(dark):
    face = fonts.font("value")
    assert QFontInfo(face).family() == "Inter"
    metrics = QFontMetricsF(face)
    assert metrics.horizontalAdvance("11111") == pytest.approx(metrics.horizontalAdvance("88888"))


def test_every_icon_has_a_glyph(dark):
    for name in icons.GLYPHS:
        picture = icons.pixmap(name, 24, QColor("white")).toImage()
        assert any(picture.pixelColor(x, y).alpha() for x in range(picture.width()) for y in range(picture.height())), (
            name
        )


def test_an_icon_given_once_follows_the_theme(dark):
    def inks(icon) -> set[str]:
        picture = icon.pixmap(24, 24).toImage()
        pixels = (picture.pixelColor(x, y) for x in range(24) for y in range(24))
        return {pixel.name().upper() for pixel in pixels if pixel.alpha() == 255}

    icon = icons.icon("cube", "accent")
    assert inks(icon) == {THEMES["dark"]["accent"]}
    style.apply(dark, "light")
    assert inks(icon) == {THEMES["light"]["accent"]}


def test_marks_of_all_kinds_differ_in_shape(dark):
    pictures = set()
    for kind in Kind:
        picture = QImage(24, 24, QImage.Format.Format_Grayscale8)
        picture.fill(0)
        painter = QPainter(picture)
        paint_kind_mark(painter, kind, QRectF(0, 0, 24, 24), QColor("white"))
        painter.end()
        pictures.add(bytes(picture.constBits()))
    assert len(pictures) == len(Kind)


def test_focus_ring_follows_the_keyboard_and_not_the_mouse(dark, qtbot):
    window = QWidget()
    layout = QVBoxLayout(window)
    button, field = QPushButton("one"), QLineEdit()
    layout.addWidget(button)
    layout.addWidget(field)
    ring = FocusRing(window)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    field.setFocus(Qt.FocusReason.MouseFocusReason)
    qtbot.waitUntil(field.hasFocus)
    assert ring.target is None
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert ring.target is button
    assert ring.isVisible()
    assert ring.size() == window.size()
    button.hide()
    assert ring.target is not button


@pytest.mark.parametrize(
    ("text", "value"),
    [("71.5", 71.5), ("71,5 y", 71.5), ("−3", -3.0), ("± 60", 60.0), ("80 %", 80.0), ("7l.5", None), ("", None)],
)
def test_typed_numbers_are_read_as_people_write_them(text, value):
    assert parse_number(text) == value


def test_differences_always_carry_their_sign():
    assert [signed(10.0), signed(-0.42, 2), signed(0.01)] == ["+10.0", "−0.42", "0.0"]

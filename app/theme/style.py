"""Puts a theme on: Fusion, one style sheet, and the palette of the same theme.

Widgets say what they are by a dynamic property, the sheet says how that looks:
  surface  window, stage, panel, raised           (on a QWidget or QFrame)
  role     primary, quiet, tool, play, tab, link, words, row, help  (on a button; none: bordered)
  tone     text2, text3, accent, warn, error      (on a label)
  type     pane, note, name, title, value, welcome (on a label or button)
  weight   medium, semibold
  wrong    true                                   (on a field with a wrong entry)
``mark`` sets them and has the sheet read again.
"""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.theme import fonts
from app.theme.current import set_current
from app.theme.tokens import (
    DIALOG_BUTTON_HEIGHT,
    FIELD_HEIGHT,
    RADIUS_BUTTON,
    RADIUS_DIALOG,
    RADIUS_FIELD,
    ROW_HEIGHT,
    THEMES,
    TYPE,
    ThemeName,
)

ICONS = Path(__file__).resolve().parents[2] / "resources" / "icons"
OFF = 0.42

TEMPLATE = Path(__file__).with_name("style.qss").read_text(encoding="utf-8")


def sheet(theme: ThemeName, text_scale: float = 1.0) -> str:
    """The style sheet with every ``@token`` replaced. KeyError: a token the theme does not have."""
    tokens = dict(THEMES[theme])
    values = {
        **tokens,
        **{f"size_{name}": f"{fonts.points(pixels * text_scale):.3f}pt" for name, pixels in TYPE.items()},
        "theme": theme,
        "icons": ICONS.as_posix(),
        "row": f"{round(ROW_HEIGHT * text_scale) - 4}px",
        "button_inner": f"{round(ROW_HEIGHT * text_scale) - 2}px",
        "dialog_button_inner": f"{round(DIALOG_BUTTON_HEIGHT * text_scale) - 2}px",
        "field_inner": f"{round(FIELD_HEIGHT * text_scale) - 2}px",
        "radius_field": f"{RADIUS_FIELD}px",
        "radius_button": f"{RADIUS_BUTTON}px",
        "radius_dialog": f"{RADIUS_DIALOG}px",
        "text_off": _faded(tokens["text"]),
        "edge_off": _faded(tokens["edge"]),
        "accent_off": _faded(tokens["accent"]),
    }
    return re.sub(r"@([a-z0-9_]+)", lambda found: values[found.group(1)], TEMPLATE)


def palette(theme: ThemeName) -> QPalette:
    """The palette of the same theme. Fusion takes Highlight for the corners beside tree branches: selected."""
    tokens = {name: QColor(value) for name, value in THEMES[theme].items()}
    roles = QPalette.ColorRole
    result = QPalette()
    for role, token in {
        roles.Window: "window",
        roles.WindowText: "text",
        roles.Base: "panel",
        roles.AlternateBase: "raised",
        roles.Text: "text",
        roles.Button: "raised",
        roles.ButtonText: "text",
        roles.BrightText: "error",
        roles.PlaceholderText: "text3",
        roles.Highlight: "selected",
        roles.HighlightedText: "text",
        roles.ToolTipBase: "raised",
        roles.ToolTipText: "text",
        roles.Link: "accent",
        roles.LinkVisited: "accent",
        roles.Light: "raised",
        roles.Midlight: "line",
        roles.Mid: "line",
        roles.Dark: "stage",
        roles.Shadow: "stage",
    }.items():
        result.setColor(role, tokens[token])
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        faded = QColor(tokens["text"])
        faded.setAlphaF(OFF)
        result.setColor(QPalette.ColorGroup.Disabled, role, faded)
    return result


def apply(app: QApplication, theme: ThemeName, text_scale: float = 1.0, reduced_motion: bool = False) -> None:
    """Put ``theme`` on the whole application; every open window follows."""
    fonts.load()
    set_current(theme, text_scale, reduced_motion)
    app.setStyle("Fusion")
    app.setFont(fonts.font())
    app.setPalette(palette(theme))
    app.setStyleSheet(sheet(theme, text_scale))


def mark(widget: QWidget, **properties: str) -> QWidget:
    """Set the dynamic properties the style sheet asks for, and have it read again. Returns ``widget``."""
    if "surface" in properties:
        # Qt leaves the background of a subclass of QWidget unpainted without it.
        widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    return widget


def _faded(hexadecimal: str) -> str:
    colour = QColor(hexadecimal)
    return f"rgba({colour.red()}, {colour.green()}, {colour.blue()}, {OFF})"

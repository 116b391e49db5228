"""Puts a theme on: Fusion, one style sheet, and the palette of the same theme.

Widgets say what they are by a dynamic property, the sheet says how that looks:
  surface  window, stage, panel, raised           (on a QWidget or QFrame)
  role     primary, quiet, tool, tab, link        (on a button; none: bordered)
  tone     text2, text3, accent, warn, error      (on a label)
  size     pane, note, name, title, value, welcome (on a label or button)
  weight   medium, semibold
  wrong    true                                   (on a field with a wrong entry)
``mark`` sets them and has the sheet read again.
"""

from __future__ import annotations

import re
from pathlib import Path

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

TEMPLATE = """
* { outline: none; }
QWidget { color: @text; font-size: @size_body; }
QMainWindow, QDialog, QWidget[surface="window"] { background: @window; }
QWidget[surface="stage"] { background: @stage; }
QWidget[surface="panel"] { background: @panel; }
QWidget[surface="raised"] { background: @raised; }
QFrame[surface="line"] { background: @line; border: none; }
QDialog { border: 1px solid @line; border-radius: @radius_dialog; }

QLabel { background: transparent; }
*[tone="text2"] { color: @text2; }
*[tone="text3"] { color: @text3; }
*[tone="accent"] { color: @accent; }
*[tone="warn"] { color: @warn; }
*[tone="error"] { color: @error; }
*[size="pane"] { font-size: @size_pane; }
*[size="note"] { font-size: @size_note; }
*[size="name"] { font-size: @size_name; }
*[size="title"] { font-size: @size_title; }
*[size="value"] { font-size: @size_value; }
*[size="welcome"] { font-size: @size_welcome; }
*[weight="medium"] { font-weight: 500; }
*[weight="semibold"] { font-weight: 600; }
QLabel[chip="true"] { border: 1px solid @line; border-radius: 9px; padding: 1px 8px; color: @text2; font-size: @size_note; }
QLabel[keycap="true"] { border: 1px solid @line; border-radius: 3px; padding: 1px 5px; background: @raised; color: @text2; font-size: @size_note; }

QPushButton, QToolButton { background: transparent; color: @text; border: 1px solid @edge; border-radius: @radius_button; min-height: @button_inner; padding: 0 12px; }
QToolButton { padding: 0 4px; }
QPushButton:hover, QToolButton:hover { background: @raised; }
QPushButton:pressed, QToolButton:pressed { background: @selected; }
QPushButton:disabled, QToolButton:disabled { color: @text_off; border-color: @edge_off; }
QPushButton[role="primary"] { background: @accent; color: @ink; border-color: @accent; font-weight: 500; }
QPushButton[role="primary"]:disabled { background: @accent_off; border-color: transparent; color: @ink; }
QPushButton[role="quiet"], QToolButton[role="quiet"] { border-color: transparent; color: @text2; padding: 0 6px; }
QPushButton[role="quiet"]:disabled, QToolButton[role="quiet"]:disabled { color: @text_off; }
QToolButton[role="tool"] { border-color: transparent; color: @text2; min-width: @button_inner; padding: 0; }
QToolButton[role="tool"]:checked { background: @raised; border-color: @line; color: @text; }
QPushButton[role="tab"], QToolButton[role="tab"] { border: none; border-radius: 0; border-bottom: 2px solid transparent; color: @text2; padding: 0 14px; min-height: 40px; font-size: @size_name; }
QPushButton[role="tab"]:checked, QToolButton[role="tab"]:checked { color: @text; border-bottom-color: @accent; font-weight: 600; }
QPushButton[role="link"] { border: none; color: @text; text-decoration: underline; padding: 0 4px; min-height: 0; }
QDialog QPushButton { min-height: @dialog_button_inner; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextEdit { background: @raised; color: @text; border: 1px solid @edge; border-radius: @radius_field; padding: 0 6px; selection-background-color: @accent; selection-color: @ink; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { min-height: @field_inner; }
*[wrong="true"] { border-color: @error; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: @text_off; border-color: @edge_off; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url(@icons/down-@theme.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @raised; border: 1px solid @line; selection-background-color: @selected; selection-color: @text; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button { background: transparent; border: none; width: 16px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(@icons/up-@theme.svg); width: 9px; height: 9px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url(@icons/down-@theme.svg); width: 9px; height: 9px; }

QCheckBox, QRadioButton { spacing: 8px; background: transparent; }
QCheckBox::indicator, QRadioButton::indicator { width: 12px; height: 12px; border: 1px solid @edge; background: transparent; }
QCheckBox::indicator { border-radius: 3px; }
QRadioButton::indicator { border-radius: 7px; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; image: url(@icons/check-@theme.svg); }
QRadioButton::indicator:checked { background: @accent; border-color: @accent; image: url(@icons/radio-@theme.svg); }
QCheckBox:disabled, QRadioButton:disabled { color: @text_off; }

QTreeView, QListView, QTableView, QTableWidget, QTreeWidget, QListWidget { background: transparent; alternate-background-color: transparent; border: none; color: @text; gridline-color: @line; }
QTreeView::item, QListView::item { min-height: @row; border: none; }
QTreeView::item:hover, QListView::item:hover { background: @raised; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected { background: @selected; color: @text; }
QTreeView::branch:has-children:closed { image: url(@icons/right-@theme.svg); }
QTreeView::branch:has-children:open { image: url(@icons/down-@theme.svg); }
QHeaderView::section { background: transparent; border: none; color: @text3; padding: 2px 4px; font-size: @size_note; }

QScrollArea, QAbstractScrollArea { background: transparent; border: none; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: @line; border-radius: 3px; margin: 2px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: @edge; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; border: none; height: 0; width: 0; }

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @edge; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: @accent; }
QSlider::handle:horizontal { width: 16px; height: 16px; margin: -6px 0; border-radius: 8px; background: @accent; }
QProgressBar { background: @line; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: @accent; border-radius: 2px; }

QToolTip { background: @raised; color: @text; border: 1px solid @edge; padding: 4px 6px; }
QMenu { background: @raised; border: 1px solid @line; padding: 4px; }
QMenu::item { padding: 5px 20px; border-radius: 4px; }
QMenu::item:selected { background: @selected; }
QMenu::item:disabled { color: @text_off; }
QMenu::separator { height: 1px; background: @line; margin: 4px 8px; }
QSplitter::handle { background: @line; }
QStatusBar { background: @window; border-top: 1px solid @line; }
QStatusBar::item { border: none; }
"""


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


def apply(app: QApplication, theme: ThemeName, text_scale: float = 1.0) -> None:
    """Put ``theme`` on the whole application; every open window follows."""
    fonts.load()
    set_current(theme, text_scale)
    app.setStyle("Fusion")
    app.setFont(fonts.font())
    app.setPalette(palette(theme))
    app.setStyleSheet(sheet(theme, text_scale))


def mark(widget: QWidget, **properties: str) -> QWidget:
    """Set the dynamic properties the style sheet asks for, and have it read again. Returns ``widget``."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    return widget


def _faded(hexadecimal: str) -> str:
    colour = QColor(hexadecimal)
    return f"rgba({colour.red()}, {colour.green()}, {colour.blue()}, {OFF})"

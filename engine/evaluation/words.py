"""Figures in words."""

from __future__ import annotations

from typing import Any


def number(value: float) -> str:
    """Three figures that matter, without an exponent: 0.00178, 0.927, 10.4, 1,204."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2
    size = abs(value)
    while size < 1 and digits < 8:
        size, digits = size * 10, digits + 1
    return f"{value:.{digits if abs(value) < 10 else 1}f}"


def figure_in_words(figure: Any) -> tuple[str, str]:
    """The value and its interval; dashes for what was not measured."""
    match figure:
        case [value, low, high]:
            return number(value), f"{number(low)} to {number(high)}"
        case int() | float():
            return number(float(figure)), ""
        case None:
            return "–", ""
        case _:
            return str(figure), ""

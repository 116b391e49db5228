"""Charts of a report as SVG: points with intervals over a scale, and one thing against another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 46
COLOURS = ("#0b6e99", "#c2571a", "#5b5b5b", "#7a4fa3", "#2f855a")
MARKS = ("circle", "square", "triangle", "diamond")


@dataclass(frozen=True)
class Series:
    """``points``: x, value, and the interval where there is one."""

    name: str
    points: Sequence[tuple[float, float, float, float]]
    joined: bool = True


def chart(title: str, along: str, up: str, series: Sequence[Series], diagonal: bool = False) -> str:
    """Each series by a colour and a mark of its own; ``diagonal``: the line where both axes say the same."""
    shown = [one for one in series if one.points]
    if not shown:
        return ""
    x_low, x_high = _span([p[0] for one in shown for p in one.points], 0.05)
    y_low, y_high = _span([v for one in shown for p in one.points for v in p[1:]], 0.08)
    if diagonal:
        x_low = y_low = min(x_low, y_low)
        x_high = y_high = max(x_high, y_high)

    def at(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)
        down = HEIGHT - BOTTOM - (y - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)
        return across, down

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}" width="{WIDTH}" '
        f'height="{HEIGHT}">',
        f"<title>{escape(title)}</title>",
    ]
    for value in _ticks(y_low, y_high):
        x, y = at(x_low, value)
        parts.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in _ticks(x_low, x_high):
        x, y = at(value, y_low)
        parts.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{value:g}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(along)}</text>'
        f'<text transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(up)}</text>"
    )
    if diagonal:
        (x1, y1), (x2, y2) = at(x_low, x_low), at(x_high, x_high)
        parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="diagonal"/>')
    for number, one in enumerate(shown):
        colour = COLOURS[number % len(COLOURS)]
        if one.joined:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(p[0], p[1]) for p in one.points))
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for x_value, value, low, high in one.points:
            x, y = at(x_value, value)
            if high > low:
                (_, y1), (_, y2) = at(x_value, low), at(x_value, high)
                parts.append(f'<line x1="{x:.1f}" y1="{y1:.1f}" x2="{x:.1f}" y2="{y2:.1f}" stroke="{colour}"/>')
            parts.append(_mark(number, x, y, colour))
    parts.append("</svg>")
    named = [one.name for one in shown if one.name]
    legend = "".join(
        f'<span><svg width="14" height="14">{_mark(number, 7, 7, COLOURS[number % len(COLOURS)])}</svg>'
        f"{escape(name)}</span>"
        for number, name in enumerate(named)
    )
    return f"<figure>{''.join(parts)}<figcaption>{escape(title)} {legend}</figcaption></figure>"


def _mark(number: int, x: float, y: float, colour: str) -> str:
    match MARKS[number % len(MARKS)]:
        case "circle":
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
        case "square":
            return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>'
        case "triangle":
            return f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z" fill="{colour}"/>'
        case _:
            return f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z" fill="{colour}"/>'


def _span(values: Sequence[float], margin: float) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * margin or abs(high) * margin or 1.0
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Four to eight round numbers."""
    rough = (high - low) / 5
    size = 10.0 ** np.floor(np.log10(rough))
    step = size * min((1, 2, 5, 10), key=lambda m: abs(m * size - rough))
    first = np.ceil(low / step)
    return [float(round(k * step, 10)) for k in np.arange(first, np.floor(high / step) + 1)]

"""The design's constants, free of Qt: colours of both themes, type scale, spaces, kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Literal

ThemeName = Literal["dark", "light"]

DARK: Mapping[str, str] = MappingProxyType(
    {
        "stage": "#0B0D0F",
        "window": "#121518",
        "panel": "#171B1F",
        "raised": "#20262B",
        "selected": "#1A3633",
        "text": "#E8ECEE",
        "text2": "#ABB5BC",
        "text3": "#939EA6",
        "accent": "#5CD6BE",
        "ink": "#06251F",
        "warn": "#EBB853",
        "error": "#FF8F86",
        "edge": "#74808A",
        "line": "#2C343A",
    }
)

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "stage": "#DCE1E5",
        "window": "#EBEEF0",
        "panel": "#F6F8F9",
        "raised": "#FFFFFF",
        "selected": "#D6EBE7",
        "text": "#12181C",
        "text2": "#445058",
        "text3": "#56626A",
        "accent": "#086A5D",
        "ink": "#FFFFFF",
        "warn": "#825300",
        "error": "#B0261E",
        "edge": "#707C85",
        "line": "#C9D1D6",
    }
)

THEMES: Mapping[ThemeName, Mapping[str, str]] = MappingProxyType({"dark": DARK, "light": LIGHT})

# Pictures are black in both themes; what is written on them does not follow the theme.
PICTURE: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#000000",
        "text": "#E8ECEE",
        "text2": "#ABB5BC",
        "letter": "#D6DCE0",
        "crosshair": "#5CD6BE",
        "warn": "#EBB853",
        "edge": "#74808A",
    }
)

# Signed change from -1 to +1 at equal steps; lightness is symmetric about the middle.
CHANGE_RAMP = ("#C4E9FF", "#6DB8F2", "#2F78C8", "#1F4A78", "#3B4147", "#7A4218", "#C8641C", "#F59A3C", "#FFE0A6")

Size = Literal["pane", "note", "body", "name", "title", "value", "welcome"]
TYPE: Mapping[Size, float] = MappingProxyType(
    {"pane": 10.5, "note": 11.0, "body": 12.0, "name": 13.0, "title": 15.0, "value": 18.0, "welcome": 24.0}
)
TEXT_SCALES = (0.9, 1.0, 1.15, 1.3)

SPACE = (4, 8, 12, 16, 24, 32)
ROW_HEIGHT = 28
DIALOG_BUTTON_HEIGHT = 32
FIELD_HEIGHT = 24
RADIUS_PANE, RADIUS_FIELD, RADIUS_BUTTON, RADIUS_DIALOG = 2, 5, 6, 10
ICON_SIZE = 17

MINUS = "−"


@dataclass(frozen=True)
class KindLook:
    """``word`` stands beside the mark, ``tag`` in every picture; ``dashes`` in pixels, empty for an unbroken line."""

    word: str
    tag: str
    dashes: tuple[float, ...] = ()
    double: bool = False


class Kind(Enum):
    """What a volume is. Told by shape and word, never by colour."""

    SCAN = KindLook("scan", "")
    COPY = KindLook("copy", "copy", double=True)
    SYNTHETIC = KindLook("synthetic", "synthetic", (6.0, 4.0))
    EXTRAPOLATED = KindLook("extrapolated", "extrapolated", (1.5, 4.0))
    CHANGE = KindLook("change map", "change, synthetic", (6.0, 4.0))

    @property
    def word(self) -> str:
        return self.value.word

    @property
    def tag(self) -> str:
        """What the picture says; empty for a scan."""
        return self.value.tag


def signed(value: float, decimals: int = 1) -> str:
    """``value`` with its sign always written: "+10.0", "−3.2", "0.0" for what rounds to nothing."""
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0.0:
        return text
    return ("+" if value > 0 else MINUS) + text


def number(value: float, decimals: int = 1) -> str:
    """``value`` with a true minus sign."""
    text = f"{abs(value):.{decimals}f}"
    return text if value >= 0 or float(text) == 0.0 else MINUS + text


def steps_words(count: int) -> str:
    """ "1 step", "20 steps"."""
    return "1 step" if count == 1 else f"{count} steps"


_TYPED = re.compile(r"±?\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*(?:y|years?|%|mm|ml)?")


def parse_number(text: str) -> float | None:
    """The number a person typed, or None; takes a true minus, a decimal comma and a unit behind it."""
    found = _TYPED.fullmatch(text.strip().replace(MINUS, "-").replace(",", "."))
    return float(found.group(1)) if found else None

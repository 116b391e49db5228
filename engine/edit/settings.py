"""What a user asks of directions, in words: ``age=+10`` moves by ten years, ``age=75`` asks for that age."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.errors import UsageError


def parse_settings(words: Sequence[str], zeros: Mapping[str, float]) -> dict[str, float]:
    """How far to move along each direction. ``zeros``: where the scan itself stands on each, by name.

    Raises UsageError for a word that is no NAME=VALUE, a name that is not in ``zeros``, or no finite number.
    """
    changes = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word}: not understood: write NAME=VALUE, for example age=+10 or age=75.")
        if name not in zeros:
            raise UsageError(f"{name}: the model has no such direction: choose among {', '.join(sorted(zeros))}.")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise UsageError(f"{word}: {text or 'nothing'} is no number: write for example {name}=+10.")
        changes[name] = value if text[0] in "+-" else value - zeros[name]
    return changes

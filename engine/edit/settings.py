"""What a user asks of directions, in words: ``age=+10`` moves by ten years, ``age=75`` asks for that age."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

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
        check_directions([name], (), zeros)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise UsageError(f"{word}: {text or 'nothing'} is no number: write for example {name}=+10.")
        changes[name] = value if text[0] in "+-" else value - zeros[name]
    return changes


def check_directions(moved: Collection[str], held: Collection[str], known: Collection[str]) -> None:
    """Raises UsageError for a direction that is not ``known``, or that is both to be moved and to be held still."""
    for name in (*moved, *held):
        if name not in known:
            raise UsageError(f"{name}: the model has no such direction: choose among {', '.join(sorted(known))}.")
    for name in held:
        if name in moved:
            raise UsageError(f"{name}: cannot be moved and held still at once: ask for one of the two.")

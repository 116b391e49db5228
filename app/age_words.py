"""How old what is shown is, in words."""

from __future__ import annotations

from app.panels.parts import years
from app.theme.tokens import signed


def age_words(age: float | None, change: float = 0.0) -> str:
    """ "74.5 y", reached by ``change`` years; of an unknown age the change alone, "+24.0 y", nothing without one."""
    if age is not None:
        return years(age)
    return f"{signed(change)} y" if change else ""

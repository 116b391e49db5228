"""Frozen dataclasses out of what JSON knows: objects, lists, text and numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

_hints = cache(get_type_hints)


def built(kind: Any, value: Any) -> Any:
    """``value``, read from JSON, as a dataclass or what an annotation of its fields says.

    Fields that are missing have their default, keys that are no field are left out; pairs may stand as an object.
    Raises ValueError for another type, a number that is not finite or a word that a ``Literal`` does not have, and
    TypeError where a field without a default is missing.
    """
    origin, inside = get_origin(kind), get_args(kind)
    if origin is UnionType:  # something, or None
        return None if value is None else built(inside[0], value)
    if origin is Literal and isinstance(value, str) and value in inside:
        return value
    if origin is tuple and isinstance(value, list | tuple | dict):
        return _tuple(inside, list(value.items()) if isinstance(value, dict) else value)
    if origin is Mapping and isinstance(value, dict):
        return {inside[0](key): built(inside[1], one) for key, one in value.items()}  # JSON's own keys are text
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, dict):
        hints = _hints(kind)
        return kind(**{name: built(hints[name], value[name]) for name in hints if name in value})
    if kind is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if type(value) is kind and kind in (str, int, bool):
        return value
    raise ValueError(f"{value!r} is no {kind}")


def _tuple(inside: tuple[Any, ...], values: Sequence[Any]) -> tuple[Any, ...]:
    kinds = [inside[0]] * len(values) if inside[-1] is Ellipsis else inside
    return tuple(built(kind, value) for kind, value in zip(kinds, values, strict=True))

"""A view as a workspace's file keeps it, and back: JSON knows neither tuples nor our types."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from app.stage.view_state import LAYERS, Clip, Layer, Overlay, Point, Ruler, Tiles, ViewState


def view_from(content: dict[str, Any]) -> ViewState:
    """What ``dataclasses.asdict`` made of a view, by this version or an older one.

    Raises ValueError, KeyError or TypeError for anything else.
    """
    known = {field.name for field in fields(ViewState)}
    told: dict[str, Any] = {name: value for name, value in content.items() if name in known}
    told.update({name: point_from(content[name]) for name in ("crosshair", "pan")})
    told["window"] = _pair(content["window"])
    told["hidden"] = tuple(int(axis) for axis in content.get("hidden", ()))
    told["overlay"] = Overlay(**content["overlay"])
    told["layers"] = tuple(_layer(layer) for layer in content["layers"]) if "layers" in content else LAYERS
    told["rulers"] = tuple(
        Ruler(int(one["axis"]), point_from(one["start"]), point_from(one["end"])) for one in content.get("rulers", ())
    )
    told["tiles"] = Tiles(**content["tiles"]) if content.get("tiles") else None
    clip = content.get("clip")
    told["clip"] = Clip(_sides(clip["sides"]), bool(clip["corner"])) if clip else Clip()
    return ViewState(**told)


def _layer(content: dict[str, Any]) -> Layer:
    window = content.get("window")
    return Layer(**{**content, "window": None if window is None else _pair(window)})


def point_from(values: list[float]) -> Point:
    """World millimetres."""
    x, y, z = (float(value) for value in values)
    return x, y, z


def _pair(values: list[float]) -> tuple[float, float]:
    low, high = (float(value) for value in values)
    return low, high


def _sides(values: list[int]) -> tuple[int, int, int]:
    x, y, z = (int(value) for value in values)
    return x, y, z

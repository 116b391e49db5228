"""Which mouse and keys do what: one table for all habits, and the set in use.

A gesture is written as modifiers in the order Ctrl, Alt, Shift and what they go with: a drag (``LeftDrag``,
``MiddleDrag``, ``RightDrag``), ``Move`` (no button), ``Wheel``, ``Pinch``, ``Double`` (a double-click with the left
button), or a key in Qt's portable names (``PgUp``, ``Left``, ``F1``, ``+``). ``Mode+`` before it: while the window mode
of the tool bar is on. Qt's Ctrl is ⌘ on macOS. A row's cells hold gestures separated by spaces.

Checked against the sources of FSLeyes, ITK-SNAP and 3D Slicer.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

Preset = Literal["Default", "FSLeyes", "ITK-SNAP", "Slicer"]
Where = Literal["slice", "3D", "window"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

SAME = None
"""As in Default, or not to be found in that tool: Default's gestures, but those that mean something else there."""


@dataclass(frozen=True)
class Row:
    """``action`` is what the code calls it; rows with the same ``words`` are one line of the sheet."""

    where: Where
    action: str
    words: str
    default: str
    fsleyes: str | None = SAME
    itksnap: str | None = SAME
    slicer: str | None = SAME

    @property
    def name(self) -> str:
        """By which settings keep what a user made of it."""
        return f"{self.where}: {self.action}"

    def cell(self, preset: Preset) -> str | None:
        return (self.default, self.fsleyes, self.itksnap, self.slicer)[PRESETS.index(preset)]


TABLE = (
    Row("slice", "crosshair", "Set the crosshair", "LeftDrag", slicer="Shift+Move"),
    Row("slice", "wheel through", "Slice", "Wheel", fsleyes="Shift+Wheel"),
    Row("slice", "next slice", "Slice", "PgUp", fsleyes="+ = Shift+PgUp", slicer="Right Up F"),
    Row("slice", "previous slice", "Slice", "PgDown", fsleyes="- _ Shift+PgDown", slicer="Left Down B"),
    Row("slice", "five on", "Five slices", "Shift+PgUp"),
    Row("slice", "five back", "Five slices", "Shift+PgDown"),
    Row("slice", "left", "Crosshair in its plane", "Left"),
    Row("slice", "right", "Crosshair in its plane", "Right"),
    Row("slice", "up", "Crosshair in its plane", "Up"),
    Row("slice", "down", "Crosshair in its plane", "Down"),
    Row("slice", "five left", "Crosshair by five", "Shift+Left"),
    Row("slice", "five right", "Crosshair by five", "Shift+Right"),
    Row("slice", "five up", "Crosshair by five", "Shift+Up"),
    Row("slice", "five down", "Crosshair by five", "Shift+Down"),
    Row("slice", "wheel zoom", "Zoom", "Ctrl+Wheel"),
    Row("slice", "zoom", "Zoom", "RightDrag", itksnap="RightDrag Ctrl+LeftDrag"),
    Row("slice", "pinch zoom", "Zoom", "", itksnap="Pinch", slicer="Pinch"),
    Row("slice", "zoom in", "Zoom", "", itksnap="Ctrl+Up"),
    Row("slice", "zoom out", "Zoom", "", itksnap="Ctrl+Down"),
    Row("slice", "zoom box", "Zoom into a box", "", fsleyes="RightDrag"),
    Row("slice", "pan", "Pan", "MiddleDrag Alt+LeftDrag", slicer="MiddleDrag Shift+LeftDrag"),
    Row("slice", "pan left", "Pan", "", fsleyes="Alt+Left"),
    Row("slice", "pan right", "Pan", "", fsleyes="Alt+Right"),
    Row("slice", "pan up", "Pan", "", fsleyes="Alt+Up"),
    Row("slice", "pan down", "Pan", "", fsleyes="Alt+Down"),
    Row("slice", "window", "Window by drag", "Ctrl+Shift+LeftDrag Mode+LeftDrag", slicer="Mode+LeftDrag"),
    Row(
        "slice",
        "region",
        "Window from a region",
        "Ctrl+Shift+RightDrag Mode+Ctrl+LeftDrag",
        slicer="Mode+Ctrl+LeftDrag",
    ),
    Row("slice", "leave mode", "Leave the window or ruler mode", "Esc"),
    Row("window", "ruler", "Measure by drag", "M"),
    Row("slice", "measure", "Measure between two places of the crosshair", "Shift+M"),
    Row("window", "go to", "Type a place", "G"),
    Row("window", "bookmark", "Bookmark this place", "B"),
    Row("window", "bookmarks", "Bookmarks", "Shift+B"),
    Row("window", "reset window", "Reset the window", "Ctrl+J Ctrl+Shift+J"),
    Row("slice", "reset window", "Reset the window", "", slicer="Ctrl+Double"),
    Row("window", "fit", "Fit the pictures", "R", fsleyes="Alt+R", itksnap="Ctrl+F"),
    Row("slice", "centre", "Pictures to the crosshair", "C"),
    Row("slice", "crosshair home", "Crosshair to the middle", "", fsleyes="Alt+P"),
    Row("window", "crosshair shown", "Crosshair on and off", "X", fsleyes="Alt+C", itksnap="Shift+X"),
    Row("window", "change map", "Change map on and off", "Shift+D"),
    Row("window", "overlay", "Overlay on and off", "W", fsleyes="Ctrl+F", slicer="T"),
    Row("window", "fainter", "Overlay fainter, stronger", "", itksnap="Q"),
    Row("window", "stronger", "Overlay fainter, stronger", "", itksnap="E"),
    Row("window", "layer above", "Layer before, after", "[", fsleyes="Ctrl+Up", slicer="[ {"),
    Row("window", "layer below", "Layer before, after", "]", fsleyes="Ctrl+Down", slicer="] }"),
    Row("window", "next layout", "Next layout", "L", itksnap="|"),
    Row("window", "layouts", "Layout and lightbox", "Ctrl+L"),
    Row("window", "tiles", "Lightbox on and off", "Shift+L"),
    Row("slice", "fill", "One picture fills the window", "Double"),
    Row("window", "fill", "One plane, all planes", "\\"),
    Row("window", "hide sagittal", "Hide a plane, show it again", "", fsleyes="Alt+X"),
    Row("window", "hide coronal", "Hide a plane, show it again", "", fsleyes="Alt+Y"),
    Row("window", "hide axial", "Hide a plane, show it again", "", fsleyes="Alt+Z"),
    Row("window", "previous point", "Timepoint before, after", ",", slicer="Ctrl+Shift+Left"),
    Row("window", "next point", "Timepoint before, after", ".", slicer="Ctrl+Shift+Right"),
    Row("slice", "wheel points", "Timepoint before, after", "", itksnap="Shift+Wheel"),
    Row(
        "window", "play", "Play the timepoints", "P", fsleyes="Alt+M", itksnap="Ctrl+Shift+P", slicer="Ctrl+Shift+Down"
    ),
    Row("3D", "turn", "3D: turn", "LeftDrag"),
    Row(
        "3D",
        "pan",
        "3D: pan",
        "MiddleDrag",
        fsleyes="MiddleDrag Alt+LeftDrag",
        itksnap="MiddleDrag Shift+LeftDrag",
        slicer="MiddleDrag Shift+LeftDrag",
    ),
    Row("3D", "zoom", "3D: zoom", "RightDrag"),
    Row("3D", "pick", "3D: crosshair to the surface", "Shift+LeftDrag"),
    Row("3D", "wheel zoom", "3D: zoom", "Wheel", fsleyes="Ctrl+Wheel", slicer="Wheel Ctrl+Wheel"),
    Row("window", "undo", "Undo", "Ctrl+Z"),
    Row("window", "redo", "Redo", "Ctrl+Shift+Z Ctrl+Y", fsleyes="Ctrl+Y", itksnap="Ctrl+Shift+Z"),
    Row("window", "zero", "All sliders to zero", "Ctrl+0"),
    Row("window", "keep", "Keep this state", "Ctrl+K"),
    Row("window", "open", "Open", "Ctrl+O", itksnap="Ctrl+G"),
    Row("window", "save", "Save", "Ctrl+S"),
    Row("window", "export", "Export", "Ctrl+E"),
    Row("window", "copy picture", "Copy the picture", "Ctrl+C"),
    Row("window", "copy command line", "Copy the command line", "Ctrl+Shift+C"),
    Row("window", "next part", "Next part of the window, the one before", "F6"),
    Row("window", "previous part", "Next part of the window, the one before", "Shift+F6"),
    Row("window", "keys", "This sheet", "F1"),
)

MIDDLE = "MiddleDrag"
"""Always pans too, unless it was given to something else: desktops may keep other drags for themselves."""

FIXED = (
    ("3D: look from a side", "L R A P S I"),
    ("3D: volume, sides and corner cut away", "V X Y Z C"),
    ("Layers: show, opacity", "Space Left Right"),
    ("Layers: order, remove", "Alt+Up Alt+Down Del"),
    ("A slider: hold it still", "H"),
    ("A kept state: name it, remove it", "F2 Del"),
)
"""Keys of a part of the window while it has the focus, the same for all habits."""

SHOW_SCAN = ("Show the scan", "Space held")
"""Held, not pressed: the one habit that is no gesture of the table."""

ARROWS = ("Left", "Right")

RESERVED: Mapping[str, Mapping[str, str]] = {
    "3D": {key: words for words, keys in FIXED if words.startswith("3D") for key in keys.split()},
    "window": {
        **{
            key: words
            for words, keys in FIXED
            if not words.startswith("3D")
            for key in keys.split()
            if key not in ARROWS
        },
        "Space": SHOW_SCAN[0],
        "Return": "Press what has the focus",
        "Enter": "Press what has the focus",
        "Alt+F4": "Close the window",
    },
}
"""Gestures that no row can be given. The arrows are both a list's and the pictures': the focus tells."""


@dataclass(frozen=True)
class Bindings:
    """The gestures of one preset: by place, each gesture's action."""

    preset: Preset
    places: Mapping[Where, Mapping[str, str]]
    keys: Mapping[str, str] = field(default_factory=dict)
    """What the user changed: gestures by the name of their row."""

    def action(self, where: Where, gesture: str) -> str | None:
        """What ``gesture`` does there, if anything."""
        return self.places[where].get(gesture)

    def gestures(self, action: str) -> list[str]:
        """All gestures of an action, in the order of the table."""
        return [gesture for place in self.places.values() for gesture, meant in place.items() if meant == action]

    def of_row(self, row: Row) -> list[str]:
        return [gesture for gesture, action in self.places[row.where].items() if action == row.action]

    def owner(self, row: Row, gesture: str) -> str | None:
        """What ``gesture`` does already, in words, if that is not ``row``'s own: it cannot mean both."""
        space = _space(row.where)
        if gesture in RESERVED[space]:
            return RESERVED[space][gesture]
        others = (one for one in TABLE if one is not row and _space(one.where) == space and one.action != row.action)
        return next((one.words for one in others if gesture in self._wanted(one)), None)

    def _wanted(self, row: Row) -> list[str]:
        """The row's gestures without the middle drag that a user took from it, but nothing else has yet."""
        return self.keys[row.name].split() if row.name in self.keys else self.of_row(row)

    def tip(self, words: str, action: str) -> str:
        """``words`` and the first gesture of ``action``, for a tool tip."""
        found = self.gestures(action)
        return f"{words}  {spoken(found[0])}" if found else words


def bindings_of(preset: Preset, keys: Mapping[str, str] = MappingProxyType({})) -> Bindings:
    """What each gesture does under ``preset``. A key means one thing in the whole window, but for the 3D view.

    ``keys``: gestures by the name of their row, instead of the preset's; they are taken from all other rows.
    """
    places: dict[Where, dict[str, str]] = {"slice": {}, "3D": {}, "window": {}}
    taken = {(_space(row.where), gesture) for row in TABLE for gesture in (row.cell(preset) or "").split()}
    own = {(_space(row.where), gesture) for row in TABLE for gesture in keys.get(row.name, "").split()}
    for row in TABLE:
        cell = row.cell(preset)
        kept = [one for one in row.default.split() if (_space(row.where), one) not in taken]
        usual = [one for one in (kept if cell is SAME else cell.split()) if (_space(row.where), one) not in own]
        for gesture in keys[row.name].split() if row.name in keys else usual:
            places[row.where][gesture] = row.action
        if row.action == "pan" and (_space(row.where), MIDDLE) not in own:
            places[row.where][MIDDLE] = "pan"
    return Bindings(preset, places, dict(keys))


def sheet(bindings: Bindings) -> list[tuple[str, str]]:
    """The lines of the F1 page: what is done, and the gestures that do it."""
    lines: dict[str, list[str]] = {}
    for row in TABLE:
        gestures = map(spoken, bindings.of_row(row))
        lines[row.words] = list(dict.fromkeys([*lines.get(row.words, []), *gestures]))
    lines |= {words: list(map(spoken, keys.split())) for words, keys in FIXED}
    return [*((words, " · ".join(gestures)) for words, gestures in lines.items() if gestures), SHOW_SCAN]


_WORDS = {
    "LeftDrag": "left-drag",
    "MiddleDrag": "middle-drag",
    "RightDrag": "right-drag",
    "Move": "move",
    "Wheel": "wheel",
    "Pinch": "pinch",
    "Double": "double-click",
    "PgDown": "PgDn",
    "Left": "←",
    "Right": "→",
    "Up": "↑",
    "Down": "↓",
}
_MAC = {"Ctrl": "⌘", "Alt": "⌥", "Shift": "⇧"}


def spoken(gesture: str) -> str:
    """A gesture as people read it: "Ctrl+left-drag", on macOS "⌘left-drag"; "left-drag in window mode"."""
    mode = gesture.startswith("Mode+")
    *modifiers, last = _parts(gesture.removeprefix("Mode+"))
    if sys.platform == "darwin":
        words = "".join(_MAC[name] for name in modifiers) + _WORDS.get(last, last)
    else:
        words = "+".join((*modifiers, _WORDS.get(last, last)))
    return f"{words} in window mode" if mode else words


def _parts(gesture: str) -> list[str]:
    """Modifiers and what they go with; the key may be "+" itself."""
    head, plus, tail = gesture.rpartition("+")
    if not tail:
        head, tail = gesture[:-2], "+"
    return [*head.split("+"), tail] if plus and head else [tail]


def _space(where: Where) -> str:
    return "3D" if where == "3D" else "window"


_current = bindings_of("Default")


def current() -> Bindings:
    return _current


def use(preset: Preset, keys: Mapping[str, str] = MappingProxyType({})) -> None:
    """Every view asks for the set in use as a gesture arrives: a change acts at once."""
    global _current
    _current = bindings_of(preset, keys)

"""The names of a label map's values, from a table that lies beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TABLES = (".tsv", ".csv", ".txt", ".lut", ".ctbl")
SHARED = ("labels", "dseg", "FreeSurferColorLUT")
"""Tables for all label maps of a folder, and of the three folders above it (BIDS keeps them at the top)."""
NUMBERS, NAMES = ("index", "label", "value", "id"), ("name", "structure", "region", "abbreviation")


def label_names(path: Path) -> Mapping[int, str]:
    """Names by value; empty where no table is found or it cannot be read. First one named as the map is."""
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    places = [path.with_name(stem + ending) for ending in TABLES]
    for folder in (path.parent, *list(path.parents)[1:4]):
        places += [folder / (name + ending) for name in SHARED for ending in TABLES]
    for place in places:
        if place.is_file():
            try:
                found = parse(place.read_text(encoding="utf-8", errors="replace"))
            except OSError:
                continue
            if found:
                return found
    return {}


def parse(text: str) -> dict[int, str]:
    """A table with a head naming its columns (tabs or commas), or lines of number, name and perhaps a colour.

    >>> parse("index\\tname\\n47\\tRight hippocampus\\n")
    {47: 'Right hippocampus'}
    >>> parse("# FreeSurfer\\n17  Left-Hippocampus  220 216 20 0\\n")
    {17: 'Left-Hippocampus'}
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        return {}
    mark = "\t" if "\t" in lines[0] else "," if "," in lines[0] else None
    head = [word.strip().strip('"').lower() for word in lines[0].split(mark)]
    number = next((head.index(word) for word in NUMBERS if word in head), None)
    name = next((head.index(word) for word in NAMES if word in head), None)
    rows = lines[1:] if number is not None and name is not None else lines
    names: dict[int, str] = {}
    for line in rows:
        cells = [cell.strip().strip('"') for cell in line.split(mark)]
        at, called = (0, 1) if number is None or name is None else (number, name)
        if len(cells) > max(at, called) and cells[at].lstrip("-").isdigit():
            names[int(cells[at])] = cells[called]
    return names

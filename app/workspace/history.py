"""Steps of undo as data, so that they outlive the window: what each of them changes in a workspace, there and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.workspace.built import built
from app.workspace.document import Workspace

Place = tuple[str, ...]
"""Names from the workspace down to a value; scans go by their keys."""
Change = tuple[Place, Any] | tuple[Place]
"""A value at its place; a place alone is taken away."""
Patch = tuple[Change, ...]


@dataclass(frozen=True)
class Done:
    """A step called ``words``: ``on`` does it, ``back`` takes it back."""

    words: str
    on: Patch
    back: Patch


@dataclass(frozen=True)
class Past:
    """``steps`` in their order, of which ``at`` are done; the others can be done again."""

    steps: tuple[Done, ...] = ()
    at: int = 0


def done(words: str, before: Workspace, after: Workspace) -> Done:
    old, new = _content(before), _content(after)
    return Done(words, tuple(_changes(old, new)), tuple(_changes(new, old)))


def patched(workspace: Workspace, patch: Patch) -> Workspace:
    """Nothing changes of a scan that is no longer there.

    Raises ValueError, TypeError, KeyError or AttributeError for a patch that does not fit.
    """
    content = _content(workspace)
    for place, *value in patch:
        if place[0] in ("scans", "edits") and any(key not in content["scans"] for key in place[1:2]):
            continue
        at = content
        for name in place[:-1]:
            at = at.setdefault(name, {})
        if value:
            at[place[-1]] = value[0]
        else:
            at.pop(place[-1], None)
    made: Workspace = built(Workspace, {**content, "scans": list(content["scans"].values())})
    return made


def checked(workspace: Workspace, steps: Sequence[Done], at: int) -> None:
    """Raises ValueError, TypeError or KeyError unless ``steps``, ``at`` of them done, can be gone through both ways."""
    if not 0 <= at <= len(steps):
        raise ValueError(f"{at} of {len(steps)} steps")
    earlier = later = workspace
    for step in reversed(steps[:at]):
        earlier = patched(earlier, step.back)
    for step in steps[at:]:
        later = patched(later, step.on)


def to_json(step: Done) -> dict[str, Any]:
    return asdict(step)


def from_json(content: Mapping[str, Any]) -> Done:
    """Raises ValueError, KeyError or TypeError for what ``to_json`` did not write."""
    return Done(str(content["words"]), _patch(content["on"]), _patch(content["back"]))


def _patch(content: Sequence[Any]) -> Patch:
    return tuple((tuple(map(str, place)), *value[:1]) for place, *value in content if place)


def _content(workspace: Workspace) -> dict[str, Any]:
    content = asdict(workspace)
    return {**content, "scans": {scan["key"]: scan for scan in content["scans"]}}


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], at: Place = ()) -> Iterator[Change]:
    for name in [*old, *(name for name in new if name not in old)]:
        place = (*at, name)
        if name not in new:
            yield (place,)
        elif isinstance(old.get(name), dict) and isinstance(new[name], dict):
            yield from _changes(old[name], new[name], place)
        elif name not in old or old[name] != new[name]:
            yield place, new[name]

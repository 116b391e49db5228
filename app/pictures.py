"""Volumes the engine made, kept by what they were made from."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from app.workspace.document import Edit
from engine.service.messages import Quality, RenderReply, ScanSource
from engine.service.shared_volume import OwnedVolume
from engine.volume import Volume

MOST_BYTES = 512 * 1024 * 1024
MOST_FREE_BYTES = 64 * 1024 * 1024
"""Of shared memory that nobody uses now: some, since the next request is likely to want the same shape."""


@dataclass(frozen=True)
class Recipe:
    """All that a synthesised volume depends on, the model aside. The fields are those of ``messages.Render``."""

    scan: ScanSource
    changes: tuple[tuple[str, float], ...] = ()
    second: ScanSource | None = None
    fraction: float = 0.0
    seed: int = 0
    held: tuple[str, ...] = ()
    semantic_only: bool = False
    calls: int | None = None

    @property
    def is_copy(self) -> bool:
        return not self.changes and self.second is None and not self.semantic_only


def recipe_of(scan: ScanSource, edit: Edit) -> Recipe:
    """An edit of ``scan``. A seed counts only where noise is drawn, what is held only where something moves."""
    return Recipe(
        scan,
        edit.changes,
        seed=edit.seed if edit.semantic_only else 0,
        held=edit.held if edit.changes else (),
        semantic_only=edit.semantic_only,
        calls=edit.calls,
    )


def copy_of(scan: ScanSource, edit: Edit) -> Recipe:
    """The copy that an edit is counted from: made in as many steps."""
    return Recipe(scan, calls=edit.calls)


@dataclass(frozen=True)
class Picture:
    recipe: Recipe
    volume: Volume
    reply: RenderReply


class Pictures:
    """The newest pictures up to MOST_BYTES; the one not looked at for longest goes first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pictures: OrderedDict[tuple[Recipe, Quality], Picture] = OrderedDict()

    def keep(self, picture: Picture) -> None:
        self._pictures[picture.recipe, picture.reply.quality] = picture
        self._pictures.move_to_end((picture.recipe, picture.reply.quality))
        while len(self._pictures) > 1 and sum(kept.volume.data.nbytes for kept in self._pictures.values()) > (
            self._most_bytes
        ):
            self._pictures.popitem(last=False)

    def find(self, recipe: Recipe, quality: Quality) -> Picture | None:
        if (recipe, quality) in self._pictures:
            self._pictures.move_to_end((recipe, quality))
        return self._pictures.get((recipe, quality))

    def best(self, recipe: Recipe) -> Picture | None:
        """The final, else the preview."""
        return self.find(recipe, "final") or self.find(recipe, "preview")


class Differences:
    """Voxel by voxel differences, kept for the pair they were made of: the same pair is the same volume."""

    MOST = 8

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Volume, Volume, Volume]] = {}

    def of(self, made: Volume, base: Volume) -> Volume:
        """``made`` minus ``base``, on the grid that both share."""
        known = self._known.get((id(made), id(base)))
        if known is None or known[0] is not made or known[1] is not base:
            if len(self._known) >= self.MOST:
                self._known.clear()
            known = (made, base, Volume(np.subtract(made.data, base.data), made.affine))
            self._known[id(made), id(base)] = known
        return known[2]


class Blocks:
    """Blocks of shared memory, lent to one request each and used again."""

    def __init__(self) -> None:
        self._free: list[OwnedVolume] = []
        self._lent: dict[int, OwnedVolume] = {}

    def lend(self, request_id: int, shape: tuple[int, int, int]) -> OwnedVolume:
        for volume in self._free:
            if volume.block.shape == shape:
                self._free.remove(volume)
                break
        else:
            volume = OwnedVolume(shape)
        self._lent[request_id] = volume
        return volume

    def lent(self, request_id: int) -> OwnedVolume:
        return self._lent[request_id]

    def give_back(self, request_id: int) -> None:
        """Only once the engine has answered: until then it may still write."""
        volume = self._lent.pop(request_id, None)
        if volume is None:
            return
        self._free.append(volume)
        while sum(free.array.nbytes for free in self._free) > MOST_FREE_BYTES:
            self._free.pop(0).close()

    def close(self) -> None:
        for volume in (*self._free, *self._lent.values()):
            volume.close()
        self._free.clear()
        self._lent.clear()

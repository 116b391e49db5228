"""The same sliders with other seeds: what the semantic code leaves open, as pictures and as their spread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.edit_pictures import EditPictures
from app.pictures import Picture, Recipe, recipe_of
from app.renders import Renders
from app.session import Session
from app.workspace.document import Edit
from engine.volume import Volume

LANE = "variation"
COUNT = 4


class VariationPictures(QObject):
    """Noise codes drawn from COUNT seeds, the edit's own first. Nothing is rendered unless somebody looks."""

    changed = Signal()

    def __init__(self, session: Session, edit_pictures: EditPictures) -> None:
        super().__init__(session)
        self._session, self._edit_pictures = session, edit_pictures
        self._renders = Renders(session, self.changed.emit)
        self._first_seed = 0
        self._open = False
        self._spread: tuple[tuple[Recipe, ...], Volume] | None = None
        edit_pictures.changed.connect(self.refresh)
        session.document_changed.connect(self.refresh)

    @property
    def is_open(self) -> bool:
        return self._open

    def set_open(self, is_open: bool) -> None:
        """Whether the row of variations is looked at."""
        self._open = is_open
        if is_open:
            self._first_seed = self._edit_pictures.edit.seed
        self.refresh()

    @property
    def edits(self) -> list[Edit]:
        """The edit on the stage with each seed."""
        edit = self._edit_pictures.edit
        return [replace(edit, semantic_only=True, seed=self._first_seed + number) for number in range(COUNT)]

    @property
    def pictures(self) -> list[Picture | None]:
        """Of each of ``edits``; None: not there yet."""
        scan = self._session.current
        if scan is None:
            return [None] * COUNT
        return [self._session.pictures.best(recipe_of(scan.source, edit)) for edit in self.edits]

    @property
    def spread(self) -> Volume | None:
        """Voxel by voxel the standard deviation over the variations (with COUNT − 1), once all are final."""
        made = [picture for picture in self.pictures if picture is not None and picture.reply.quality == "final"]
        if len(made) < COUNT:
            return None
        recipes = tuple(picture.recipe for picture in made)
        if self._spread is None or self._spread[0] != recipes:
            data = np.std([picture.volume.data for picture in made], axis=0, ddof=1, dtype=np.float32)
            self._spread = recipes, Volume(data, made[0].volume.affine)
        return self._spread[1]

    def refresh(self) -> None:
        """Ask for what is missing, while somebody looks and no handle is held."""
        workspace, scan = self._session.workspace, self._session.current
        in_cell = workspace.page == "compare" and any(part.what == "spread" for part in workspace.comparison.seen)
        if (
            (in_cell or (self._open and workspace.page == "explore"))
            and scan is not None
            and scan.source in self._session.prepared
            and self._session.model is not None
            and not self._edit_pictures.held
        ):
            for number, edit in enumerate(self.edits):
                self._renders.ask(recipe_of(scan.source, edit), "final", f"{LANE}:{number}", background=True)
        self.changed.emit()

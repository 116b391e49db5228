"""Which picture of the edit is on the stage: previews while the handle is held, the final after release.

One preview is under way at a time and the newest value waits for it, so the picture follows a held handle as fast as
the engine can and never shows a queue of old values.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.pictures import Picture, Recipe, copy_of, recipe_of
from app.renders import Renders
from app.session import Session
from app.workspace.document import Edit

PREVIEW_LANE = "preview"
FINAL_LANE = "final"
COPY_LANE = "copy"


class EditPictures(QObject):
    """The picture of the current scan's edit, and the copy it is compared with."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._held: Edit | None = None
        self._renders = Renders(session, self.changed.emit)
        self._shown: Picture | None = None
        session.document_changed.connect(self.refresh)
        session.scan_changed.connect(lambda _: self.refresh())
        session.client.model_loaded.connect(lambda _: self.refresh())

    @property
    def edit(self) -> Edit:
        """What the handles say now."""
        scan = self._session.current
        return self._held or (self._session.workspace.edit(scan.key) if scan else Edit())

    @property
    def held(self) -> bool:
        return self._held is not None

    @property
    def shown(self) -> Picture | None:
        """The picture on the stage; it may lag behind ``edit``."""
        return self._shown

    @property
    def up_to_date(self) -> bool:
        """Whether ``shown`` is the final picture of ``edit``."""
        return self._shown is not None and self._shown.recipe == self._recipe() and self._shown.reply.quality == "final"

    @property
    def behind(self) -> bool:
        """Whether ``shown`` is of another edit than ``edit``."""
        return self._shown is not None and self._shown.recipe != self._recipe()

    @property
    def refining(self) -> bool:
        return len(self._renders) > 0

    @property
    def copy(self) -> Picture | None:
        """The model's copy of the current scan, final."""
        scan = self._session.current
        return self._session.pictures.find(copy_of(scan.source, self.edit), "final") if scan else None

    def hold(self, edit: Edit) -> None:
        """The handle moved and is still held."""
        if self._held is None:
            self._session.client.cancel(FINAL_LANE)
            self._renders.forget(FINAL_LANE)
        self._held = edit
        self._show_best()
        self._preview()

    def release(self) -> None:
        """The handle was let go: its value becomes one step of undo."""
        edit, self._held = self._held, None
        if edit is None:
            return
        self._session.set_edit(edit)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is of the document's edit, and ask for what is missing."""
        scan = self._session.current
        if scan is None or scan.source not in self._session.prepared or self._session.model is None:
            self._shown = None
            self.changed.emit()
            return
        self._renders.ask(copy_of(scan.source, self.edit), "final", COPY_LANE, self._arrived)
        self._show_best()
        recipe = self._recipe()
        if self._held is None and recipe is not None and not self.up_to_date:
            self._preview()
            if not recipe.is_copy:
                self._renders.ask(recipe, "final", FINAL_LANE, self._arrived)

    def _recipe(self) -> Recipe | None:
        scan = self._session.current
        return recipe_of(scan.source, self.edit) if scan else None

    def _show_best(self) -> None:
        recipe = self._recipe()
        best = self._session.pictures.best(recipe) if recipe else None
        if best is not None:
            self._shown = best
        elif self._shown is not None and recipe is not None and self._shown.recipe.scan != recipe.scan:
            self._shown = None
        self.changed.emit()

    def _preview(self) -> None:
        recipe = self._recipe()
        if recipe is not None and PREVIEW_LANE not in self._renders and self._session.pictures.best(recipe) is None:
            self._renders.ask(recipe, "preview", PREVIEW_LANE, self._arrived)

    def _arrived(self, picture: Picture) -> None:
        recipe = self._recipe()
        if recipe is None:
            return
        if picture.reply.quality == "preview":
            # The value has moved on since; this picture is still the newest there is of this scan.
            if picture.recipe.scan == recipe.scan and not self.up_to_date:
                self._shown = picture
                self.changed.emit()
            self._preview()
        else:
            self._show_best()

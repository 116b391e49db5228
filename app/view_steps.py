"""Changes of the shared view that are steps of undo: windows, layers, the change map's look, rulers.

While something is dragged the view alone changes; what the drag came to is one step. Where one looks (crosshair, zoom,
pan) is none: nobody wants it undone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.workspace.document import Workspace

if TYPE_CHECKING:
    from app.session import Session


class ViewSteps:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept = session.link.state

    def forget(self) -> None:
        """What the view is now counts as its beginning: another scan or space came onto the stage."""
        self._kept = self._session.link.state

    def keep(self, words: str, *fields: str) -> None:
        """What has become of ``fields`` of the view since they were last kept is one step, called ``words``."""
        before = {field: getattr(self._kept, field) for field in fields}
        after = {field: getattr(self._session.link.state, field) for field in fields}
        if before != after:
            self._session.do(words, lambda w: self.put(w, **after), lambda w: self.put(w, **before))

    def change(self, words: str, **fields: Any) -> None:
        """Fields of the view replaced, as one step."""
        self._session.link.change(**fields)
        self.keep(words, *fields)

    def put(self, workspace: Workspace, **fields: Any) -> Workspace:
        """The workspace with these fields in its view, and the view on the stage the same."""
        self._session.link.change(**fields)
        self._kept = replace(self._kept, **fields)
        return replace(workspace, view=replace(workspace.view, **fields))

"""What is taken from the window but no volume: its picture, and the command that makes the same; and the way back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.dialogs.save_place import ask_place
from app.places import folder_of
from app.rebuild import rebuild
from app.session import Session
from app.view_picture import SCALES, picture_of, write_picture
from app.workspace.command_line import command_for
from engine.errors import NeurolapseError

FILTERS = {f"PNG, {scale}× (*.png)": scale for scale in SCALES}


class Takeaway(QObject):
    """``stage``: what the picture is of."""

    def __init__(self, session: Session, stage: QWidget) -> None:
        super().__init__(stage)
        self._session, self._stage = session, stage
        session.rebuild_asked.connect(partial(rebuild, session))

    def copy_picture(self) -> None:
        """Ctrl+C."""
        if self._session.current is not None:
            QGuiApplication.clipboard().setImage(picture_of(self._stage))
            self._session.said.emit("The picture is on the clipboard.", "")

    def save_picture(self) -> None:
        scan = self._session.current
        if scan is None:
            return
        proposed = folder_of(self._session) / f"{Path(scan.path).name.partition('.')[0]}_view.png"
        place = ask_place(self._stage, "Save the picture", proposed, ";;".join(FILTERS))
        if place is not None:
            path, kind = place
            self.write_picture(path, FILTERS.get(kind, 1))

    def write_picture(self, path: Path, scale: int) -> None:
        try:
            write_picture(picture_of(self._stage, scale), path)
        except NeurolapseError as error:
            self._session.said.emit(str(error), "error")
        else:
            self._session.said.emit(f"Saved {path.name}.", "")

    def copy_command_line(self) -> None:
        """Ctrl+Shift+C."""
        session = self._session
        saved = session.path if not session.edited else None
        try:
            line = command_for(session.document(), session.name, saved)
        except NeurolapseError as error:
            session.said.emit(str(error), "error")
            return
        QGuiApplication.clipboard().setText(line)
        session.said.emit("The command line is on the clipboard.", "")

    def ask_rebuild(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._stage, "Rebuild from file", "", "Synthetic volumes and sidecars (*.json *.nii *.nii.gz)"
        )
        if name:
            rebuild(self._session, Path(name))

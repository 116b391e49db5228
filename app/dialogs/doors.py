"""Which dialog opens at which request: what stands around the work, none of it the work itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QChildEvent, QEvent, QObject, QSettings, Qt
from PySide6.QtWidgets import QDialog

from app import background, settings
from app.bindings import Preset
from app.dialogs.about_dialog import AboutDialog
from app.dialogs.choice_dialog import ChoiceDialog
from app.dialogs.direction_dialog import DirectionDialog
from app.dialogs.edit_keys_dialog import EditKeysDialog
from app.dialogs.first_dialog import FirstDialog
from app.dialogs.import_dialog import ImportDialog
from app.dialogs.keys_dialog import KeysDialog
from app.dialogs.log_dialog import LogDialog
from app.dialogs.models_dialog import ModelsDialog
from app.dialogs.moved_dialog import MovedDialog
from app.dialogs.question_dialog import CANCEL, QuestionDialog
from app.dialogs.save_place import ask_place
from app.dialogs.settings_dialog import SettingsDialog
from app.dialogs.text_dialog import TextDialog
from app.journal import Journal
from app.places import folder_of
from app.session import Question
from app.theme.focus_ring import FocusRing
from app.tour import Tour
from app.tour_stops import stops
from app.workspace import files
from app.workspace.choices import Choice
from app.workspace.document import Scan
from app.workspace.notes import save_table
from app.workspace.pack import ENDING as PACKED
from app.workspace.pack import pack
from engine.errors import NeurolapseError

if TYPE_CHECKING:
    from app.window import Window


class Doors(QObject):
    """``store``: where the model in use is kept for the next start; None: nowhere."""

    def __init__(self, window: Window, store: QSettings | None) -> None:
        super().__init__(window)
        self._window, self._session, self._store = window, window.session, store
        self.journal = Journal(window.session.client)
        session, welcome, bar, line = window.session, window.welcome, window.title_bar, window.status
        session.choice_asked.connect(self._ask_which)
        session.question_asked.connect(self._ask)
        session.opened.connect(window.recent.add)
        session.turned_away.connect(window.recent.remove)
        session.moved_asked.connect(self._ask_where)
        scans = window.left.scans
        scans.save_as_asked.connect(self.save_as)
        scans.pack_asked.connect(self.pack)
        scans.notes_asked.connect(self.save_notes)
        scans.sidecar_asked.connect(self._show_sidecar)
        welcome.opened.connect(session.open)
        welcome.demo_asked.connect(session.open_demo)
        welcome.tour_asked.connect(self.tour)
        welcome.import_asked.connect(self.import_weights)
        welcome.about_asked.connect(self.about)
        welcome.preset_chosen.connect(self._use_preset)
        bar.settings_asked.connect(self.settings)
        bar.keys_asked.connect(self.keys)
        line.models_asked.connect(self.models)
        line.log_asked.connect(self.log)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """A dialog shows where the keyboard is; as one opens, those that were closed before it go."""
        child = event.child() if isinstance(event, QChildEvent) else None
        if event.type() == QEvent.Type.ChildPolished and isinstance(child, QDialog):
            FocusRing(child)
        if event.type() == QEvent.Type.WindowBlocked:
            for dialog in self._window.findChildren(QDialog, options=Qt.FindChildOption.FindDirectChildrenOnly):
                if not dialog.isVisible():
                    dialog.deleteLater()
        return False

    def first(self) -> FirstDialog:
        """At the very first start, over the demonstration."""
        dialog = FirstDialog(self._window.settings.preset, self._window)
        dialog.presets.preset_chosen.connect(self._use_preset)
        dialog.tour_asked.connect(self.tour)
        dialog.open()
        return dialog

    def _use_preset(self, preset: str) -> None:
        self._window.apply(replace(self._window.settings, preset=cast(Preset, preset)))

    def settings(self) -> SettingsDialog:
        dialog = SettingsDialog(self._window.settings, self._window)
        dialog.chosen.connect(self._window.apply)
        for asked, door in (
            (dialog.models_asked, self.models),
            (dialog.log_asked, self.log),
            (dialog.about_asked, self.about),
        ):
            asked.connect(dialog.accept)
            asked.connect(door)
        dialog.open()
        return dialog

    def keys(self) -> None:
        dialog = KeysDialog(self._window)
        dialog.edit_asked.connect(self.edit_keys)
        dialog.open()

    def edit_keys(self) -> None:
        dialog = EditKeysDialog(self._window.settings, self._window)
        dialog.chosen.connect(self._window.apply)
        dialog.open()

    def about(self) -> None:
        AboutDialog(self._window).open()

    def log(self) -> None:
        LogDialog(self.journal, self._window).open()

    def tour(self) -> Tour:
        """Over what is open, else over the demonstration."""
        if not self._session.workspace.scans:
            self._session.open_demo()
        return Tour(self._window, stops(self._window))

    def models(self) -> ModelsDialog:
        dialog = ModelsDialog(self._session, self._window)
        dialog.chosen.connect(self.use_model)
        dialog.import_asked.connect(dialog.accept)
        dialog.import_asked.connect(self.import_weights)
        dialog.direction_asked.connect(dialog.accept)
        dialog.direction_asked.connect(self.own_direction)
        dialog.open()
        return dialog

    def own_direction(self) -> DirectionDialog:
        client = self._session.client
        dialog = DirectionDialog(client.bundle, self._window)
        dialog.fitted.connect(lambda sentence: self._session.said.emit(sentence, ""))
        dialog.fitted.connect(lambda _: client.use_device(client.device))  # loaded again, with the direction
        dialog.open()
        return dialog

    def import_weights(self) -> ImportDialog:
        dialog = ImportDialog(self._session, self._window)
        dialog.imported.connect(lambda _: self.models())
        dialog.open()
        return dialog

    def use_model(self, name: str) -> None:
        """From now on, and at the next start. Empty: the one that came along."""
        self._session.use_model(name)
        if self._store is not None:
            settings.keep_model(name, self._store)

    def save_as(self) -> None:
        proposed = f"{self._base()}{files.ENDING}"
        self._write("Save the workspace as", f"Workspace (*{files.ENDING})", proposed, self._session.save)

    def pack(self) -> None:
        """In a thread: the scans may be gigabytes."""
        proposed = folder_of(self._session) / f"{self._base()}{PACKED}"
        place = ask_place(self._window, "Pack the workspace", proposed, f"Zip (*{PACKED})")
        if place is None:
            return
        workspace, (path, _) = self._session.document(), place
        self._session.said.emit(f"Packing {path.name}", "")
        background.run(
            self,
            lambda: pack(workspace, path),
            lambda made: self._session.said.emit(f"Packed {made.name}.", ""),
            lambda fault: self._session.said.emit(str(fault), "error"),
        )

    def save_notes(self) -> None:
        workspace = self._session.workspace
        self._write("Save the notes", "Table (*.tsv)", "notes.tsv", lambda path: save_table(workspace, path))

    def _base(self) -> str:
        """What the workspace's file is called, without its ending."""
        return self._session.path.stem if self._session.path is not None else "workspace"

    def _write(self, title: str, kind: str, proposed: str, write: Callable[[Path], object]) -> None:
        place = ask_place(self._window, title, folder_of(self._session) / proposed, kind)
        if place is None:
            return
        path, _ = place
        try:
            write(path)
        except NeurolapseError as error:
            self._session.said.emit(str(error), "error")
        else:
            self._session.said.emit(f"Saved {path.name}.", "")

    def _ask_where(self, scans: Sequence[Scan]) -> None:
        dialog = MovedDialog(scans, self._window)
        dialog.found.connect(self._session.find_again)
        dialog.open()

    def _show_sidecar(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            self._session.said.emit(f"{path.name} cannot be read: look at the file itself.", "error")
            return
        TextDialog(path.name, text, self._window).open()

    def _ask_which(self, choice: Choice) -> None:
        dialog = ChoiceDialog(choice, self._window)
        dialog.chosen.connect(lambda offer: self._session.open_offer(choice, offer))
        dialog.open()

    def _ask(self, question: Question) -> None:
        dialog = QuestionDialog(question.title, question.sentence, (CANCEL, question.yes), self._window)
        dialog.answered.connect(lambda answer: question.agree() if answer == question.yes else None)
        dialog.open()

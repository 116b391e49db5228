"""Which dialog opens at which request: what stands around the work, none of it the work itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QSettings

from app import settings
from app.bindings import Preset
from app.dialogs.about_dialog import AboutDialog
from app.dialogs.choice_dialog import ChoiceDialog
from app.dialogs.edit_keys_dialog import EditKeysDialog
from app.dialogs.import_dialog import ImportDialog
from app.dialogs.keys_dialog import KeysDialog
from app.dialogs.log_dialog import LogDialog
from app.dialogs.models_dialog import ModelsDialog
from app.dialogs.question_dialog import CANCEL, QuestionDialog
from app.dialogs.settings_dialog import SettingsDialog
from app.journal import Journal
from app.session import Question
from app.tour import Tour
from app.tour_stops import stops
from app.workspace.choices import Choice

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
        welcome.opened.connect(session.open)
        welcome.demo_asked.connect(session.open_demo)
        welcome.tour_asked.connect(self.tour)
        welcome.import_asked.connect(self.import_weights)
        welcome.about_asked.connect(self.about)
        welcome.preset_chosen.connect(
            lambda preset: window.apply(replace(window.settings, preset=cast(Preset, preset)))
        )
        bar.settings_asked.connect(self.settings)
        bar.keys_asked.connect(self.keys)
        line.models_asked.connect(self.models)
        line.log_asked.connect(self.log)

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

    def _ask_which(self, choice: Choice) -> None:
        dialog = ChoiceDialog(choice, self._window)
        dialog.chosen.connect(lambda offer: self._session.open_offer(choice, offer))
        dialog.open()

    def _ask(self, question: Question) -> None:
        dialog = QuestionDialog(question.title, question.sentence, (CANCEL, question.yes), self._window)
        dialog.answered.connect(lambda answer: question.agree() if answer == question.yes else None)
        dialog.open()

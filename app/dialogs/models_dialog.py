"""The models at hand: what each is, which is in use, one more, one less."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.caches import in_words
from app.dialogs.question_dialog import CANCEL, QuestionDialog
from app.panels.parts import label, quiet_button, row, wrapped
from app.session import Session
from app.theme.style import mark
from engine.service.messages import ListModels, ModelsReply, ModelSummary, RemoveModel

REMOVE = "Remove"

NAMES = 210
"""Pixels for what a figure is, which may be a whole line."""


class ModelsDialog(QDialog):
    """Lists what the engine finds."""

    chosen = Signal(str)
    """The model to be used from now on, by name; empty: the one that came along."""
    import_asked = Signal()
    direction_asked = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._models: tuple[ModelSummary, ...] = ()
        self.setWindowTitle("Models")
        self.list = QListWidget()
        self.list.setAccessibleName("Models")
        self.list.setFixedWidth(210)
        self.list.currentRowChanged.connect(lambda _: self._show())
        self.list.itemActivated.connect(lambda _: self._use())
        self.heading = label(type="name", weight="semibold")
        self.problem = wrapped(tone="error")
        self.problem.hide()
        self._about = QScrollArea()
        self._about.setWidgetResizable(True)
        self._about.setAccessibleName("What the model is")
        self.use = QPushButton("Use this model")
        mark(self.use, role="primary")
        self.use.clicked.connect(lambda _=False: self._use())
        self.remove = QPushButton("Remove…")
        self.remove.clicked.connect(lambda _=False: self._ask_remove())
        self.card = quiet_button("Model card", self._open_card)
        more = QPushButton("Import weights…")
        more.clicked.connect(lambda _=False: self.import_asked.emit())
        direction = QPushButton("Own direction…")
        direction.clicked.connect(lambda _=False: self.direction_asked.emit())
        close = QPushButton("Close")
        close.clicked.connect(self.accept)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(12)
        outer.addWidget(label("Models", type="title", weight="semibold"))
        right = QVBoxLayout()
        right.addLayout(row(self.heading, None, self.card))
        right.addWidget(self.problem)
        right.addWidget(self._about, 1)
        right.addLayout(row(self.use, self.remove, None))
        middle = row(self.list, spacing=16)
        middle.addLayout(right, 1)
        outer.addLayout(middle, 1)
        outer.addLayout(row(more, direction, None, close))
        self.resize(760, 480)
        self.refresh()

    def refresh(self) -> None:
        """Have the engine look again."""
        self._session.send(ListModels(self._session.client.next_id(), "models"), self._on_models, self._on_problem)

    def _on_models(self, reply: object) -> None:
        assert isinstance(reply, ModelsReply)
        self._models = reply.models
        self.problem.setText("")
        self.list.clear()
        for model in reply.models:
            words = f"{model.name}, in use" if self._in_use(model) else model.name
            self.list.addItem(QListWidgetItem(words))
        used = [place for place, model in enumerate(reply.models) if self._in_use(model)]
        self.list.setCurrentRow(used[0] if used else 0)
        self._show()

    def _on_problem(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.show()

    def _in_use(self, model: ModelSummary) -> bool:
        asked = self._session.client.bundle
        return model.bundled if not asked else asked in (model.name, model.path)

    @property
    def model(self) -> ModelSummary | None:
        place = self.list.currentRow()
        return self._models[place] if 0 <= place < len(self._models) else None

    def _show(self) -> None:
        model = self.model
        for button in (self.use, self.remove):
            button.setEnabled(model is not None)
        if model is None:
            return
        self.heading.setText(model.name)
        self.problem.setText(model.problem)
        self.problem.setVisible(bool(model.problem))
        self.card.setVisible(bool(model.card))
        self.use.setEnabled(not self._in_use(model) and not model.problem)
        self.remove.setEnabled(not model.bundled)
        self.remove.setToolTip("This one came along with Neurolapse" if model.bundled else "")
        inside = QWidget()
        mark(inside, surface="panel")
        form = QFormLayout(inside)
        form.setContentsMargins(12, 12, 12, 12)
        for name, words in (*model.details, ("Size", in_words(model.size)), ("Folder", model.path)):
            what = wrapped(name)
            what.setFixedWidth(NAMES)
            form.addRow(what, wrapped(words, tone="text2"))
        self._about.setWidget(inside)

    def _use(self) -> None:
        model = self.model
        if model is not None and self.use.isEnabled():
            self.accept()
            self.chosen.emit("" if model.bundled else model.name)

    def _open_card(self) -> None:
        if self.model is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self.model.card))

    def _ask_remove(self) -> None:
        model = self.model
        if model is None:
            return
        sentence = f"{model.name} ({in_words(model.size)}) is deleted from this computer."
        dialog = QuestionDialog("Remove the model?", sentence, (CANCEL, REMOVE), self)
        dialog.answered.connect(lambda answer: self._remove(model) if answer == REMOVE else None)
        dialog.open()

    def _remove(self, model: ModelSummary) -> None:
        if self._in_use(model):
            self.chosen.emit("")
        request = RemoveModel(self._session.client.next_id(), "models", model.name)
        self._session.send(request, self._on_models, self._on_problem)

"""Published weights made into a model: which files, what is wrong with them, how far it is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.parts import label, row, wrapped
from app.session import Session
from app.theme.style import mark
from engine.service.messages import ImportModel, ImportReply, Progress, Request

LANE = "import"
WEIGHTS = "Weights (*.pth *.pt *.ckpt *.safetensors *.bin);;All files (*)"
FILES = (
    ("autoencoder", "Autoencoder", ""),
    ("encoder", "Semantic encoder", ""),
    ("decoder", "Decoder", "The denoiser with its gradient estimator."),
    ("checkpoint", "or one checkpoint", "Of representation learning; its averaged weights are taken."),
    ("probe", "Probe", "Optional, with mean and deviation: a slider for the disease."),
    ("mean", "Mean of the codes", ""),
    ("std", "Deviation of the codes", ""),
    ("config", "Configuration", "What tensors do not tell; without it the published values are assumed, and said."),
)
NETWORKS = ("autoencoder", "encoder", "decoder")


class ImportDialog(QDialog):
    """Closing it while it works cancels; nothing is left behind then."""

    imported = Signal(str)
    """The model's name."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._number: int | None = None
        self.setWindowTitle("Import weights")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 20, 24, 16)
        outer.setSpacing(12)
        outer.addWidget(label("Import published weights", type="title", weight="semibold"))
        words = "The three files as published, or a training checkpoint. Nothing in them is run, only numbers are read."
        outer.addWidget(wrapped(words, tone="text2"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        self.fields: dict[str, QLineEdit] = {}
        for place, (name, title, note) in enumerate(FILES):
            field = self.fields[name] = QLineEdit()
            field.setAccessibleName(title)
            field.setAccessibleDescription(note)
            field.setToolTip(note)
            field.setPlaceholderText(note)
            field.textChanged.connect(lambda _: self._refresh())
            choose = QPushButton("Choose…")
            choose.setAccessibleName(f"Choose the file: {title}")
            choose.clicked.connect(lambda _=False, name=name: self._choose(name))
            for column, part in enumerate((label(title), field, choose)):
                grid.addWidget(part, place, column)
        self.name = QLineEdit("published")
        self.name.setAccessibleName("Name of the model")
        self.name.textChanged.connect(lambda _: self._refresh())
        grid.addWidget(label("Name it"), len(FILES), 0)
        grid.addWidget(self.name, len(FILES), 1)
        outer.addLayout(grid)
        self.sentence = wrapped(tone="text2")
        outer.addWidget(self.sentence)
        self.keys = QPlainTextEdit()
        self.keys.setReadOnly(True)
        self.keys.setTabChangesFocus(True)
        self.keys.setAccessibleName("Tensors that are missing or too many")
        self.keys.hide()
        outer.addWidget(self.keys)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.hide()
        outer.addWidget(self.bar)
        self.cancel, self.start = QPushButton("Cancel"), QPushButton("Import")
        mark(self.start, role="primary")
        self.cancel.clicked.connect(self.reject)
        self.start.clicked.connect(lambda _=False: self._start())
        outer.addLayout(row(None, self.cancel, self.start))
        self.resize(680, self.sizeHint().height())
        session.client.progressed.connect(self._on_progress)
        self.rejected.connect(self._stop)
        self._refresh()

    @property
    def files(self) -> dict[str, str]:
        return {name: field.text().strip() for name, field in self.fields.items() if field.text().strip()}

    def _choose(self, name: str) -> None:
        near = next((str(Path(path).parent) for path in self.files.values()), "")
        kind = "Configuration (*.json);;All files (*)" if name == "config" else WEIGHTS
        found, _ = QFileDialog.getOpenFileName(self, "Choose the file", near, kind)
        if found:
            self.fields[name].setText(found)

    def _refresh(self) -> None:
        """What still lacks, in words; only then can it begin."""
        if self._number is not None:
            return
        files = self.files
        networks = [name for name in NETWORKS if name in files]
        reader = [name for name in ("probe", "mean", "std") if name in files]
        gone = [Path(path).name for path in files.values() if not Path(path).is_file()]
        lacks = ""
        if gone:
            lacks = f"{gone[0]} is not there: choose the file again."
        elif "checkpoint" in files and networks:
            lacks = "Choose the three files, or one checkpoint, not both."
        elif "checkpoint" not in files and len(networks) < 3:
            lacks = "Choose autoencoder, encoder and decoder, or one checkpoint."
        elif len(reader) in (1, 2):
            lacks = "Probe, mean and deviation belong together: choose all three, or none."
        elif not self.name.text().strip():
            lacks = "Give the model a name."
        self._say(lacks)
        self.start.setEnabled(not lacks)

    def _say(self, sentence: str, tone: str = "text2") -> None:
        mark(self.sentence, tone=tone)
        self.sentence.setText(sentence)

    def _start(self) -> None:
        client = self._session.client
        self._number = client.next_id()
        self.keys.hide()
        self.start.setEnabled(False)
        self.bar.setRange(0, 0)
        self.bar.show()
        self._say("Reading the files")
        request = ImportModel(self._number, LANE, self.name.text().strip(), self.files)
        self._session.send(
            request, self._on_done, self._on_failed, lambda: self._on_failed("Cancelled: nothing is kept.")
        )

    def _stop(self) -> None:
        if self._number is not None:
            self._session.client.cancel(LANE)

    def _on_progress(self, request: Request, progress: Progress) -> None:
        if request.id != self._number or not progress.what:
            return
        self.bar.setRange(0, progress.of)
        self.bar.setValue(progress.step)
        count = f", {progress.step:,} of {progress.of:,} MB" if progress.of else ""
        self._say(f"{progress.what[:1].upper()}{progress.what[1:]}{count}")

    def _on_failed(self, sentence: str) -> None:
        self._number = None
        self.bar.hide()
        self._refresh()
        self._say(sentence, "error")

    def _on_done(self, reply: object) -> None:
        assert isinstance(reply, ImportReply)
        if not reply.path:
            self._on_failed(reply.sentence)
            lines = [*(f"missing: {key}" for key in reply.missing), *(f"extra: {key}" for key in reply.extra)]
            self.keys.setPlainText("\n".join(lines))
            self.keys.show()
            return
        self._number = None
        self.accept()
        self.imported.emit(reply.name)

"""The foot of the window: the engine, the model, what is being done and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QMenu, QProgressBar, QPushButton, QWidget

from app.announce import announce
from app.engine_client import EngineState
from app.panels.parts import Sign, bar, column, label, line
from app.session import Session, grid_edge
from app.theme.style import mark
from engine.service.messages import LoadModel, Prepare, Progress, RenderReply, Request

MESSAGE_MS = 8000
HEIGHT = 26
DEVICES = {"auto": "Fastest there is", "cpu": "CPU", "cuda": "NVIDIA GPU", "mps": "Apple GPU"}


class StatusLine(QWidget):
    """Only here does progress stand; an error stays until something else is said or it is answered."""

    models_asked = Signal()
    log_asked = Signal()

    def __init__(self, session: Session, describe: Callable[[Request], str]) -> None:
        super().__init__()
        self._session, self._describe = session, describe
        self._running: Request | None = None
        strip, layout = bar(HEIGHT - 1, "window", spacing=16)
        outer = column(line(), strip, spacing=0)
        self.setLayout(outer)
        self._sign = Sign("cpu", "text2")
        self._state = label(tone="text2", type="note")
        self.device = self._quiet("Device", self._show_devices)
        self.model = self._quiet("Model", self.models_asked.emit)
        self._work = label(type="note")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(96)
        self._left = label(tone="text2", type="note")
        self.queue = self._link("", self._show_queue)
        self._cancel = self._link("Cancel", self._cancel_running)
        self.restart = self._link("Restart", session.client.restart)
        self.use_cpu = self._link("Use CPU", lambda: session.client.use_device("cpu"))
        self.report = self._link("Report", self.log_asked.emit)
        self._said = label(type="note")
        head = [self._sign, self._state]
        work = (self._work, self._bar, self._left, self.queue, self._cancel)
        for part in (*head, self.device, self.model, *work, self._said, self.restart, self.use_cpu, self.report):
            layout.addWidget(part)
        layout.addStretch(1)
        layout.addWidget(label("Research use only", tone="text2", type="note"))
        self._clear_said = QTimer(self)
        self._clear_said.setSingleShot(True)
        self._clear_said.timeout.connect(lambda: self._said.setText(""))
        session.said.connect(self.say)
        client = session.client
        client.progressed.connect(self._on_progress)
        client.finished.connect(self._on_finished)
        client.failed.connect(self._on_failed)
        client.device_full.connect(self._on_device_full)
        client.dropped.connect(self._on_ended)
        client.state_changed.connect(self._on_state)
        client.model_loaded.connect(lambda _: self._on_state(client.state))
        self._show_work(None)
        self._on_state(client.state)

    @property
    def words(self) -> str:
        """All that stands in the line, for tests and screen readers."""
        parts = (self._state, self.device, self.model, self._work, self._left, self.queue, self._said)
        return " · ".join(part.text() for part in parts if part.text())

    def say(self, sentence: str, tone: str = "") -> None:
        mark(self._said, tone=tone or "text2")
        self._said.setText(sentence)
        self._said.setToolTip(sentence)
        if sentence:
            announce(self, sentence, urgent=tone == "error")
        self._clear_said.stop()
        if tone != "error":
            self._clear_said.start(MESSAGE_MS)

    def _link(self, text: str, clicked: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        mark(button, role="link", type="note")
        button.clicked.connect(lambda _=False: clicked())
        return button

    def _quiet(self, name: str, clicked: Callable[[], object]) -> QPushButton:
        """Words that can be pressed to change what they say."""
        button = QPushButton()
        mark(button, role="words", type="note", tone="text2")
        button.setAccessibleName(name)
        button.clicked.connect(lambda _=False: clicked())
        return button

    def _show_devices(self) -> None:
        client = self._session.client
        there = ("auto", *(client.model.devices if client.model else ("cpu",)))
        menu = QMenu(self)
        for device in there:
            action = menu.addAction(DEVICES[device], partial(client.use_device, device))
            action.setCheckable(True)
            action.setChecked(device == client.device)
        _pop_up(menu, self.device)

    def _show_queue(self) -> None:
        """What waits; a click on a line cancels it."""
        menu = QMenu(self)
        for request in self._waiting():
            words = self._describe(request) or type(request).__name__
            menu.addAction(f"Cancel: {words}", partial(self._session.client.cancel, request.lane))
        menu.addSeparator()
        menu.addAction("Cancel everything that waits", self._cancel_waiting)
        _pop_up(menu, self.queue)

    def _waiting(self) -> list[Request]:
        others = (request for request in self._session.client.unfinished if request is not self._running)
        return [request for request in others if not isinstance(request, LoadModel)]

    def _cancel_waiting(self) -> None:
        for request in self._waiting():
            self._session.client.cancel(request.lane)

    def _on_device_full(self) -> None:
        self.use_cpu.setVisible(not self._on_cpu())
        self.report.show()

    def _on_cpu(self) -> bool:
        """Whether the engine was told to compute there, or found nothing else."""
        client = self._session.client
        nothing_else = client.model is not None and client.model.devices == ("cpu",)
        return client.device == "cpu" or (client.device == "auto" and nothing_else)

    def _on_state(self, state: EngineState) -> None:
        wrong = state is EngineState.STOPPED
        token = "error" if wrong else "accent" if state is EngineState.WORKING else "text2"
        name = "stopped" if wrong else "reset" if state is EngineState.RESTARTED else "cpu"
        self._sign.show_icon(name, token)
        mark(self._state, tone="error" if wrong else "text2")
        self._state.setText(self._session.client.sentence)
        if wrong:
            announce(self, self._session.client.sentence, urgent=True)
        for part in (self.restart, self.report):
            part.setVisible(wrong)
        self.use_cpu.setVisible(wrong and not self._on_cpu())
        model = self._session.model
        self.device.setText(model.device if model else "")
        self.model.setText(f"{model.name} {model.version}, {grid_edge(model):g} mm" if model else "Models…")
        if state is not EngineState.WORKING:
            self._show_work(None)

    def _on_progress(self, request: Request, progress: Progress) -> None:
        self._running = request
        self._show_work(progress)

    def _on_finished(self, request: Request, result: object) -> None:
        self._on_ended(request)
        if isinstance(result, RenderReply) and result.quality == "final" and not getattr(request, "background", False):
            self.say(f"Final in {result.seconds:.1f} s")

    def _on_failed(self, request: Request, sentence: str, detail: str) -> None:
        self._on_ended(request)
        if isinstance(request, LoadModel):  # another device was asked for here, nobody else listens
            self.say(sentence, "error")

    def _on_ended(self, request: Request) -> None:
        if self._running is request or self._session.client.waiting == 0:
            self._show_work(None)

    def _show_work(self, progress: Progress | None) -> None:
        if progress is None:
            self._running = None
        for part in (self._work, self._bar, self._left, self.queue, self._cancel):
            part.setVisible(progress is not None)
        if progress is None or self._running is None:
            for text in (self._work, self._left, self.queue):
                text.setText("")
            return
        words = self._describe(self._running)
        if progress.what:
            words += f": {progress.what}"
        if progress.of:
            words += f", step {progress.step} of {progress.of}"
        self._work.setText(words)
        self._bar.setVisible(progress.of > 0)
        self._bar.setRange(0, max(progress.of, 1))
        self._bar.setValue(progress.step)
        waiting = len(self._waiting())
        # The steps of a preparation take very different times: no estimate is better than a wrong one.
        seconds = None if isinstance(self._running, Prepare) else progress.seconds_left
        self._left.setText(f"{seconds:.0f} s left" if seconds is not None and seconds >= 1 else "")
        self.queue.setText("1 waits" if waiting == 1 else f"{waiting} wait")
        self.queue.setVisible(waiting > 0)
        self._cancel.setVisible(not isinstance(self._running, LoadModel))

    def _cancel_running(self) -> None:
        if self._running is not None:
            self._session.client.cancel(self._running.lane)


def _pop_up(menu: QMenu, button: QPushButton) -> None:
    """Above ``button``, which stands at the foot of the window."""
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

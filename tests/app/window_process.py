"""A real window in a process of its own, on the engine without a model: works, waits to be killed, or restores.

window_process.py work SCAN    opens it, changes what a document keeps, says "at work" and goes on
window_process.py restore      starts, takes the offer to restore, and prints the document
window_process.py look         starts, and prints whether something is offered
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import fake_engine
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

import app.application
from app import start
from app.dialogs.question_dialog import QuestionDialog
from app.engine_client import EngineClient
from app.window import Window
from app.workspace import files
from app.workspace.document import Edit


def when(ready: Callable[[], bool], then: Callable[[], None]) -> None:
    timer = QTimer(QApplication.instance())
    timer.timeout.connect(lambda: (timer.stop(), then()) if ready() else None)
    timer.start(20)


def work(window: Window) -> None:
    session = window.session
    session.set_age(session.current.key, 61.5)
    session.set_edit(Edit().moved("age", 12.5))
    session.set_window(0.2, 0.7)
    session.link.set(session.link.state.at((6.0, -2.0, 10.0)))
    window._autosave.kept.connect(lambda: print("at work", flush=True))


def tell(window: Window) -> None:
    session = window.session
    document: dict[str, Any] = files.to_json(session.document(), session.path or files.Path("/"))
    print(json.dumps({**document, "edited": session.edited}), flush=True)
    window.end()


def run(what: str, words: list[str]) -> None:
    opens = app.application.open_window

    def open_window(*arguments: Any, **named: Any) -> Window:
        window = opens(*arguments, **named)
        pictures = window.edit_pictures

        def look() -> None:
            print("offered" if window.findChild(QuestionDialog) else "nothing", flush=True)
            window.end()

        def restore() -> None:
            window.findChild(QuestionDialog).buttons["Restore"].click()
            when(lambda: pictures.up_to_date, lambda: tell(window))

        if what == "work":
            when(lambda: pictures.up_to_date, lambda: work(window))
        elif what == "look":
            when(lambda: window._painted, lambda: QTimer.singleShot(0, look))
        else:
            when(lambda: window.findChild(QuestionDialog) is not None, restore)
        return window

    app.application.EngineClient = partial(EngineClient, entry=fake_engine.run)
    app.application.open_window = open_window
    app.application.FirstStart.take = staticmethod(lambda: False)
    sys.exit(start.run(words))


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2:])

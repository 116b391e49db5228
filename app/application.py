"""The Qt application and its one window, as the window and the screenshot command both need them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from app import settings
from app.autosave import Autosave
from app.engine_client import EngineClient
from app.session import Session
from app.settings import Settings
from app.theme import style
from app.theme.mark import application_icon
from app.window import Window


class FirstStart:
    """Whether this is the first start for this user; asking makes the next one a later one."""

    @staticmethod
    def take() -> bool:
        kept = settings.store()
        first = not kept.contains("started")
        kept.setValue("started", True)
        return first


def make_application(wanted: Settings) -> QApplication:
    QCoreApplication.setApplicationName("Neurolapse")
    application = QApplication.instance() or QApplication(["neurolapse"])
    assert isinstance(application, QApplication)
    application.setWindowIcon(application_icon())
    style.apply(application, wanted.theme_name, wanted.text_scale, wanted.reduced_motion)
    return application


def open_window(
    wanted: Settings, bundle: str = "", device: str = "auto", size: tuple[int, int] | None = None, keep: bool = True
) -> Window:
    """The window, shown; its engine was started before. ``keep``: settings, and the document after a crash."""
    client = EngineClient()
    client.start()
    session = Session(client, bundle, device)
    window = Window(session, Autosave(session), wanted, settings.store()) if keep else Window(session, None, wanted)
    window.resize(*(size or (1600, 1000)))
    window.show()
    return window

"""The Qt application and its one window, as the window and the screenshot command both need them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtWidgets import QApplication

from app.autosave import Autosave
from app.engine_client import EngineClient
from app.session import Session
from app.theme import style
from app.theme.mark import application_icon
from app.theme.tokens import ThemeName
from app.window import Window


class FirstStart:
    """Whether this is the first start for this user; asking makes the next one a later one."""

    @staticmethod
    def take() -> bool:
        settings = QSettings("Neurolapse", "Neurolapse")
        first = not settings.contains("started")
        settings.setValue("started", True)
        return first


def make_application(theme: ThemeName) -> QApplication:
    QCoreApplication.setApplicationName("Neurolapse")
    application = QApplication.instance() or QApplication(["neurolapse"])
    assert isinstance(application, QApplication)
    application.setWindowIcon(application_icon())
    style.apply(application, theme)
    return application


def open_window(
    bundle: str = "", device: str = "auto", size: tuple[int, int] | None = None, autosave: bool = True
) -> Window:
    """The window, shown; its engine was started before. ``autosave``: its document outlives a crash."""
    client = EngineClient()
    client.start()
    session = Session(client, bundle, device)
    window = Window(session, Autosave(session) if autosave else None)
    window.resize(*(size or (1600, 1000)))
    window.show()
    return window

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fake_engine
import pytest
from fake_scan import write_scan
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.engine_client import EngineClient
from app.session import Session
from app.theme import style
from app.window import Window


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    """A session on the engine without a model."""
    client = EngineClient(entry=fake_engine.run)
    client.start()
    session = Session(client)
    yield session
    session.close()


@pytest.fixture
def several(qtbot: QtBot, qapp: QApplication) -> Iterator[Window]:
    """The whole window on an engine that knows age, atrophy and ventricles, and measures regions."""
    client = EngineClient(entry=fake_engine.run)
    client.start()
    session = Session(client, "several")
    style.apply(qapp, "dark")
    window = Window(session)
    qtbot.addWidget(window)
    window.resize(1600, 1000)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    yield window
    session.close()


@pytest.fixture
def bids(tmp_path: Path) -> Path:
    """One person, two visits at 60 and 80 years."""
    folder = tmp_path / "Ärzte haus"
    (folder / "sub-01").mkdir(parents=True)
    (folder / "participants.tsv").write_text("participant_id\tage\tsex\nsub-01\t60\tF\n")
    (folder / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tage\nses-A\t60.0\nses-B\t80.0\n")
    for session in ("ses-A", "ses-B"):
        write_scan(folder / "sub-01" / session / "anat" / f"sub-01_{session}_T1w.nii.gz")
    return folder


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, session: Session) -> Window:
    """The whole window on that session, shown."""
    style.apply(qapp, "dark")
    window = Window(session)
    qtbot.addWidget(window)
    window.resize(1600, 1000)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return window

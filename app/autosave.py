"""The document kept on disk while it is being worked on, so that a window that dies loses nothing.

Each window writes one draft of its own and holds a lock on it. A draft whose owner is gone was left by a crash.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import platformdirs
from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from app.session import Session
from app.workspace import files
from engine.errors import DiskError

PAUSE_MS = 1000
"""Changes are written once they pause for that long: a drag is one write, after it, not a hundred during it."""
AT_LEAST_EVERY_MS = 60_000
"""Without a pause, and when a disk that was full may have room again."""
ENDING = f".draft{files.ENDING}"


def drafts_folder() -> Path:
    return platformdirs.user_data_path("neurolapse") / "unsaved"


class Autosave(QObject):
    """Writes ``session``'s document into ``folder`` after each change; ``clear`` when it is closed in order."""

    kept = Signal()
    """The draft on the disk is the document."""

    def __init__(self, session: Session, folder: Path | None = None) -> None:
        super().__init__(session)
        self._session = session
        self._folder = folder or drafts_folder()
        self._path = self._folder / f"{time.time_ns():x}-{os.getpid()}{ENDING}"
        self._lock: QLockFile | None = None
        self._problem = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PAUSE_MS)
        self._soon.timeout.connect(self.write)
        self._regularly = QTimer(self)
        self._regularly.setInterval(AT_LEAST_EVERY_MS)
        self._regularly.timeout.connect(self.write)
        session.document_changed.connect(self._later)
        session.link.changed.connect(lambda now, before: self._later())

    def _later(self) -> None:
        self._soon.start()
        if not self._regularly.isActive():
            self._regularly.start()

    def write(self) -> None:
        """The draft as the document is now. A disk that cannot be written is told of once."""
        if not self._session.workspace.scans:
            self.clear()
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._hold()
            files.save(self._session.document(), self._path, self._session.path, self._session.past)
        except (OSError, DiskError) as error:
            sentence = f"The work could not be kept against a crash ({error}): save it with Ctrl+S."
            if sentence != self._problem:
                self._session.said.emit(sentence, "warn")
            self._problem = sentence
        else:
            self._problem = ""
            self.kept.emit()

    def clear(self) -> None:
        """No draft and no lock are left."""
        self._soon.stop()
        self._regularly.stop()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def abandoned(self) -> Path | None:
        """The newest draft that no window holds any more."""
        drafts = sorted(self._folder.glob(f"*{ENDING}"), reverse=True) if self._folder.is_dir() else []
        for draft in drafts:
            lock = _lock(draft)
            if draft != self._path and lock.tryLock(0):
                lock.unlock()
                return draft
        return None

    def restore(self, draft: Path) -> None:
        """Go on where the window that left ``draft`` was; the draft goes once this window has its own."""
        if self._session.restore(draft):
            self.write()
            draft.unlink(missing_ok=True)

    def _hold(self) -> None:
        if self._lock is None:
            self._lock = _lock(self._path)
            self._lock.tryLock(0)


def _lock(draft: Path) -> QLockFile:
    lock = QLockFile(f"{draft}.lock")
    lock.setStaleLockTime(0)  # a window may be open for weeks: only its death makes the lock stale
    return lock

"""Whether what was opened is a visit of the person on the stage, where its file says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.workspace import document
from app.workspace.document import Scan

if TYPE_CHECKING:
    from app.session import Session


def same_file(one: str, other: str) -> bool:
    """Whether both paths lead to the same bytes; False where one cannot be read."""
    first, second = Path(one), Path(other)
    try:
        if not (first.is_file() and second.is_file()) or first.stat().st_size != second.stat().st_size:
            return False
        return first.samefile(second) or first.read_bytes() == second.read_bytes()
    except OSError:
        return False


def ask_whose(session: Session, here: Scan, arrived: Sequence[Scan]) -> None:
    """Asks of ``session`` what the files of the scans that ``arrived`` leave open, the person of ``here`` on stage."""
    in_time = session.workspace.page == "time"
    strangers = [scan for scan in arrived if scan.is_visit and scan.person != here.person]
    for scan in arrived:
        # Of several runs one is looked at as a rule: the others become visits where somebody says so.
        if not scan.is_visit and (in_time or (scan.person == here.person and not scan.repeat)):
            ask_visit(session, scan, here.person)
    # Several visits of someone else are that person's own timeline.
    if in_time and len(strangers) == 1:
        ask_visit(session, strangers[0], here.person)


def ask_visit(session: Session, scan: Scan, person: str) -> None:
    """Have ``scan`` counted among the visits of ``person``: at once where nothing speaks against it."""
    if scan.twin and not scan.as_visit:
        title, sentence = "One file, two visits", "Both visits are the same file."
    elif scan.repeat and not scan.as_visit:
        title = "Two runs of one session"
        sentence = f"{scan.name} is another run of a session that is open: use it as a visit too?"
    elif not scan.is_visit:
        title = "A synthetic file"
        sentence = f"{scan.name} is marked synthetic, not acquired: use it as a visit anyway?"
    elif scan.person != person:
        title = "Visits of two people"
        sentence = f"These visits belong to {person} and {scan.person}: a timeline needs one person. Continue anyway?"
    else:
        return
    session.ask(title, sentence, "Use as a visit", partial(_count, session, scan.key, person))


def _count(session: Session, key: str, person: str) -> None:
    scans = session.workspace.scans
    if any(scan.key == key for scan in scans):
        session.do(
            "Another visit",
            lambda workspace: document.with_visit(workspace, key, person),
            lambda workspace: document.as_it_was(workspace, scans, key),
        )

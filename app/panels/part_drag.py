"""What can be dragged from panel to cell: a scan, a kept state."""

from __future__ import annotations

import json
from dataclasses import asdict

from PySide6.QtCore import QMimeData, QObject, Qt
from PySide6.QtGui import QDrag

from app.workspace.built import built
from app.workspace.document import Part

FORMAT = "application/x-neurolapse-part"


def part_data(part: Part) -> QMimeData:
    data = QMimeData()
    data.setData(FORMAT, json.dumps(asdict(part)).encode())
    return data


def part_in(data: QMimeData) -> Part | None:
    """The part that is dragged, if one is."""
    if not data.hasFormat(FORMAT):
        return None
    part: Part = built(Part, json.loads(bytes(data.data(FORMAT).data()).decode()))
    return part


def drag(part: Part, source: QObject) -> None:
    """Runs until the mouse is let go."""
    dragged = QDrag(source)
    dragged.setMimeData(part_data(part))
    dragged.exec(Qt.DropAction.CopyAction)

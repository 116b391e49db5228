"""The stage as a picture: on the clipboard or as a PNG, at any scale, saying that what is synthetic is synthetic."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QWidget

from app.theme.current import colour
from engine.errors import DiskError

SCALES = (1, 2, 4)
SAYS = (
    "Neurolapse: what is marked synthetic, copy, extrapolated or change was generated, not acquired. Research use only."
)


def picture_of(stage: QWidget, scale: int = 1) -> QImage:
    """``stage`` as it stands, ``scale`` pixels to each of its own; letters and marks as sharp as that."""
    picture = QImage(stage.size() * scale, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(scale)
    picture.fill(colour("stage"))
    stage.render(picture)
    picture.setText("Description", SAYS)
    return picture


def write_picture(picture: QImage, path: Path) -> None:
    """As PNG, written beside and renamed. Raises DiskError."""
    beside = path.with_name(path.name + ".part")
    writer = QImageWriter(str(beside), b"png")
    if not writer.write(picture):
        beside.unlink(missing_ok=True)
        raise DiskError(f"{path.name} could not be written ({writer.errorString()}): choose another folder.")
    try:
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise DiskError(f"{path.name} could not be written ({error.strerror}): choose another folder.") from error

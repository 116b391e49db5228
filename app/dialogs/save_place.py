"""Where a file is to be saved: nothing is replaced that the user was not asked about."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app.dialogs.question_dialog import CANCEL, QuestionDialog


def ask_place(parent: QWidget, title: str, proposed: Path, kinds: str) -> tuple[Path, str] | None:
    """The file, with the ending of ``proposed``, and which of ``kinds`` (Qt's filters) it is to be; None: none."""
    name, kind = QFileDialog.getSaveFileName(parent, title, str(proposed), kinds)
    if not name:
        return None
    if name.lower().endswith(proposed.suffix):
        return Path(name), kind
    path = Path(name + proposed.suffix)  # the file dialog has asked about another name
    if path.exists():
        sentence = f"{path.name} is there already: replace it?"
        if QuestionDialog("Replace?", sentence, (CANCEL, "Replace"), parent).exec() != QDialog.DialogCode.Accepted:
            return None
    return path, kind

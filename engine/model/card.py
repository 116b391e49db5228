"""The model card: what a bundle is worth and on whom that was found out, in words, beside its manifest."""

from __future__ import annotations

from pathlib import Path

CARD = "MODEL_CARD.md"


def read_card(folder: Path) -> str | None:
    """The card (Markdown) of the bundle in ``folder``; None where it carries none."""
    try:
        return (folder / CARD).read_text(encoding="utf-8")
    except OSError:
        return None


def write_card(folder: Path, text: str) -> Path:
    """Puts ``text`` into ``folder``, whole or not at all; its path. Raises OSError."""
    path = folder / CARD
    temporary = folder / f".{CARD}"
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path

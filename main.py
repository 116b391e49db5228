"""Neurolapse. No arguments, or scans: the window. A first word that is a command: that command."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    """The exit code. Imports happen below because the engine's process reads this file too."""
    first = words[0] if words else ""
    if first == "screenshot":
        from app.screenshot import run as screenshot

        return screenshot(words[1:])
    from engine import commands
    from engine.errors import NeurolapseError

    if first == "export":
        from app.workspace.command_line import spelled_out

        try:
            words = spelled_out(words)
        except NeurolapseError as error:
            commands.say_wrong(str(error))
            return 1
    if first in commands.COMMANDS or first in ("--version", "-h", "--help"):
        return commands.main(words)
    from app.start import run as window

    return window(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

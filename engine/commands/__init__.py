"""The command line: one module a command, each a few lines over the library.

A command's module has ``HELP`` (one line), ``add_arguments(parser)`` and ``run(arguments, progress) -> Report``; it is
imported only when it is called. The options common to all stand here, as do the exit codes: 0 when everything asked for
was written, 1 for what is wrong with the input, the model or the disk, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from engine import __version__
from engine.errors import Cancelled, NeurolapseError, UsageError

COMMANDS = {
    "info": "what a file is",
    "prepare": "a scan onto the model's grid",
    "encode": "a scan's codes",
    "reconstruct": "the model's copy of a scan",
    "edit": "a scan with its age or another attribute moved",
    "interpolate": "the time between two visits",
    "export": "an edit or a timeline as volumes, BIDS derivatives, film or table",
    "measure": "what the model reads from a scan",
    "train": "train the model",
    "probe": "a slider of one's own, from a column of a participants table",
    "simulate": "follow-ups of a cohort's people, with known truth",
    "models": "the models at hand: list, info, import of published weights, remove",
    "evaluate": "what a model is worth on people it never saw",
    "bench": "what is how fast on this machine",
}
"""Each name is a module in this package; beside it what ``--help`` says."""

INTERRUPTED = 130

Progress = Callable[[int, int, str], None]
"""``progress(step, of, what)``; ``of`` 0 where steps cannot be counted."""


@dataclass(frozen=True)
class Report:
    """What a command has to say: ``data`` with ``--json``, ``text`` without. Not ``complete``: the exit code is 1.

    ``warnings``: sentences on what to look at before the result is trusted; None of commands that look at no scan.
    """

    data: Mapping[str, object]
    text: str = ""
    complete: bool = True
    warnings: Sequence[str] | None = None


def main(words: Sequence[str]) -> int:
    """Run the command that ``words`` begin with; the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        arguments = _parse(words)
    except SystemExit as end:  # argparse has said what is wrong
        return int(end.code or 0)
    try:
        report: Report = import_module(f"{__name__}.{arguments.command}").run(arguments, _progress(arguments))
    except UsageError as error:
        return _complain(arguments, str(error), 2)
    except NeurolapseError as error:
        return _complain(arguments, str(error), 1)
    except (Cancelled, KeyboardInterrupt):
        return _complain(arguments, "Stopped: nothing half written is left.", INTERRUPTED)
    except MemoryError:
        return _complain(arguments, "Not enough memory: close other programs and try again.", 1)
    except OSError as error:
        if arguments.debug:
            raise
        name = f"{error.filename}: " if error.filename else ""
        return _complain(arguments, f"{name}{error.strerror or error}: check the path and the disk.", 1)
    except Exception as error:
        if arguments.debug:
            raise
        what = f"{arguments.command} failed ({type(error).__name__}: {error})"
        sentence = f"{what}: run it again with --debug and report it."
        return _complain(arguments, " ".join(sentence.split()), 1)
    for sentence in report.warnings or ():
        if not arguments.quiet and (arguments.json or sentence not in report.text):
            say_wrong(sentence)
    if arguments.json:
        told = {} if report.warnings is None else {"warnings": list(report.warnings)}
        print(json.dumps({**report.data, **told}, ensure_ascii=False))
    elif report.text and not arguments.quiet:
        print(report.text)
    return 0 if report.complete else 1


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="neurolapse",
        description="Without a command: the window, on the scans that are named (--demo: a made-up person).",
        epilog="“screenshot” draws that window to a file; “COMMAND --help” tells a command’s options.",
    )
    parser.add_argument("--version", action="version", version=f"Neurolapse {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, says in COMMANDS.items():
        command = subparsers.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")
        if name in words[:1]:
            import_module(f"{__name__}.{name}").add_arguments(command)
        add_common_arguments(command)
    return parser.parse_args(list(words))


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    common = parser.add_argument_group("common to all commands")
    common.add_argument("--bundle", metavar="NAME|DIR", help="the model (default: the bundled compact one)")
    common.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    common.add_argument("--seed", type=int, default=0, metavar="N")
    common.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    common.add_argument("--quiet", action="store_true", help="no progress, no words")
    common.add_argument("--debug", action="store_true", help="tracebacks")


def _progress(arguments: argparse.Namespace) -> Progress:
    """A bar on a terminal; elsewhere a line for each new word."""
    last = ""

    def show(step: int, of: int, what: str) -> None:
        nonlocal last
        if arguments.quiet:
            return
        if sys.stderr.isatty():
            count = f" {step}/{of}" if of else ""
            print(f"\r\033[K{what}{count}", end="\n" if of and step >= of else "", file=sys.stderr, flush=True)
        elif what != last:
            print(what, file=sys.stderr, flush=True)
        last = what

    return show


def _complain(arguments: argparse.Namespace, sentence: str, code: int) -> int:
    if arguments.debug and sys.exc_info()[0] is not None:
        import traceback

        traceback.print_exc()
    say_wrong(sentence)
    return code


def say_wrong(sentence: str) -> None:
    """``sentence`` on stderr, in place of a bar that stands there."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(sentence, file=sys.stderr, flush=True)

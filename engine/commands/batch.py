"""One command over every T1 scan of a BIDS folder: resumable, a failed scan named and passed over, shared by ranks."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.commands import Progress, Report, say_wrong
from engine.commands.ranks import rank_of, wait_for_others
from engine.errors import DiskError, ModelError, NeurolapseError, ScanError, UsageError
from engine.export.derivatives import (
    derivative_of,
    prepare_folder,
    source_of,
    write_descriptions,
    write_table,
    write_text,
)
from engine.model.manifest import Manifest
from engine.scans.bids import Visit, is_bids, visit_of, visits_in


@dataclass(frozen=True)
class Item:
    """One scan for a command: ``arguments`` whose ``scan`` and ``output`` are its own.

    ``age`` in years where BIDS tables tell it; ``details`` for the sidecar.
    """

    arguments: argparse.Namespace
    age: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """What a command leaves of one scan: the label behind ``desc-``, suffix with ending, and whether on the grid."""

    desc: str
    ending: str
    on_grid: bool


Work = Callable[[Item, Progress], Report]


def over_scans(
    arguments: argparse.Namespace,
    progress: Progress,
    work: Work,
    output_of: Callable[[Item], Output],
    model: Callable[[], tuple[Manifest, str]] | None = None,
) -> Report:
    """``work`` on SCAN; where that is a BIDS folder, on each of its scans, with ``-o`` a folder of derivatives.

    ``model``: by which manifest, and weights of which digest. What is wrong with a scan is told in ``failures.tsv``;
    what is wrong with the model or the disk ends the run, and so would every scan after it.
    """
    if not is_bids(arguments.scan):
        visit = visit_of(arguments.scan)
        return work(Item(arguments, visit.age if visit else None), progress)
    if arguments.mask:
        raise UsageError(f"{arguments.mask}: a mask fits one scan, not a folder: name that scan, or leave --mask out.")
    if arguments.output is None:
        raise UsageError(f"{arguments.scan}: is a BIDS folder: name the folder for what is read from it (-o DIR).")
    rank = rank_of()
    visits = visits_in(arguments.scan)
    folder = Path(arguments.output)
    prepare_folder(folder, Path(arguments.scan), *(model() if model else (None, None)))
    mine = visits[rank.index :: rank.count]
    twins = _twins(visits)
    made: list[str] = []
    notes: list[str] = []
    warnings: list[str] = []
    failures: list[dict[str, str]] = []
    skipped = 0
    try:
        for number, visit in enumerate(mine, 1):
            mark = folder / ".failures" / f"{arguments.command}_{visit.path.name}.json"
            try:
                item, target = _item(arguments, visit, twins, folder, output_of)
                if target.exists():
                    skipped += 1
                else:
                    notes += visit.notes
                    _make_folder(target.parent)
                    report = work(item, _counted(progress, f"{visit.path.name} ({number} of {len(mine)})"))
                    about = [f"{visit.place}: {sentence}" for sentence in report.warnings or ()]
                    for sentence in [] if arguments.quiet else about:
                        say_wrong(sentence)
                    warnings += about
                    made.append(target.relative_to(folder).as_posix())
                mark.unlink(missing_ok=True)
            except Exception as error:
                if isinstance(error, (ModelError, DiskError, UsageError, OSError)) or arguments.debug:
                    raise
                failure = {"scan": visit.place, "sentence": _sentence(error, visit, arguments.command)}
                failures.append(failure)
                say_wrong(failure["sentence"])
                _make_folder(mark.parent)
                whose = {"participant_id": visit.subject, "session_id": visit.session, "command": arguments.command}
                write_text(mark, json.dumps(whose | failure))
    finally:
        _write_tables(folder)
    wait_for_others()
    data = {
        "path": str(folder),
        "scans": len(visits),
        "rank": rank.index,
        "world_size": rank.count,
        "made": made,
        "skipped": skipped,
        "failures": failures,
        "notes": notes,
        "warnings": warnings,
    }
    share = f" in this process's share of {len(mine)} of {len(visits)} scans" if rank.count > 1 else ""
    lines = [f"{len(made)} made, {skipped} there before, {len(failures)} failed{share}.", *notes]
    if failures:
        lines.append("failures.tsv names those that failed; the same command tries them again.")
    return Report(data, "\n".join(lines), complete=not failures)


def _item(
    arguments: argparse.Namespace,
    visit: Visit,
    twins: Mapping[str, Visit],
    folder: Path,
    output_of: Callable[[Item], Output],
) -> tuple[Item, Path]:
    if visit.place in twins:
        raise ScanError(
            f"{visit.path.name} differs from {twins[visit.place].path.name} in nothing that its derivative's name "
            "keeps: move one of them elsewhere."
        )
    details: dict[str, Any] = {"Sources": [source_of(visit)]}
    if visit.notes:
        details["Notes"] = list(visit.notes)
    scan = str(visit.path)
    its = argparse.Namespace(**(vars(arguments) | {"scan": scan}))
    output = output_of(Item(its, visit.age))
    target = derivative_of(visit, folder, output.desc, output.ending, output.on_grid)
    its.output = target
    if hasattr(its, "space"):
        its.space = "model" if output.on_grid else "native"
    return Item(its, visit.age, details), target


def _twins(visits: Sequence[Visit]) -> dict[str, Visit]:
    """Visits whose derivatives would have the name of an earlier visit's: by place, with that earlier one."""
    first: dict[Path, Visit] = {}
    twins = {}
    for visit in visits:
        earlier = first.setdefault(derivative_of(visit, Path(), "x", "x", True), visit)
        if earlier is not visit:
            twins[visit.place] = earlier
    return twins


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"{folder.name} could not be made ({error.strerror}): choose another folder.") from error


def _counted(progress: Progress, which: str) -> Progress:
    return lambda step, of, what: progress(step, of, f"{which}: {what}")


def _sentence(error: Exception, visit: Visit, command: str) -> str:
    if isinstance(error, NeurolapseError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{visit.path.name} needs more memory than there is: close other programs and try again."
    what = f"{visit.path.name} made {command} fail ({type(error).__name__}: {error})"
    return " ".join(f"{what}: run it on this scan alone with --debug and report it.".split())


def _write_tables(folder: Path) -> None:
    keys = ("participant_id", "session_id", "scan", "command", "sentence")

    def failures() -> list[list[str]]:
        records = _records(sorted(folder.glob(".failures/*.json")))
        return sorted([record[key] for key in keys] for record in records)

    def measures() -> list[list[str]]:
        rows = []
        for record in _records(sorted(folder.glob("sub-*/**/*_readouts.json"))):
            scan = record["Sources"][0].removeprefix("bids:raw:")
            subject, second, *_ = scan.split("/")
            session = second if second.startswith("ses-") else ""
            age = "" if record["AgeAtScan"] is None else f"{record['AgeAtScan']:g}"
            for name, read in record["readouts"].items():
                error = "" if read["error"] is None else f"{read['error']:.4g}"
                rows.append(
                    [subject, session, scan, record["kind"], age, name, f"{read['value']:.4f}", read["unit"], error]
                )
            unit = "ml" if record["space"] == "native" else "ml, template"
            for region, ml in record["volumes_ml"].items():
                rows.append([subject, session, scan, record["kind"], age, region, f"{ml:.4f}", unit, ""])
        return rows

    write_descriptions(folder)
    write_table(folder / "failures.tsv", keys, failures)
    if any(folder.glob("sub-*/**/*_readouts.json")):
        header = ("participant_id", "session_id", "scan", "kind", "age", "measure", "value", "unit", "error")
        write_table(folder / "measures.tsv", header, measures)


def _records(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """What ``paths`` hold; one that another process has just taken away is passed over."""
    records = []
    for path in paths:
        try:
            records.append(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue
    return records

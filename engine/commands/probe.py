"""A direction of one's own: fitted to what a table says of people, if their codes predict it."""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands import Progress, Report, say_wrong
from engine.errors import ModelError, PreparationError, ScanError, UsageError
from engine.scans import open_scan
from engine.scans.bids import visits_in

if TYPE_CHECKING:
    from engine.edit.own_probe import Array
    from engine.edit.synthesis import Synthesiser

MISSING = ("", "n/a", "na", "nan", "none", "null", "-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--participants",
        required=True,
        type=Path,
        metavar="TSV",
        help="the table of a BIDS folder: participant_id and what is known of each; rows of split test are left alone",
    )
    parser.add_argument("--column", required=True, metavar="NAME", help="the column: numbers, or two kinds of words")
    parser.add_argument("--name", metavar="SHOWN", help="what the slider is called (default: the column's name)")
    parser.add_argument("--unit", default="", metavar="U", help="the unit of its numbers")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="DIRECTION", help="a file (safetensors)")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    table, name = arguments.participants, arguments.column
    words, missing, kept_apart = read_column(table, name)

    from engine.edit.own_directions import folder_of, key_of, packed
    from engine.edit.own_probe import column_of, direction, predict
    from engine.edit.synthesis import load_synthesiser
    from engine.export.atomic import beside, check_place, flush
    from engine.model.manifest import find_bundle, read_manifest

    check_place(arguments.output, [table])
    manifest = read_manifest(find_bundle(arguments.bundle))
    synthesiser = load_synthesiser(arguments.bundle, arguments.device)
    codes, read, failed = _codes(synthesiser, table.parent, list(words), progress)
    try:
        column = column_of([words[subject] for subject in read], name)
    except UsageError as error:
        raise UsageError(f"{table.name}: {error}") from None
    progress(0, 0, "fitting")
    prediction = predict(codes, column, arguments.seed)
    shown = arguments.name or name
    key = key_of(shown, [known.name for known in manifest.directions])
    data = {
        "path": None,
        "name": key,
        "label": shown,
        "unit": arguments.unit,
        "classes": column.classes,
        "people": len(read),
        "left_out": {
            "no_value": missing,
            "split_test": kept_apart,
            "no_scan": len(words) - len(read) - len(failed),
            "unreadable": len(failed),
        },
        "scores": prediction.scores,
        "permutation_p": prediction.p,
        "installed": None,
    }
    lines = [f"{shown} in {len(read)} people, each read by a probe fitted without them: {prediction.in_words()}."]
    lines += [f"{number} {why}." for number, why in zip(data["left_out"].values(), _WHY, strict=True) if number]
    if not prediction.convinces:
        lines[0] += " Too little to make a slider of."
        say_wrong(
            f"{table.name}: the codes of {len(read)} people do not predict {name} ({prediction.in_words()}), so no "
            "direction was written: choose another column, or add people."
        )
        return Report(data, "\n".join(lines[1:]), complete=False)
    axis = replace(direction(codes, column, key, shown, arguments.unit, prediction), gain=synthesiser.gain_of_people())
    installed = folder_of(manifest) / f"{key}.safetensors"
    installed.parent.mkdir(parents=True, exist_ok=True)
    made = packed(axis, manifest)
    for path in (arguments.output, installed):
        with beside(path) as (temporary,):
            temporary.write_bytes(made)
            flush(temporary)
    if column.classes:
        low, high = axis.about.low, axis.about.high
        lines.append(f"{low:g} is {column.classes[0]}, {high:g} is {column.classes[1]}.")
    lines.append(f"Use it with “edit SCAN --set {key}=…” or as a slider; to take it away, delete {installed}.")
    return Report({**data, "path": str(arguments.output), "installed": str(installed)}, "\n".join(lines))


_WHY = (
    "rows without a value left out",
    "rows of split test left alone",
    "people without a scan left out",
    "people whose scans cannot be read left out",
)


def read_column(table: Path, name: str) -> tuple[dict[str, str], int, int]:
    """What ``table`` says in column ``name`` by participant; how many rows lack a value; how many are of split test.

    Raises UsageError where the column is not there, ScanError where the table cannot be read.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            rows, columns = list(reader), list(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "no table of text"
        raise ScanError(f"{table.name}: cannot be read ({reason}): name a table with tabs between columns.") from None
    if "participant_id" not in columns:
        raise ScanError(f"{table.name}: has no column participant_id: name the participants.tsv of a BIDS folder.")
    if name not in columns:
        raise UsageError(f"{table.name}: has no column {name}: choose among {', '.join(columns[1:])}.")
    words: dict[str, str] = {}
    missing = kept_apart = 0
    for row in rows:
        person, word = "sub-" + (row["participant_id"] or "").strip().removeprefix("sub-"), (row[name] or "").strip()
        if row.get("split") == "test":
            kept_apart += 1
        elif word.lower() in MISSING or _endless(word):
            missing += 1
        elif person in words:
            raise UsageError(f"{table.name}: has two rows for {person}: keep one for each person.")
        else:
            words[person] = word
    return words, missing, kept_apart


def _endless(word: str) -> bool:
    try:
        return not math.isfinite(float(word))
    except ValueError:
        return False


def _codes(
    synthesiser: Synthesiser, folder: Path, people: Sequence[str], progress: Progress
) -> tuple[Array, list[str], list[str]]:
    """Codes (N, E), the mean over each person's scans; whose they are; and whose scans could not be read."""
    import numpy as np

    from engine.edit.people_codes import person_code
    from engine.preparation import prepare

    model = synthesiser.model
    found: dict[str, list[Array]] = {}
    wanted = [visit for visit in visits_in(folder) if visit.subject in people]
    for number, visit in enumerate(wanted, 1):
        progress(number, len(wanted), "reading people")
        try:
            prepared = prepare(open_scan(visit.path), model.manifest.preparation)
            found.setdefault(visit.subject, []).append(person_code(model, prepared.volume.data))
        except (ScanError, PreparationError, ModelError) as error:
            say_wrong(str(error))
    read = [person for person in people if person in found]
    with_scans = {visit.subject for visit in wanted}
    failed = [person for person in people if person in with_scans and person not in found]
    size = model.manifest.networks["denoiser"]["semantic_channels"]
    codes = np.array([np.mean(found[person], axis=0) for person in read]).reshape(len(read), size)
    return codes, read, failed

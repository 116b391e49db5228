"""A folder of BIDS derivatives: how its files are called, and the files by which it says what it is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine import __version__
from engine.errors import DiskError
from engine.export.atomic import beside, disk_error, filling, flush
from engine.export.volume_file import sidecar_of
from engine.model.manifest import Manifest
from engine.scans.bids import Visit

_BIDS_VERSION = "1.10.0"
_README = (
    "Made by Neurolapse from the scans in the dataset that dataset_description.json links to as “raw”: files whose "
    "desc begins with “synth” were drawn by a model and never acquired, and are not to be used as measurements or for "
    "diagnosis.\n"
)
FURNITURE = ("dataset_description.json", "README", ".bidsignore", "descriptions.tsv")
"""The files by which a folder says what it is."""
_IGNORED = ("*_codes.safetensors", "*_readouts.json", "failures.tsv", "measures.tsv")
# Entities that say how a derivative lies and was made; what is written here lies and was made otherwise.
_REPLACED = re.compile(r"(space|res|den|desc)-")

Rows = Sequence[Sequence[str]]


def derivative_of(visit: Visit, folder: Path, desc: str, ending: str, on_grid: bool) -> Path:
    """Where in ``folder`` a derivative of ``visit`` lies: all its entities, ``desc``, and the model's space if on it.

    ``ending`` is suffix and ending ("T1w.nii.gz").
    """
    kept = [entity for entity in visit.entities if not _REPLACED.match(entity)]
    name = "_".join([*kept, *(["space-ldae"] if on_grid else []), f"desc-{desc}", ending])
    return folder.joinpath(*Path(visit.place).parts[:-1], name)


def label_of(value: float) -> str:
    """A number in letters and digits: 74p5, m2 for -2."""
    figures = f"{abs(value):.2f}".rstrip("0").rstrip(".").replace(".", "p")
    return f"{'m' if value < 0 else ''}{figures}"


def source_of(visit: Visit) -> str:
    """The scan as a BIDS URI for ``Sources``."""
    return f"bids:raw:{visit.place}"


def prepare_folder(folder: Path, source: Path, model: Manifest | None, weights_sha256: str | None) -> None:
    """Make ``folder`` a dataset derived from ``source`` by ``model``, or go on in one that is.

    Raises DiskError where another dataset, or another model's work, lies there.
    """
    if folder.exists() and source.samefile(folder):
        raise DiskError(f"{folder.name} is the scans' own folder, which is never written to: choose another.")
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    # The description is the first file written, so what lies beside it while another process begins is ours.
    filled = any(not entry.name.startswith(".") for entry in folder.iterdir())
    path = folder / "dataset_description.json"
    before = _generators(path)
    if before is None and filled:
        raise DiskError(f"{folder.name} holds other files: choose an empty folder, or one that Neurolapse began.")
    generators = before or [{"Name": "Neurolapse", "Version": __version__}]
    if model is not None:
        mine = {"Name": model.name, "Version": model.version, "WeightsSHA256": weights_sha256}
        others = [g for g in generators[1:] if g.get("WeightsSHA256") != weights_sha256]
        if others:
            raise DiskError(
                f"{folder.name} was begun with the model {others[0].get('Name')} {others[0].get('Version')}: "
                "choose another folder, or that model."
            )
        generators = [generators[0], mine]
    if generators != before:
        link = _relative(source, folder)
        description = {
            "Name": "Neurolapse derivatives",
            "BIDSVersion": _BIDS_VERSION,
            "DatasetType": "derivative",
            "GeneratedBy": generators,
            "SourceDatasets": [{"URL": link}],
            "DatasetLinks": {"raw": link},
        }
        write_text(path, json.dumps(description, indent=2) + "\n")
    write_text(folder / "README", _README)
    write_text(folder / ".bidsignore", "\n".join(_IGNORED) + "\n")


@contextmanager
def deriving(
    folder: Path, source: Path, targets: Collection[Path], model: Manifest, weights_sha256: str
) -> Iterator[None]:
    """While ``targets``, volumes that ``model`` drew of scans in ``source``, are written into ``folder``, a dataset or
    made one, perhaps with the folder above it: all of them are there afterwards, or none. Raises DiskError."""
    above = folder if folder.parent.is_dir() else folder.parent
    with filling(above, [*targets, *map(sidecar_of, targets), *(folder / name for name in FURNITURE)]):
        prepare_folder(folder, source, model, weights_sha256)
        for target in targets:
            target.parent.mkdir(parents=True, exist_ok=True)
        yield
        write_descriptions(folder)


def write_descriptions(folder: Path) -> None:
    """``descriptions.tsv``: a row for each desc that occurs in ``folder``."""

    def rows() -> Rows:
        found = {match[1] for path in folder.glob("sub-*/**/*") if (match := re.search(r"_desc-(\w+?)_", path.name))}
        return [(desc, _meaning(desc)) for desc in sorted(found)]

    write_table(folder / "descriptions.tsv", ("desc_id", "description"), rows)


def write_table(path: Path, header: Sequence[str], rows: Callable[[], Rows]) -> None:
    """A TSV of ``rows``, which are gathered again after writing until nothing has come in between.

    So several processes that add to a folder and then write its tables leave complete ones, whoever is last.
    """
    written = None
    while (text := "\n".join("\t".join(_cell(word) for word in row) for row in (header, *rows())) + "\n") != written:
        write_text(path, text)
        written = text


def write_text(path: Path, text: str) -> None:
    """A text file, whole or not at all. Raises DiskError."""
    with beside(path) as (temporary,):
        temporary.write_text(text, encoding="utf-8")
        flush(temporary)


def _generators(path: Path) -> list[dict[str, Any]] | None:
    """``GeneratedBy`` of a dataset that is ours, else None."""
    try:
        generators: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["GeneratedBy"]
        return generators if generators[0]["Name"] == "Neurolapse" else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _meaning(desc: str) -> str:
    known = {
        "prepared": "T1 brain brought onto the model's grid, 0 to 1",
        "model": "what the model makes of the scan: its codes, or what it reads from them",
    }
    if desc in known:
        return known[desc]
    form = {
        "Change": ": the scan's own voxels, moved or with the change added, as SyntheticForm says",
        "Plain": ": the synthetic brain alone",
    }
    words = next((words for ending, words in form.items() if desc.endswith(ending)), ", on the model's grid")
    return f"Synthetic T1, drawn by a model and not acquired{words}"


def _relative(source: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(source.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive there is no relative path, and an absolute one tells too much
        return source.resolve().name


def _cell(word: str) -> str:
    return " ".join(word.split()) or "n/a"

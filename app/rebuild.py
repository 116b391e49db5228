"""Rebuild from file: what the sidecar of a synthetic file tells is set again, on the scan with its checksum."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import background
from app.session import Session
from app.workspace.document import Edit, Part, Scan
from engine.errors import NeurolapseError, ScanError

NIFTI = (".nii.gz", ".nii")
MOST_LOOKED_AT = 40
"""Files beside the sidecar that are read to find the scan, when none that is open is the one."""


@dataclass(frozen=True)
class Origin:
    """What a sidecar tells of how its volume was made. ``second``: of the later visit of a timepoint; ``age`` at the
    scan, in years."""

    name: str
    scan: str
    edit: Edit
    model: str
    second: str | None = None
    fraction: float = 0.0
    age: float | None = None


def read_origin(path: Path) -> Origin:
    """From a sidecar, or the NIfTI file that it lies beside. Raises ScanError with one sentence."""
    ending = next((ending for ending in NIFTI if path.name.endswith(ending)), None)
    sidecar = path if ending is None else path.with_name(path.name.removesuffix(ending) + ".json")
    try:
        record: dict[str, Any] = json.loads(sidecar.read_text(encoding="utf-8"))
        if record and not record.get("Synthetic"):
            raise ScanError(f"{sidecar.name} is of a scan, not of a synthetic volume: choose another file.")
        if "Frames" in record:
            raise ScanError(
                f"{sidecar.name} is of a timeline: its volumes are not rebuilt as one, choose the file of one point."
            )
        sliders: Mapping[str, float] = record.get("Sliders", {})
        changes = tuple(sorted((name, float(by)) for name, by in sliders.items() if by))
        held = tuple(sorted(record.get("Held", ())))
        edit = Edit(changes, int(record.get("Seed", 0)), held, bool(record.get("SemanticOnly")), int(record["Steps"]))
        model = " ".join(str(record["Model"][key]) for key in ("Name", "Version"))
        second, fraction = record.get("SecondScanSHA256"), float(record.get("Fraction", 0.0))
        age = record.get("AgeAtScan")
        known = None if age is None else float(age)
        return Origin(sidecar.name, record["ScanSHA256"], edit, model, second, fraction, known)
    except OSError as error:
        raise ScanError(
            f"{sidecar.name} cannot be read ({error.strerror}): choose the file with its sidecar."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ScanError(f"{sidecar.name} does not tell how it was made: choose a volume’s sidecar.") from error


def rebuild(session: Session, path: Path) -> None:
    """Sets ``session`` as ``path`` tells; its scans are looked for among those open, then beside the file."""
    try:
        origin = read_origin(path)
    except NeurolapseError as error:
        session.said.emit(str(error), "error")
        return
    session.said.emit(f"Looking for the scan of {origin.name}.", "")
    opened = [(scan.path, scan.series, scan.volume) for scan in session.workspace.scans]
    beside = _beside(path)
    background.run(
        session,
        lambda: _find(origin, opened, beside),
        lambda found: _set(session, origin, found),
        lambda fault: session.said.emit(f"{origin.name} could not be rebuilt ({fault}).", "error"),
    )


def _find(
    origin: Origin, opened: list[tuple[str, int | None, int | None]], beside: list[Path]
) -> dict[str, tuple[str, int | None, int | None]]:
    """Where the scans with the checksums of ``origin`` lie; in a thread."""
    from engine.scans import fingerprint, open_scan

    wanted = {origin.scan, *([origin.second] if origin.second else [])}
    found: dict[str, tuple[str, int | None, int | None]] = {}
    for place in (*opened, *((str(path), None, None) for path in beside)):
        if wanted <= found.keys():
            break
        try:
            digest = fingerprint(open_scan(*place))
        except NeurolapseError:
            continue
        if digest in wanted:
            found.setdefault(digest, place)
    return found


def _set(session: Session, origin: Origin, found: Mapping[str, tuple[str, int | None, int | None]]) -> None:
    wanted = [origin.scan, *([origin.second] if origin.second else [])]
    if any(digest not in found for digest in wanted):
        session.said.emit(
            f"{origin.name} was made from a scan that is not here: open that scan, then this again.", "error"
        )
        return
    scans = [_opened(session, found[digest]) for digest in wanted]
    if any(scan is None for scan in scans):
        return
    first = scans[0]
    assert first is not None
    session.choose(first.key)
    if first.age is None:
        session.set_age(first.key, origin.age)
    model = session.model
    calls = None if model is not None and origin.edit.calls == model.final_calls else origin.edit.calls
    if len(scans) > 1 and scans[1] is not None:
        point = Part("point", first.key, None, scans[1].key, origin.fraction)
        comparison = session.workspace.comparison
        session.compare(parts=comparison.with_part(1, point).parts, mode="side by side")
        session.set_page("compare")
    else:
        edit = origin.edit
        session.set_edit(Edit(edit.changes, edit.seed, edit.held, edit.semantic_only, calls))
        session.set_page("explore")
    here = f"{model.name} {model.version}" if model is not None else ""
    if here and here != origin.model:
        session.said.emit(f"{origin.name} was made by {origin.model}, this is {here}: voxels will differ.", "warn")
    else:
        session.said.emit(f"Rebuilt from {origin.name}.", "")


def _opened(session: Session, place: tuple[str, int | None, int | None]) -> Scan | None:
    """The scan at ``place``, opened where it is not yet."""

    def there() -> Scan | None:
        scans = session.workspace.scans
        return next((scan for scan in scans if (scan.path, scan.series, scan.volume) == place), None)

    if there() is None:
        session.open([Path(place[0])])
    return there()


def _beside(path: Path) -> list[Path]:
    """Scans in the folder of ``path``, then in the folders above it as far as they are of the same person."""
    folders = [path.parent, *(folder for folder in path.parents if folder.name.startswith(("ses-", "sub-")))]
    files = [file for folder in folders for file in sorted(folder.rglob("*.nii*"))]
    own = path.name.partition(".")[0]
    return [file for file in dict.fromkeys(files) if file.name.partition(".")[0] != own][:MOST_LOOKED_AT]

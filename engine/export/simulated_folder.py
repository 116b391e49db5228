"""A folder of simulated people: its visits one by one, and the tables that are read back from them.

A visit is finished when its scan lies there, so a run that was stopped goes on by asking; no journal is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from engine import __version__
from engine.cohort.simulation import Course, FollowedUp, Simulation
from engine.cohort.sources import Anatomy
from engine.cohort.variety import Variety
from engine.errors import DiskError
from engine.export.atomic import disk_error
from engine.export.derivatives import Rows, write_table, write_text
from engine.export.provenance import Provenance
from engine.export.volume_file import mark, place, sidecar_of

_INHERITED = ("License", "Authors", "Acknowledgements", "HowToAcknowledge")
_README = (
    "Simulated by Neurolapse: people of {source} deformed to what years of {groups} would leave of them; nobody was "
    "scanned a second time, and nothing here is to be used as a measurement of a person or for diagnosis.\n"
)


def begin(folder: Path, simulation: Simulation, labels_table: str, seed: int) -> None:
    """Make ``folder`` the one of this simulation, or go on in it. Raises DiskError where anything else lies there.

    ``labels_table``: the text of its ``labels.tsv``.
    """
    source = Path(simulation.data)
    if folder.exists() and source.exists() and source.samefile(folder):
        raise DiskError(f"{folder.name} is the cohort's own folder, which is never written to: choose another.")
    settings = _settings(simulation, seed)
    description = folder / "dataset_description.json"
    if description.is_file():
        try:
            before = json.loads(description.read_text(encoding="utf-8"))["GeneratedBy"][0].get("Parameters")
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            before = None
        if before != settings:
            raise DiskError(f"{folder.name} was made with other settings: choose another folder, or those settings.")
    elif folder.exists() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise DiskError(f"{folder.name} holds other files: choose an empty folder, or one that this simulation began.")
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    content = {
        "Name": f"Simulated follow-ups of {source.resolve().name}",
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        **_inherited(source / "dataset_description.json"),
        "GeneratedBy": [{"Name": "Neurolapse", "Version": __version__, "Parameters": settings}],
    }
    write_text(description, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    groups = " or ".join(simulation.rates)
    write_text(folder / "README", _README.format(source=source.resolve().name, groups=groups))
    write_text(folder / "labels.tsv", labels_table)


def scan_path(folder: Path, course: Course, month: int) -> Path:
    """Where the scan of a visit lies; its label map is beside it."""
    session = f"ses-M{month:02d}"
    return folder / course.name / session / "anat" / f"{course.name}_{session}_T1w.nii.gz"


def write_visit(
    folder: Path, course: Course, month: int, visit: FollowedUp, anatomy: Anatomy, variety: Variety, seed: int
) -> None:
    """Label map and scan, marked, with what is true of them in the sidecars. Raises DiskError."""
    scan = scan_path(folder, course, month)
    try:
        scan.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(scan.parent, error) from error
    labels_path = scan.with_name(scan.name.replace("_T1w.", "_dseg."))
    age, image = course.source.age, course.source.image
    # The scan goes last: where it lies, the visit is finished.
    for path, data, source, untouched in (
        (labels_path, visit.labels, course.source.labels, month == 0),
        (scan, visit.image, image or course.source.labels, month == 0 and image is not None and variety == Variety()),
    ):
        provenance = Provenance(
            kind="scan" if untouched else "synthetic",
            description="What the simulation starts from." if untouched else "A simulated visit, not acquired.",
            form="model",
            seed=seed,
            scan_sha256=anatomy.sha256,
            age_at_scan=age,
            age_shown=None if age is None else age + month / 12.0,
            skull_stripped=True,
            details={"Sources": [source.name], "Simulation": _truth(course, month, visit)},
            dated=False,
        )
        _write(path, data, anatomy, provenance)


def write_tables(folder: Path) -> None:
    """``participants.tsv``, everyone's sessions and ``truth_volumes.tsv``, of the visits that are there.

    At month 0 the group has not begun to tell, so the sessions' table does not name it.
    """

    def people() -> Rows:
        first = {name: sidecar for name, _, sidecar in reversed(_visits(folder))}
        about = {name: sidecar["Simulation"] for name, sidecar in first.items()}
        return [
            (name, _years(first[name], "AgeAtScan"), it["Sex"], it["Split"], it["Group"], it["Person"], it["Severity"])
            for name, it in sorted(about.items())
        ]

    def truth() -> Rows:
        return [
            (name, session, region, f"{ml:.4f}", it["AskedPercent"].get(region, ""), it["MetPercent"].get(region, ""))
            for name, session, sidecar in _visits(folder)
            for it in (sidecar["Simulation"],)
            for region, ml in it["VolumesMl"].items()
        ]

    columns = ("participant_id", "age", "sex", "split", "group", "person", "severity")
    write_table(folder / "participants.tsv", columns, people)
    write_table(
        folder / "truth_volumes.tsv",
        ("participant_id", "session_id", "region", "ml", "asked_percent", "met_percent"),
        truth,
    )
    for name in {name for name, _, _ in _visits(folder)}:

        def sessions(name: str = name) -> Rows:
            visits = [(session, sidecar) for who, session, sidecar in _visits(folder, name) if who == name]
            return [
                (
                    session,
                    _years(sidecar, "AgeShown"),
                    it["Group"] if it["Month"] else "",
                    f"{it['SmallestJacobian']:g}",
                )
                for session, sidecar in visits
                for it in (sidecar["Simulation"],)
            ]

        header = ("session_id", "age", "group", "smallest_jacobian")
        write_table(folder / name / f"{name}_sessions.tsv", header, sessions)


def _visits(folder: Path, name: str = "sub-*") -> list[tuple[str, str, dict[str, Any]]]:
    """Participant, session and the scan's sidecar of each finished visit, in order of time for each person."""
    found = []
    for scan in folder.glob(f"{name}/ses-*/anat/sub-*_T1w.nii.gz"):
        sidecar = json.loads(sidecar_of(scan).read_text(encoding="utf-8"))
        found.append((scan.parts[-4], scan.parts[-3], sidecar))
    return sorted(found, key=lambda visit: (visit[0], visit[2]["Simulation"]["Month"]))


def _years(sidecar: Mapping[str, Any], key: str) -> str:
    return f"{sidecar[key]:g}" if key in sidecar else ""


def _truth(course: Course, month: int, visit: FollowedUp) -> dict[str, Any]:
    def percent(changes: Mapping[str, float]) -> dict[str, str]:
        return {region: f"{100.0 * change:.4f}" for region, change in changes.items()}

    return {
        "Person": course.source.name,
        "Sex": course.source.sex,
        "Split": course.source.split,
        "Group": course.group,
        "Severity": f"{course.severity.overall:.4f}",
        "Month": month,
        "VolumesMl": {region: round(ml, 4) for region, ml in visit.volumes_ml.items()},
        "AskedPercent": percent(visit.asked),
        "MetPercent": percent(visit.met),
        "SmallestJacobian": round(visit.smallest_jacobian, 4),
    }


def _write(path: Path, data: NDArray[np.integer], anatomy: Anatomy, provenance: Provenance) -> None:
    image = nib.Nifti1Image(data, anatomy.affine)
    record = json.dumps(provenance.to_json(), indent=2, ensure_ascii=False)
    mark(image, provenance, record)
    place(path, image, record)


def _settings(simulation: Simulation, seed: int) -> dict[str, Any]:
    """What the files depend on, as JSON gives it back. No path: the cohort by its name."""
    table = asdict(simulation) | {"data": Path(simulation.data).resolve().name, "seed": seed}
    settings: dict[str, Any] = json.loads(json.dumps(table))
    return settings


def _inherited(description: Path) -> dict[str, Any]:
    """What a cohort's description says that holds for what is made of it: licence, names, thanks."""
    try:
        content = json.loads(description.read_text(encoding="utf-8"))
        return {key: content[key] for key in _INHERITED if key in content}
    except (OSError, ValueError, TypeError):
        return {}

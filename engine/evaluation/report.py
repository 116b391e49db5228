"""Everything that is measured of a bundle on a cohort: each figure as [value, low, high] over people."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from engine.cohort.groups import read_groups
from engine.edit.synthesis import Synthesiser, Wish
from engine.errors import ScanError
from engine.evaluation.intervals import bootstrap, mean
from engine.evaluation.ventricles import fluid_ml
from engine.measure.similarity import compare
from engine.volume import FloatArray

Progress = Callable[[int, int, str], None]
AGEING_YEARS = 20.0
AGEING_AGES = (40.0, 60.0)


@dataclass(frozen=True)
class Person:
    """A prepared person: ``image`` (X, Y, Z) in [0, 1], ``labels`` likewise where the cohort has them."""

    name: str
    age: float
    image: FloatArray
    labels: NDArray[np.integer[Any]] | None


def read_cohort(folder: Path) -> list[Person]:
    """The people of split ``test`` where the table has such a column, else all. Raises ScanError if one is missing."""
    table = folder / "participants.tsv"
    if not table.is_file():
        raise ScanError(f"{folder}: holds no participants.tsv: name a cohort folder.")
    with table.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    if rows and "split" in rows[0]:
        rows = [row for row in rows if row["split"] == "test"]
    people = []
    for row in rows:
        name = row["participant_id"]
        images = sorted((folder / name).rglob("*_T1w.nii.gz"))
        if not images:
            raise ScanError(f"{folder / name}: holds no T1w image: prepare the cohort first.")
        image = np.asarray(nib.load(images[0]).dataobj)
        grey = image / np.float32(255) if image.dtype == np.uint8 else image
        found = sorted((folder / name).rglob("*_dseg.nii.gz"))
        labels = np.asarray(nib.load(found[0]).dataobj) if found else None
        people.append(Person(name, float(row["age"]), np.ascontiguousarray(grey, np.float32), labels))
    return people


def evaluate(synthesiser: Synthesiser, folder: Path, progress: Progress) -> dict[str, Any]:
    """The report on the people of a cohort folder."""
    people = read_cohort(folder)
    report: dict[str, Any] = {
        "people": len(people),
        "reconstruction": _reconstruction(synthesiser, people, progress),
        "age": _age(synthesiser, people),
        "manipulation": _ageing(synthesiser, people, read_groups(folder), progress),
    }
    return report


def summary(report: dict[str, Any]) -> dict[str, Any]:
    """The figures of a report without the people they come from."""
    return {
        name: summary(value) if isinstance(value, dict) else value
        for name, value in report.items()
        if name not in ("read", "rows")
    }


def write_report(report: dict[str, Any], folder: Path) -> Path:
    """``report.json`` in ``folder``, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    return path


def _reconstruction(synthesiser: Synthesiser, people: Sequence[Person], progress: Progress) -> dict[str, Any]:
    """Whole volume, and SSIM and squared error; ``ssim`` has σ 1.5 and width 7."""
    calls = synthesiser.model.manifest.solver.final_calls
    rows: dict[str, list[tuple[float, float]]] = {"autoencoder": [], "roundtrip": []}
    for index, person in enumerate(people):
        progress(index, len(people), "copying people")
        codes = synthesiser.encode(person.image, calls)
        copies = {
            "autoencoder": synthesiser.model.decode_latent(codes.latent),
            "roundtrip": synthesiser.synthesise(Wish(person.image, {}), calls).volume,
        }
        for name, copy in copies.items():
            error = float(np.square(copy - person.image).mean())
            rows[name].append((compare(copy, person.image).ssim, error))
    return {
        name: {
            "ssim": bootstrap(mean, [row[0] for row in found]),
            "mse": bootstrap(mean, [row[1] for row in found]),
        }
        for name, found in rows.items()
    } | {"calls": calls}


def _age(synthesiser: Synthesiser, people: Sequence[Person]) -> dict[str, Any]:
    """The age reader on people it never saw, beside the mean age of the people it was fitted on."""
    ages = np.array([person.age for person in people])
    read = np.array([synthesiser.read(person.image)["age"] for person in people])
    fitted_mean = float(synthesiser.model.manifest.trained_on["mean_age"])

    def r2(truth: NDArray[np.float64], value: NDArray[np.float64]) -> float:
        return float(1 - np.square(value - truth).sum() / np.square(truth - truth.mean()).sum())

    return {
        "mae": bootstrap(mean, np.abs(read - ages)),
        "rmse": bootstrap(lambda e: float(np.sqrt(np.mean(e**2))), read - ages),
        "r2": bootstrap(r2, ages, read),
        "mae_mean": bootstrap(mean, np.abs(fitted_mean - ages)),
        "read": {person.name: [person.age, float(value)] for person, value in zip(people, read, strict=True)},
    }


def _ageing(
    synthesiser: Synthesiser, people: Sequence[Person], groups: dict[str, list[int]], progress: Progress
) -> dict[str, Any] | None:
    """Ventricles of the ten people nearest to the middle of life, before and after twenty years more."""
    if not {"ventricles", "white-matter"} <= set(groups) or "age" not in synthesiser.axes:
        return None
    middle = sum(AGEING_AGES) / 2
    chosen = sorted((p for p in people if p.labels is not None), key=lambda p: abs(p.age - middle))[:10]
    calls = synthesiser.model.manifest.solver.final_calls
    voxel_ml = abs(float(np.linalg.det(synthesiser.model.manifest.preparation.grid.affine[:3, :3]))) / 1000
    rows = []
    for index, person in enumerate(chosen):
        progress(index, len(chosen), "ageing people")
        assert person.labels is not None
        ventricles, white = (np.isin(person.labels, groups[name]) for name in ("ventricles", "white-matter"))
        others = np.isin(person.labels, groups.get("csf/other", [])) | (person.image == 0)
        copy = synthesiser.synthesise(Wish(person.image, {}), calls).volume
        older = synthesiser.synthesise(Wish(person.image, {"age": AGEING_YEARS}), calls).volume
        before, after = (fluid_ml(v, copy, ventricles, white, others, voxel_ml) for v in (copy, older))
        read = [synthesiser.read(volume)["age"] for volume in (copy, older)]
        rows.append({"name": person.name, "age": person.age, "ml": [before, after], "read": read})
    change = [100 * (row["ml"][1] / row["ml"][0] - 1) for row in rows]  # type: ignore[index]
    moved = [row["read"][1] - row["read"][0] for row in rows]  # type: ignore[index]
    return {
        "years": AGEING_YEARS,
        "ventricles_percent": bootstrap(mean, change),
        "sign_agreement": bootstrap(mean, [float(value > 0) for value in change]),
        "age_read_change": bootstrap(mean, moved),
        "rows": rows,
    }

"""Everything that is measured of a bundle on a cohort, put together: ``report.json``, the page, the model card.

Each figure is [value, low, high]: 95 % intervals by bootstrap over people. A key whose question bundle or cohort cannot
answer is null, and the section's note says why.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine import __version__
from engine.cohort.groups import REGIONS, read_groups
from engine.cohort.members import read_members
from engine.edit.synthesis import Synthesiser
from engine.errors import DiskError
from engine.evaluation.age import age
from engine.evaluation.bars import bars
from engine.evaluation.between_visits import GAPS, WAYS, between_visits
from engine.evaluation.card import card
from engine.evaluation.disease import disease
from engine.evaluation.follow_ups import visits_over_time
from engine.evaluation.manipulation import manipulation
from engine.evaluation.page import page
from engine.evaluation.reconstruction import reconstruction, throughput
from engine.evaluation.side_by_side import cores_shared_out
from engine.evaluation.subjects import Judged, Progress, Section
from engine.evaluation.time_left import TimeLeft
from engine.evaluation.volumetry import volumetry
from engine.export.atomic import beside, disk_error
from engine.model.card import CARD, write_card
from engine.model.manifest import BUNDLED, sha256

_LIKENESS = dict.fromkeys(("ssim", "mse"))
_BETWEEN = {way: dict.fromkeys(("ssim", "mse", "volume_error")) for way in WAYS}

NAMED: Mapping[str, Mapping[str, Any]] = {
    "reconstruction": {way: _LIKENESS for way in ("autoencoder", "roundtrip", "semantic_only")},
    "age": dict.fromkeys(("mae", "rmse", "r2", "mae_mean", "mae_volumes")),
    "disease": dict.fromkeys(("auc", "acc", "precision", "recall", "f1", "positive")),
    "interpolation": {str(gap): _BETWEEN for gap in GAPS},
    "extrapolation": {str(gap // 2): _BETWEEN for gap in GAPS},
    "manipulation": dict.fromkeys(("sign_agreement", "monotone", "change_correlation", "identity", "age_calibration")),
    "volumetry": {region: dict.fromkeys(("dice", "ml_error")) for region in REGIONS},
    "throughput": {},
}
"""The keys that are always there."""

REPORT = "report.json"
NOT_YET = "The evaluation has not come to it, or was stopped before."

SECONDS = {
    "copying people": 60.0,
    "copying with fewer and more calls": 15.0,
    "reading ages": 1.0,
    "segmenting people": 5.0,
    "following people up": 150.0,
    "measuring regions": 20.0,
    "editing people": 100.0,
    "change maps of atrophy": 25.0,
    "change maps of age": 15.0,
    "reading atrophy": 5.0,
    "between visits": 150.0,
    "timing": 10.0,
}
"""How long each kind of work took for the compact model, 30 people and two cores: by it the time left is told."""


@dataclass(frozen=True)
class Evaluation:
    """``report`` as it stands in ``report.json``; ``sections`` with their pictures."""

    report: Mapping[str, Any]
    sections: Mapping[str, Section]


def evaluate(
    synthesiser: Synthesiser, bundle: Path, cohort: Path, folder: Path, seed: int, progress: Progress
) -> Evaluation:
    """Judges the model of ``bundle`` on the people of split ``test`` of ``cohort``, or on all where there is no split.

    Simulated follow-ups are kept in ``folder``, which is there; so is the report of what is measured so far, after
    every section. Raises ScanError, PreparationError and DiskError.
    """
    began = time.perf_counter()
    members, groups = read_members(cohort), read_groups(cohort)
    told = TimeLeft(progress, SECONDS)
    judged = Judged(synthesiser, bundle, cohort, members, folder, seed, told, groups)
    sections: dict[str, Section] = {}

    def so_far() -> Evaluation:
        waiting = {name: Section(None, NOT_YET) for name in NAMED if name not in sections}
        about = _about(judged) | {"seconds": round(time.perf_counter() - began, 1)}
        return _put_together(about, sections | waiting)

    with cores_shared_out(synthesiser.model) as at_once:
        judged = replace(judged, at_once=at_once)
        for name, measured in (("reconstruction", reconstruction), ("age", age), ("volumetry", volumetry)):
            sections[name] = measured(judged)
            _write(so_far(), folder)
        visited, source = visits_over_time(judged)
        for name, followed in (("manipulation", manipulation), ("disease", disease)):
            sections[name] = followed(judged, visited, source)
            _write(so_far(), folder)
        sections["interpolation"], sections["extrapolation"] = between_visits(judged, visited, source)
        _write(so_far(), folder)
    sections["throughput"] = throughput(judged)
    return so_far()


def _put_together(about: Mapping[str, Any], sections: Mapping[str, Section]) -> Evaluation:
    figures = {name: _complete(sections[name].figures, keys) for name, keys in NAMED.items()}
    notes = {name: sections[name].note for name in NAMED}
    report = {**about, **figures, "notes": notes}
    return Evaluation({**report, "bars": bars(report)}, {name: sections[name] for name in NAMED})


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a report as a manifest keeps them: without the people they come from, and without words."""
    return {
        name: summary(value) if isinstance(value, Mapping) else value
        for name, value in report.items()
        if name not in ("rows", "notes", "bars", "command", "software", "model", "seconds")
    }


def write_report(evaluation: Evaluation, bundle: Path, folder: Path) -> Path:
    """``report.json``, ``report.html`` and the model card in ``folder``; the path of the first. Raises DiskError.

    The card goes into ``bundle`` too, except into the one that comes with the program: that carries its makers' own.
    """
    text = card(evaluation.report)
    _write(evaluation, folder)
    with beside(folder / CARD) as (temporary,):
        temporary.write_text(text, encoding="utf-8")
        if bundle.resolve() != BUNDLED.resolve():
            write_card(bundle, text)
    return folder / REPORT


def _write(evaluation: Evaluation, folder: Path) -> None:
    contents = (
        json.dumps(evaluation.report, indent=1, allow_nan=False) + "\n",
        page(evaluation.report, evaluation.sections),
    )
    with beside(folder / REPORT, folder / "report.html") as temporaries:
        for temporary, content in zip(temporaries, contents, strict=True):
            temporary.write_text(content, encoding="utf-8")


def report_folder(folder: Path, cohort: Path) -> Path:
    """``folder``, made where it is not there. Raises DiskError where that cannot be, or it is the cohort's own."""
    try:
        folder.mkdir(exist_ok=True)
        if cohort.exists() and cohort.samefile(folder):
            raise DiskError(f"{folder.name} is the cohort's own folder, which is never written to: choose another.")
    except OSError as error:
        raise disk_error(folder, error) from error
    return folder


def _about(judged: Judged) -> dict[str, Any]:
    manifest = judged.synthesiser.model.manifest
    ages = [member.age for member in judged.members if member.age is not None]
    return {
        "model": {
            "name": manifest.name,
            "version": manifest.version,
            "licence": manifest.licence,
            "manifest_sha256": sha256(judged.bundle / "manifest.json"),
            "trained_on": dict(manifest.trained_on),
            "grid": list(manifest.preparation.shape),
            "directions": {d.name: {"label": d.label, "unit": d.unit} for d in manifest.directions},
            "edits": manifest.edits,
        },
        "cohort": {
            "name": judged.cohort.resolve().name,
            "people": len(judged.members),
            "ages": [min(ages), max(ages)] if ages else None,
            "labelled": sum(member.first.labels is not None for member in judged.members),
            "visits": sum(len(member.visits) for member in judged.members),
        },
        "people": len(judged.members),
        "seed": judged.seed,
        "command": f"python main.py evaluate --bundle {judged.bundle.name} --cohort {judged.cohort.name} "
        f"-o REPORT_DIR --seed {judged.seed}",
        "software": {
            "neurolapse": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "interval": "95 % percentile bootstrap over people, 2000 draws",
    }


def _complete(figures: Mapping[str, Any] | None, keys: Mapping[str, Any]) -> dict[str, Any]:
    """``figures`` with null under every one of ``keys`` that it does not answer."""
    found = dict(figures or {})
    for name, inner in keys.items():
        if isinstance(inner, Mapping):
            found[name] = _complete(found.get(name), inner)
        else:
            found.setdefault(name, None)
    return found

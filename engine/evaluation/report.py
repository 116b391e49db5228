"""Everything that is measured of a bundle on a cohort, put together: ``report.json``, the page, the model card.

Each figure is [value, low, high]: 95 % intervals by bootstrap over people. A key whose question bundle or cohort cannot
answer is null, and the section's note says why.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
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
from engine.evaluation.between_visits import GAPS, WAYS, between_visits
from engine.evaluation.card import card
from engine.evaluation.disease import disease
from engine.evaluation.follow_ups import visits_over_time
from engine.evaluation.manipulation import manipulation
from engine.evaluation.page import page
from engine.evaluation.reconstruction import reconstruction, throughput
from engine.evaluation.subjects import Judged, Progress, Section
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


@dataclass(frozen=True)
class Evaluation:
    """``report`` as it stands in ``report.json``; ``sections`` with their pictures."""

    report: Mapping[str, Any]
    sections: Mapping[str, Section]


def evaluate(
    synthesiser: Synthesiser, bundle: Path, cohort: Path, folder: Path, seed: int, progress: Progress
) -> Evaluation:
    """Judges the model of ``bundle`` on the people of split ``test`` of ``cohort``, or on all where there is no split.

    Simulated follow-ups are kept in ``folder``, which is there. Raises ScanError, PreparationError and DiskError.
    """
    began = time.perf_counter()
    judged = Judged(
        synthesiser,
        bundle,
        cohort,
        read_members(cohort),
        folder,
        seed,
        progress,
        read_groups(cohort),
    )
    sections = {"throughput": throughput(judged), "reconstruction": reconstruction(judged), "age": age(judged)}
    sections["volumetry"] = volumetry(judged)
    visited, source = visits_over_time(judged)
    sections["manipulation"] = manipulation(judged, visited, source)
    sections["disease"] = disease(judged, visited, source)
    sections["interpolation"], sections["extrapolation"] = between_visits(judged, visited, source)
    about = _about(judged) | {"seconds": round(time.perf_counter() - began, 1)}
    figures = {name: _complete(sections[name].figures, keys) for name, keys in NAMED.items()}
    notes = {name: sections[name].note for name in NAMED}
    return Evaluation({**about, **figures, "notes": notes}, {name: sections[name] for name in NAMED})


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a report as a manifest keeps them: without the people they come from, and without words."""
    return {
        name: summary(value) if isinstance(value, Mapping) else value
        for name, value in report.items()
        if name not in ("rows", "notes", "command", "software", "model", "seconds")
    }


def write_report(evaluation: Evaluation, bundle: Path, folder: Path) -> Path:
    """``report.json``, ``report.html`` and the model card in ``folder``; the path of the first. Raises DiskError.

    The card goes into ``bundle`` too, except into the one that comes with the program: that carries its makers' own.
    """
    text = card(evaluation.report)
    paths = folder / "report.json", folder / "report.html", folder / CARD
    contents = (
        json.dumps(evaluation.report, indent=1, allow_nan=False) + "\n",
        page(evaluation.report, evaluation.sections),
        text,
    )
    with beside(*paths) as temporaries:
        for temporary, content in zip(temporaries, contents, strict=True):
            temporary.write_text(content, encoding="utf-8")
        if bundle.resolve() != BUNDLED.resolve():
            write_card(bundle, text)
    return paths[0]


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

"""The model card's words, written from a report: what the model is, what it is worth, on whom, what it is not for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.evaluation.words import figure_in_words
from engine.model.manifest import EDITS

HEADLINES: Mapping[str, str] = {
    "reconstruction.autoencoder.ssim": "SSIM of the autoencoder's copy (width 7, whole volume)",
    "reconstruction.roundtrip.ssim": "SSIM of the round trip through diffusion",
    "reconstruction.semantic_only.ssim": "SSIM of what the semantic code alone tells",
    "age.mae": "age read, mean absolute error, years",
    "age.r2": "age read, R²",
    "age.mae_mean": "the same error, always saying the mean age, years",
    "age.mae_volumes": "the same error of a ridge regression on region volumes, years",
    "disease.auc": "Alzheimer-type atrophy told from healthy ageing, ROC-AUC (change since the first visit)",
    "disease.acc": "the same, accuracy",
    "disease.one_scan.auc": "the same from one scan alone, ROC-AUC",
    "interpolation.6.model.ssim": "visit in the middle of 6 months, SSIM",
    "interpolation.24.model.ssim": "visit in the middle of 24 months, SSIM",
    "interpolation.24.model.volume_error": "the same, regional volume error, %",
    "interpolation.24.copy.volume_error": "the same of copying the earlier visit, %",
    "interpolation.24.voxel.volume_error": "the same of averaging voxels, %",
    "manipulation.sign_agreement": "edits that move ventricles and hippocampi the right way, share",
    "manipulation.monotone": "edits whose effect grows with the dose, share",
    "manipulation.change_correlation": "predicted and true change map, correlation inside the brain",
    "manipulation.identity": "edited scans nearest to their own original, share",
    "manipulation.age_calibration": "years that an independent reader sees of 10 asked for",
    "volumetry.ventricles.dice": "ventricles found, Dice",
    "volumetry.hippocampus.dice": "hippocampi found, Dice",
}
"""The figures that stand for the others, by key."""


def headlines(report: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """(key, meaning, figure) of those ``HEADLINES`` that the report answers."""
    found = []
    for key, meaning in HEADLINES.items():
        value: Any = report
        for name in key.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None:
            found.append((key, meaning, value))
    return found


def card(report: Mapping[str, Any]) -> str:
    """Markdown."""
    model, cohort = report["model"], report["cohort"]
    ages = f", {cohort['ages'][0]:.0f} to {cohort['ages'][1]:.0f} years" if cohort["ages"] else ""
    trained = model["trained_on"]
    learnt = f"{trained['people']} people" if "people" in trained else "people whom its manifest does not tell of"
    if "ages" in trained:
        learnt += f" of {trained['ages'][0]:.0f} to {trained['ages'][1]:.0f} years"
    named = ((d["label"], ", ".join(filter(None, (f"`{name}`", d["unit"])))) for name, d in model["directions"].items())
    directions = "; ".join(f"{label} ({told})" for label, told in named) or "none"
    unanswered = [name for name in report["notes"] if _silent(report[name])]
    lines = [
        f"# {model['name']} {model['version']}",
        "",
        "A Latent Diffusion Autoencoder for T1 MRI of the brain: it codes a prepared scan, moves the code along "
        "directions, and draws how the brain would then look.",
        "",
        f"- **Grid**: {' × '.join(map(str, model['grid']))} voxels",
        f"- **Directions**: {directions}",
        f"- **Edits**: {EDITS[model['edits']]}",
        f"- **Learnt from**: {learnt}",
        f"- **Licence**: {model['licence']}",
        "",
        "## What it is worth",
        "",
        f"Measured on {cohort['people']} people of `{cohort['name']}`{ages}. Values with {report['interval']}.",
        "",
        "| figure | value | 95 % |",
        "|---|---|---|",
        *(f"| {meaning} | {' | '.join(figure_in_words(value))} |" for _, meaning, value in headlines(report)),
        "",
        "## How it was measured",
        "",
        *(f"- **{name}**: {note}" for name, note in report["notes"].items() if note and name not in unanswered),
    ]
    if unanswered:
        lines += ["", "Not measured:", "", *(f"- **{name}**: {report['notes'][name]}" for name in unanswered)]
    lines += [
        "",
        f"`{report['command']}`; Neurolapse {report['software']['neurolapse']}, torch {report['software']['torch']}.",
        "",
        "## What it is not for",
        "",
        "Research only, not a medical device. What it draws is what it learnt from other people, not a prediction for "
        "a "
        "person. Figures hold for people, scanners and preparation like those it was measured on; follow-ups that were "
        "simulated change volumes and nothing else: no lesions, no loss of contrast, nobody who gets worse faster.",
    ]
    return "\n".join(lines) + "\n"


def _silent(value: Any) -> bool:
    """Whether nothing in a section is answered."""
    if isinstance(value, Mapping):
        return all(_silent(inner) for inner in value.values())
    return value is None

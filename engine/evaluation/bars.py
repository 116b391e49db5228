"""What a model should be worth before it takes the place of another, beside what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engine.evaluation.words import number

Report = Mapping[str, Any]

SPARED = (12, 24, 36, 48)
"""Months between visits at which a prediction should spare errors of volumes."""


@dataclass(frozen=True)
class Bar:
    """``met``: by the value alone, whatever its interval; None where it was not measured."""

    asked: str
    measured: str
    met: bool | None


def bars(report: Report) -> list[dict[str, Any]]:
    """Every bar, as a report keeps it."""
    found = [
        _least(report, "reconstruction.autoencoder.ssim", 0.96, "the autoencoder's SSIM"),
        _roundtrip(report),
        _age(report),
        _least(report, "disease.auc", 0.90, "ROC-AUC of Alzheimer-type atrophy"),
        _least(report, "disease.acc", 0.84, "its accuracy"),
        _least(report, "interpolation.6.model.ssim", 0.969, "SSIM in the middle of 6 months"),
        _least(report, "interpolation.24.model.ssim", 0.93, "SSIM in the middle of 24 months"),
        *(
            _bar(
                f"smaller error of regional volumes than {words}, {gap} months",
                value(report, f"interpolation.{gap}.saved_on_{way}"),
                lambda saved: saved > 0,
                lambda saved: f"{number(abs(saved))} % {'less' if saved > 0 else 'more'}",
            )
            for way, words in (("copy", "copying"), ("voxel", "averaging voxels"))
            for gap in SPARED
        ),
        _least(report, "manipulation.sign_agreement", 0.95, "share of edits whose regions move the right way"),
        _least(report, "manipulation.monotone", 0.95, "share of effects that grow with the dose"),
        _least(report, "manipulation.change_correlation", 0.6, "predicted with true change map, r"),
        _least(report, "manipulation.identity", 0.95, "share of edits nearest to their own original"),
        _least(report, "volumetry.ventricles.dice", 0.85, "Dice of the ventricles"),
        _least(report, "volumetry.hippocampus.dice", 0.75, "Dice of the hippocampi"),
    ]
    return [asdict(bar) for bar in found]


def value(report: Report, key: str) -> float | None:
    """The value of a figure by its key; None where there is none."""
    found: Any = report
    for name in key.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return float(found[0]) if isinstance(found, list) else None


def _bar(
    asked: str, measured: float | None, meets: Callable[[float], bool], words: Callable[[float], str] = number
) -> Bar:
    if measured is None:
        return Bar(asked, "–", None)
    return Bar(asked, words(measured), meets(measured))


def _least(report: Report, key: str, least: float, words: str) -> Bar:
    return _bar(f"{words} at least {least:g}", value(report, key), lambda measured: measured >= least)


def _roundtrip(report: Report) -> Bar:
    alone, both = (value(report, f"reconstruction.{way}.ssim") for way in ("autoencoder", "roundtrip"))
    calls = report["reconstruction"].get("calls")
    asked = "the whole round trip's SSIM within 0.005 of it, by at most 20 calls each way"
    if alone is None or both is None or calls is None:
        return Bar(asked, "–", None)
    return Bar(asked, f"{both - alone:+.4f} by {calls} calls", abs(both - alone) <= 0.005 and calls <= 20)


def _age(report: Report) -> Bar:
    over, r2 = value(report, "age.mae_over_volumes"), value(report, "age.r2")
    asked = "error of the age at most 0.85 of that of volumes, or R² at least 0.85"
    if over is None and r2 is None:
        return Bar(asked, "–", None)
    words = [f"{over:.2f} of it"] if over is not None else []
    words += [f"R² {r2:.2f}"] if r2 is not None else []
    return Bar(asked, "; ".join(words), (over is not None and over <= 0.85) or (r2 is not None and r2 >= 0.85))

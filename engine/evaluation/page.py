"""The page of a report: one file that needs no other, readable without colour and in any browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from engine.evaluation.card import headlines
from engine.evaluation.charts import Series, chart
from engine.evaluation.subjects import Section
from engine.evaluation.words import figure_in_words

Report = Mapping[str, Any]

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1c1f23;background:#fff;max-width:66rem;margin:2rem auto;padding:0 1.2rem}
h1{font-size:1.9rem;margin-bottom:.2rem}h2{margin-top:2.6rem;border-bottom:1px solid #c9ced6}h3{margin-bottom:.3rem}
table{border-collapse:collapse;margin:.8rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem .9rem .25rem 0;border-bottom:1px solid #e3e6ea;vertical-align:top}
th{font-weight:600}td small{color:#555}figure{display:inline-block;margin:.6rem 1rem .6rem 0;max-width:100%}
figcaption{font-size:.9rem;color:#333;max-width:56rem}figcaption span{margin-left:.8rem;white-space:nowrap}
figcaption span svg{vertical-align:-2px;margin-right:.2rem}svg text{font-size:12px;fill:#333}
.grid{stroke:#e3e6ea}.diagonal{stroke:#888;stroke-dasharray:4 3}.note{max-width:56rem;color:#333}
.columns{display:flex;max-width:100%;font-size:.85rem;color:#333}
.columns span{flex:1}img{max-width:100%;height:auto;display:block}
code{background:#f2f4f7;padding:.1rem .3rem;overflow-wrap:anywhere}nav a{margin-right:1rem}
.met{color:#1b6e3c}.missed{color:#a8231c}td b{white-space:nowrap}
"""

_TITLES = {
    "reconstruction": "Reconstruction",
    "age": "Age",
    "disease": "Alzheimer-type atrophy",
    "interpolation": "Between visits",
    "extrapolation": "Beyond the last visit",
    "manipulation": "Edits",
    "volumetry": "Volumes of regions",
    "throughput": "Throughput",
}


def page(report: Report, sections: Mapping[str, Section]) -> str:
    """HTML."""
    model, cohort = report["model"], report["cohort"]
    ages = f", {cohort['ages'][0]:.0f} to {cohort['ages'][1]:.0f} years" if cohort["ages"] else ""
    software = ", ".join(f"{name} {version}" for name, version in report["software"].items())
    body = [
        f"<h1>{escape(model['name'])} {escape(model['version'])}</h1>",
        f"<p>Measured on {cohort['people']} people of {escape(cohort['name'])}{ages}, in {report['seconds'] / 60:.0f} "
        "minutes. "
        f"Each figure with its {escape(report['interval'])}.</p>",
        f"<p><code>{escape(report['command'])}</code><br><small>{escape(software)}; manifest SHA-256 "
        f"{model['manifest_sha256'][:16]}…; seed {report['seed']}</small></p>",
        "<nav>" + "".join(f'<a href="#{name}">{title}</a>' for name, title in _TITLES.items()) + "</nav>",
        "<h2>What it is held to</h2>",
        _table(
            ("asked", "measured", ""),
            [(escape(bar["asked"]), escape(bar["measured"]), _met(bar["met"])) for bar in report["bars"]],
        ),
        "<h2>At a glance</h2>",
        _table(
            ("figure", "value", "95 %", "key"),
            [
                (escape(meaning), *figure_in_words(value), f"<code>{key}</code>")
                for key, meaning, value in headlines(report)
            ],
        ),
    ]
    for name, title in _TITLES.items():
        body.append(f'<h2 id="{name}">{title}</h2>')
        body.append(f'<p class="note">{escape(sections[name].note)}</p>')
        if sections[name].figures is None:
            body.append("<p>Not measured.</p>")
            continue
        body.append(_BODIES[name](report[name]))
        for picture in sections[name].pictures:
            titles = "".join(f"<span>{escape(title)}</span>" for title in picture.titles)
            body.append(
                f'<figure><div class="columns" style="width:{picture.pixels.shape[1]}px">{titles}</div>'
                f'<img src="{picture.source}" alt="{escape(picture.caption)}">'
                f"<figcaption>{escape(picture.caption)} The person’s left is on the right.</figcaption></figure>"
            )
    body.append(
        "<p><small>Research only, not a medical device. What the model draws is synthetic: it is what the model "
        "learnt from "
        "other people, not a prediction for a person.</small></p>"
    )
    title = f"{model['name']} {model['version']} on {cohort['name']}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body>{''.join(body)}</body></html>\n"
    )


def _reconstruction(found: Report) -> str:
    ways = {"autoencoder": "autoencoder alone", "roundtrip": "round trip", "semantic_only": "y alone"}
    names = {
        "ssim": "SSIM, width 7",
        "ssim_4": "width 4",
        "ssim_3": "width 3",
        "ssim_7_brain": "width 7, brain",
        "ssim_4_brain": "width 4, brain",
        "ssim_3_brain": "width 3, brain",
        "mse": "MSE",
        "mse_brain": "MSE, brain",
    }
    rows = [(label, *(_cell(found[way].get(name)) for way in ways)) for name, label in names.items()]
    by_calls = {int(calls): figures["ssim"] for calls, figures in found.get("by_calls", {}).items()}
    points = [(float(calls), *figure) for calls, figure in sorted(by_calls.items()) if figure]
    return _table(("", *ways.values()), rows) + chart(
        "SSIM of the round trip by denoiser calls each way.", "calls", "SSIM", [Series("", points)]
    )


def _age(found: Report) -> str:
    names = {
        "mae": "mean absolute error, years",
        "rmse": "root mean square error, years",
        "r2": "R²",
        "mae_mean": "error of always saying the mean, years",
        "mae_volumes": "error of the ridge on volumes, years",
        "mae_over_volumes": "the model's error over that of volumes",
    }
    points = [(row["age"], row["read"], row["read"], row["read"]) for row in found["rows"]]
    return _named(found, names) + chart(
        "Age read by age lived; on the dashed line both agree.",
        "years lived",
        "years read",
        [Series("", points, False)],
        True,
    )


def _disease(found: Report) -> str:
    names = {"auc": "ROC-AUC", "acc": "accuracy", "precision": "precision", "recall": "recall", "f1": "F1"}
    rows = [(label, _cell(found[name]), _cell(found["one_scan"][name])) for name, label in names.items()]
    series = []
    for key, label in (("since", "change since the first visit"), ("one_scan", "one scan")):
        series.append(Series(label, _roc([(row["ill"], row[key]) for row in found["rows"]])))
    return _table(("positive: Alzheimer-type", "change since the first visit", "one scan"), rows) + chart(
        "Receiver operating characteristic.", "share of the healthy called ill", "share of the ill found", series
    )


def _roc(told: Sequence[tuple[bool, float]]) -> list[tuple[float, float, float, float]]:
    ill, healthy = ([score for label, score in told if label is wanted] for wanted in (True, False))
    points = []
    for threshold in [float("inf"), *sorted({score for _, score in told}, reverse=True)]:
        false, true = (sum(score >= threshold for score in scores) / len(scores) for scores in (healthy, ill))
        points.append((false, true, true, true))
    return points


def _between(found: Report) -> str:
    ways = {
        "model": "model",
        "copy": "copy of a visit",
        "voxel": "voxels, straight line",
        "latent": "latents, straight line",
    }
    names = {"ssim": "SSIM", "mse": "MSE", "volume_error": "volume error, %"}
    gaps = sorted(int(gap) for gap in found)
    rows = [
        (f"{gap} months", names[name], *(_cell(found[str(gap)][way][name]) for way in ways))
        for gap in gaps
        for name in names
    ]
    charts = []
    for name in ("ssim", "volume_error"):
        series = [
            Series(label, [(float(gap), *found[str(gap)][way][name]) for gap in gaps if found[str(gap)][way][name]])
            for way, label in ways.items()
        ]
        charts.append(chart(f"{names[name]} by months.", "months", names[name], series))
    return _table(("", "", *ways.values()), rows) + "".join(charts)


def _manipulation(found: Report) -> str:
    names = {
        "sign_agreement": "regions move the right way, share",
        "monotone": "the effect grows with the dose, share",
        "change_correlation": "predicted and true change map, r",
        "identity": "nearest to the own original, share",
        "age_calibration": "years an independent reader sees of 10 asked for",
    }
    maps = [
        (f"change map, {direction}, with the difference of {kind}", _cell(figure))
        for direction, kinds in found["change_correlation_by"].items()
        for kind, figure in (("scans", kinds["scan"]), ("copies", kinds["copies"]))
        if figure
    ]
    parts = [_named(found, names), _table(("", "r"), maps) if maps else ""]
    for direction, doses in found["directions"].items():
        regions = list(next(iter(doses.values()))["percent"])
        others = list(next(iter(doses.values()))["others"])
        rows = [
            (
                dose,
                _cell(told["read"]),
                *(_cell(told["percent"][region]) for region in regions),
                *(_cell(told["others"][other]) for other in others),
                *(_cell(told["others_held"].get(other)) for other in others),
            )
            for dose, told in doses.items()
        ]
        header = (
            "asked",
            "own reader moves",
            *(f"{region}, %" for region in regions),
            *(f"reader of {other}, SD" for other in others),
            *(f"{other} held, SD" for other in others),
        )
        parts.append(f"<h3>{escape(direction)}</h3>" + _transposed(header, rows))
        series = [
            Series(
                region,
                sorted(
                    [(float(dose), *told["percent"][region]) for dose, told in doses.items() if told["percent"][region]]
                    + [(0.0, 0.0, 0.0, 0.0)]
                ),
            )
            for region in ("ventricles", "hippocampus", "cortical-grey", "white-matter")
            if region in regions
        ]
        parts.append(chart(f"Dose and response of {direction}.", "asked", "change of volume, %", series))
    return "".join(parts)


def _volumetry(found: Report) -> str:
    rows = [
        (escape(region), _cell(told["dice"]), _cell(told["ml_error"]), _cell(told.get("percent_error")))
        for region, told in found.items()
    ]
    return _table(("region", "Dice", "error, ml", "error, %"), rows)


def _throughput(found: Report) -> str:
    return _table(
        ("", "median (quartiles)"),
        [(escape(name.replace("_", " ")), _cell(value)) for name, value in found.items() if isinstance(value, list)],
    )


_BODIES = {
    "reconstruction": _reconstruction,
    "age": _age,
    "disease": _disease,
    "interpolation": _between,
    "extrapolation": _between,
    "manipulation": _manipulation,
    "volumetry": _volumetry,
    "throughput": _throughput,
}


def _met(met: bool | None) -> str:
    """In words too: not everybody sees the colours, and no printer need have them."""
    if met is None:
        return "not measured"
    return '<b class="met">✓ met</b>' if met else '<b class="missed">✗ missed</b>'


def _named(found: Report, names: Mapping[str, str]) -> str:
    return _table(
        ("", "value", "95 %"), [(escape(label), *figure_in_words(found.get(key))) for key, label in names.items()]
    )


def _cell(figure: Any) -> str:
    value, interval = figure_in_words(figure)
    return f"{value} <small>({interval})</small>" if interval else value


def _transposed(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Long rows stand better as columns."""
    across = list(zip(header, *rows, strict=True))
    return _table(across[0], across[1:])


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

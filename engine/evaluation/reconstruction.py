"""How like the scans their copies are: by the autoencoder alone, by the whole way there and back, by y alone."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from engine.cohort.members import Member
from engine.evaluation import pictures
from engine.evaluation.intervals import Figure, bootstrap, mean
from engine.evaluation.subjects import WIDTH, Judged, Section, evenly, similarity, squared_error, those
from engine.measure.similarity import ssim_map
from engine.model.device import describe_device
from engine.volume import FloatArray

WAYS = ("autoencoder", "roundtrip", "semantic_only")
WIDTHS = (3, 4, 7)
CURVE_CALLS = (2, 4, 8, 12, 20)
CURVE_PEOPLE = 5
TIMED = 3
ERROR_LIMIT = 0.2
"""Grey value, of 1, at which a map of errors has its full colour."""

Row = Mapping[str, float]


def reconstruction(judged: Judged) -> Section:
    middle = evenly(judged.members, 3)[-2:][0]
    model = judged.synthesiser.model

    def copied(member: Member) -> tuple[dict[str, Row], pictures.Picture | None]:
        scan = judged.image(member.first)
        copies = {
            "autoencoder": judged.autoencoded(scan),
            "roundtrip": judged.copy(scan),
            "semantic_only": model.decode(model.encode(scan, judged.calls, drawn=judged.seed)),
        }
        picture = _picture(member.name, scan, copies) if member is middle else None
        return {way: _row(scan, copy) for way, copy in copies.items()}, picture

    found = judged.each(judged.members, copied, "copying people")
    rows = {way: [row[way] for row, _ in found] for way in WAYS}
    drawn = tuple(picture for _, picture in found if picture)
    figures: dict[str, Any] = {way: _figures(rows[way]) for way in WAYS}
    figures["calls"] = judged.calls
    figures["solver"] = model.manifest.solver.name
    figures["by_calls"] = _by_calls(judged)
    figures["rows"] = [
        {"name": member.name, **{way: rows[way][k]["ssim"] for way in WAYS}} for k, member in enumerate(judged.members)
    ]
    note = (
        f"First visits of {those(len(judged.members), len(judged.members))}. ssim: Gaussian window of σ 1.5 and width "
        f"{WIDTH}, range 1, whole volume with its background; mse: mean squared error, grey values 0 to 1; the same at "
        "other widths and inside the brain alone beside it. autoencoder: encoded and decoded without diffusion. "
        f"roundtrip: {judged.calls} denoiser calls there and back, as recommended. semantic_only: what y alone tells, "
        "the "
        f"noise drawn from seed {judged.seed}. by_calls: round trips of {min(CURVE_PEOPLE, len(judged.members))} "
        "people."
    )
    return Section(figures, note, drawn)


def throughput(judged: Judged) -> Section:
    """Seconds on this machine, whatever else it did meanwhile: quartiles over people."""
    model, seconds = judged.synthesiser.model, dict[str, list[float]]()

    def timed(what: str, began: float) -> float:
        now = time.perf_counter()
        seconds.setdefault(what, []).append(now - began)
        return now

    chosen = evenly(judged.members, 1 + TIMED)
    for index, member in enumerate(chosen):
        judged.progress(index, len(chosen), "timing")
        scan = judged.image(member.first)
        began = time.perf_counter()
        model.semantic_code(scan)
        began = timed("read_seconds", began)
        codes = model.encode(scan, judged.calls)
        began = timed("encode_seconds", began)
        model.decode(codes)
        began = timed("decode_seconds", began)
        preview = model.encode(scan, model.manifest.solver.preview_calls)
        began = time.perf_counter()
        model.decode(preview)
        timed("preview_seconds", began)
    # The first one warms up.
    kept = {what: found[1:] or found for what, found in seconds.items()}
    quartiles = {what: [float(q) for q in np.percentile(found, (50, 25, 75))] for what, found in kept.items()}
    whole = [3600.0 / (e + d) for e, d in zip(kept["encode_seconds"], kept["decode_seconds"], strict=True)]
    quartiles["scans_per_hour"] = [float(q) for q in np.percentile(whole, (50, 25, 75))]
    machine = (
        f"{describe_device(model.device)}, {str(model.precision).removeprefix('torch.')}, torch {torch.__version__}"
    )
    note = (
        f"Median and quartiles of {len(chosen) - 1 or 1} scans, on {machine}, with whatever else the machine did: "
        "`bench` "
        "measures with more care. read: y alone; encode and decode: with the recommended calls; preview: decoding with "
        "the calls of a preview; scans_per_hour: encoded and decoded."
    )
    return Section({**quartiles, "machine": machine}, note)


def _row(scan: FloatArray, copy: FloatArray) -> Row:
    x, y = (torch.from_numpy(v)[None, None] for v in (scan, copy))
    brain = scan > 0
    row = {"mse": squared_error(scan, copy), "mse_brain": float(np.square(scan - copy)[brain].mean())}
    for width in WIDTHS:
        found = ssim_map(x, y, width)[0, 0].numpy()
        before = (width - 1) // 2
        inside = brain[tuple(slice(before, before + n) for n in found.shape)]
        row[f"ssim_{width}"] = float(found.mean())
        row[f"ssim_{width}_brain"] = float(found[inside].mean())
    return {"ssim": row[f"ssim_{WIDTH}"], **row}


def _figures(rows: Sequence[Row]) -> dict[str, Figure | None]:
    return {name: bootstrap(mean, [row[name] for row in rows]) for name in rows[0] if name != f"ssim_{WIDTH}"}


def _by_calls(judged: Judged) -> dict[str, dict[str, Figure | None]]:
    """Round trips by the number of denoiser calls each way."""
    model = judged.synthesiser.model

    def copied(member: Member) -> dict[int, tuple[float, float]]:
        scan = judged.image(member.first)
        copies = {calls: model.decode(model.encode(scan, calls)) for calls in CURVE_CALLS}
        return {calls: (similarity(copy, scan), squared_error(copy, scan)) for calls, copy in copies.items()}

    rows = judged.each(evenly(judged.members, CURVE_PEOPLE), copied, "copying with fewer and more calls")
    return {
        str(calls): {name: bootstrap(mean, [row[calls][k] for row in rows]) for k, name in enumerate(("ssim", "mse"))}
        for calls in CURVE_CALLS
    }


def _picture(name: str, scan: FloatArray, copies: Mapping[str, FloatArray]) -> pictures.Picture:
    words = {"autoencoder": "autoencoder", "roundtrip": "round trip", "semantic_only": "y alone"}
    return pictures.columns(
        f"{name}: scan, copies, and what the round trip got wrong (full colour at {ERROR_LIMIT:g} of the grey scale; "
        "red "
        "is brighter than the scan, blue darker).",
        [
            ("scan", pictures.grey(scan)),
            *((words[way], pictures.grey(copy)) for way, copy in copies.items()),
            ("round trip − scan", pictures.change(copies["roundtrip"] - scan, scan, ERROR_LIMIT)),
        ],
    )

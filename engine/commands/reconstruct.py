"""The model's copy of a scan, and how far it is from it."""

from __future__ import annotations

import argparse

from engine.commands import Progress, Report
from engine.commands.scan_argument import sources_of
from engine.commands.synthesis_arguments import add_synthesis_arguments, check_steps, loading, subject_of, ticking


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_synthesis_arguments(parser)
    parser.add_argument(
        "--semantic-only", action="store_true", help="from the semantic code alone: the noise is drawn from --seed"
    )


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    from engine.export import check_target
    from engine.export.synthetic import Order, make, write
    from engine.measure.similarity import compare

    check_target(arguments.output, sources_of(arguments))
    steps = check_steps(arguments)
    subject = subject_of(arguments, progress, loading(arguments, arguments.solver))
    order = Order(
        {},
        calls=steps,
        space=arguments.space,
        form=arguments.form,
        seed=arguments.seed,
        semantic_only=arguments.semantic_only,
    )
    made = make(subject.synthesiser, subject.scan, subject.prepared, order, ticking(progress, "copying"))
    path = write(made, arguments.output, subject.scan)
    found = compare(made.synthesis.volume, subject.prepared.volume.data)
    data = {
        "path": str(path),
        "mean_absolute_difference": found.mean_absolute_difference,
        "ssim": found.ssim,
        "space": "native" if made.native else "model",
        "solver": made.provenance.solver,
        "steps": made.synthesis.calls,
    }
    text = f"Copy and scan differ by {found.mean_absolute_difference:.4f} on average (0 to 1), SSIM {found.ssim:.4f}."
    return Report(data, text, warnings=subject.warnings)

"""One synthesised volume as a derivative of the BIDS dataset that its scan lies in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.export.derivatives import deriving, source_of
from engine.export.synthetic import Made, weights_sha256, write
from engine.model.manifest import Manifest
from engine.scans import Scan
from engine.scans.bids import visit_at


def write_derivative(made: Made, path: Path, folder: Path, scan: Scan, model: Manifest) -> Path:
    """``made`` at ``path`` in ``folder``, which is made a dataset of derivatives where it is none yet; the path.

    Raises ScanError where ``scan`` lies in no BIDS dataset, and DiskError; then nothing new is left.
    """
    visit = visit_at(scan.header.path)
    provenance = replace(made.provenance, details={**made.provenance.details, "Sources": [source_of(visit)]})
    with deriving(folder, visit.root, [path], model, weights_sha256(model)):
        return write(replace(made, provenance=provenance), path, scan)

"""One synthesised volume as a derivative of the BIDS dataset that its scan lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.export.derivatives import deriving, source_of
from engine.export.synthetic import Made, weights_sha256, write
from engine.model.manifest import Manifest
from engine.scans import Scan
from engine.scans.bids import Visit


def write_derivative(
    made: Made, path: Path, folder: Path, scan: Scan, places: Sequence[Visit], model: Manifest
) -> Path:
    """``made``, of ``scan``, at ``path`` in ``folder``, made a dataset of derivatives where it is none yet; the path.

    ``places``: of all scans that it was made from, in one BIDS dataset. Raises DiskError; then nothing new is left.
    """
    provenance = replace(made.provenance, details={**made.provenance.details, "Sources": [*map(source_of, places)]})
    with deriving(folder, places[0].root, [path], model, weights_sha256(model)):
        return write(replace(made, provenance=provenance), path, scan)

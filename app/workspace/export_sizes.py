"""About how large exported files become."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.workspace.document import Scan

# What packing leaves of a head's bytes; of a packed head where the brain alone is written; and bytes a voxel of a
# brain on the model's grid, and of the frames of a timeline, some of which are scans of few grey levels. All measured.
PACKED, BRAIN_ALONE = 0.45, 0.5
MODEL_BYTES, FRAME_BYTES = 2.0, 1.0


def native_megabytes(scan: Scan) -> float:
    """Of the scan's voxels as they are, packed. Raises ScanError where they cannot be read."""
    from engine.scans import describe  # reads files with nibabel: not before the first paint

    header = describe(scan.path, scan.series)
    if scan.path.lower().endswith((".gz", ".mgz")):
        return Path(scan.path).stat().st_size / max(header.volumes, 1) / 1e6
    x, y, z = header.shape
    return x * y * z * np.dtype(header.dtype).itemsize * PACKED / 1e6

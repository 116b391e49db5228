"""A timeline as one 4D NIfTI with its JSON sidecar."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

import nibabel as nib
import numpy as np

from engine.export.provenance import Provenance
from engine.export.timeline import Frame, year_step
from engine.export.volume_file import check_target, mark, place


def write_timeline(
    path: str | Path, frames: Sequence[Frame], provenance: Provenance, sources: Collection[str | Path] = ()
) -> Path:
    """``frames`` (all on one grid) as float32 NIfTI at ``path`` with its sidecar, both or neither; the path.

    ``pixdim[4]`` is the step in years, 1 where steps are uneven; NIfTI has no unit of years, so none is set.
    Raises DiskError and UsageError as ``write_volume`` does.
    """
    path = Path(path)
    check_target(path, sources)
    record = json.dumps(provenance.to_json(), indent=2, ensure_ascii=False)
    image = nib.Nifti1Image(np.stack([frame.volume.data for frame in frames], axis=3), frames[0].volume.affine)
    image.header["pixdim"][4] = year_step(frames) or 1.0
    mark(image, provenance, record)
    place(path, image, record)
    return path

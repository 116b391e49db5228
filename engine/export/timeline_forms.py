"""A timeline in the form that its file's name asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from engine.edit.synthesis import Synthesiser
from engine.errors import UsageError
from engine.export.atomic import check_place
from engine.export.film import check_film, write_film
from engine.export.measures_file import write_measures
from engine.export.timeline import Frame, provenance_of
from engine.export.timeline_file import write_timeline
from engine.export.volume_file import check_target
from engine.measure.volumetry import region_volumes

ENDINGS = {"timeline4d": (".nii.gz", ".nii"), "gif": (".gif",), "mp4": (".mp4",), "csv": (".csv",)}


def form_of(path: str | Path) -> str:
    """A key of ``ENDINGS``. Raises UsageError for a name that is of none."""
    name = Path(path).name
    for form, endings in ENDINGS.items():
        if name.lower().endswith(endings):
            return form
    raise UsageError(f"{name} is no name of a timeline: let it end with .nii.gz, .gif, .mp4 or .csv.")


def check_form(path: str | Path, sources: Collection[str | Path] = ()) -> None:
    """Raises what ``write_form`` would for this ``path``, before any work is done for it."""
    match form_of(path):
        case "timeline4d":
            check_target(path, sources)
        case "csv":
            check_place(Path(path), sources)
        case _:
            check_film(Path(path), sources)


def write_form(
    path: str | Path,
    frames: Sequence[Frame],
    synthesiser: Synthesiser,
    seed: int = 0,
    fps: int = 2,
    sources: Collection[str | Path] = (),
) -> Path:
    """``frames`` as 4D NIfTI, film or table of what the model reads from each, by the ending of ``path``; the path.

    Whole or not at all. Raises DiskError and UsageError.
    """
    path = Path(path)
    check_form(path, sources)
    match form_of(path):
        case "timeline4d":
            return write_timeline(path, frames, provenance_of(frames, seed), sources)
        case "csv":
            volumes = [region_volumes(synthesiser.model, frame.volume.data) or {} for frame in frames]
            # A reader and a region may both be of the ventricles.
            measures = [
                {f"{name} read": value for name, value in synthesiser.read(frame.volume.data).items()} | of_regions
                for frame, of_regions in zip(frames, volumes, strict=True)
            ]
            units = {f"{direction.name} read": direction.unit for direction in synthesiser.model.manifest.directions}
            return write_measures(path, frames, measures, units | dict.fromkeys(volumes[0], "ml, template"))
        case _:
            return write_film(path, frames, provenance_of(frames, seed), fps, sources)

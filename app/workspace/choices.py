"""What a file or folder that holds several scans offers to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # engine.scans loads nibabel
    from engine.scans import ScanHeader


@dataclass(frozen=True)
class Offer:
    """One scan of several: ``words`` name it, ``size`` tells voxels and memory, ``modality`` is empty if unknown."""

    words: str
    modality: str
    size: str
    series: int | None
    volume: int | None = None


@dataclass(frozen=True)
class Choice:
    """``proposed``: the index of the offer that is taken unless another is chosen."""

    path: Path
    sentence: str
    offers: tuple[Offer, ...]
    proposed: int = 0


def choice_in(header: ScanHeader, series: int | None, volume: int | None) -> Choice | None:
    """What is to be asked before the scan can be opened; None where it is the only one, or was chosen."""
    if len(header.series) > 1 and series is None:
        offers = tuple(
            Offer(f"{one.number}  {one.description}".strip(), one.modality, _size(header, one.shape), one.number)
            for one in header.series
        )
        proposed = next((i for i, one in enumerate(header.series) if one.shape == header.shape), 0)
        sentence = f"{header.name} holds {len(offers)} series: choose the T1 scan."
        return Choice(header.path, sentence, offers, proposed)
    if header.volumes > 1 and volume is None:
        size = _size(header, header.shape)
        offers = tuple(
            Offer(f"Volume {index + 1} of {header.volumes}", header.modality, size, series, index)
            for index in range(header.volumes)
        )
        sentence = f"{header.name} has 4 dimensions ({header.volumes} volumes): choose one volume."
        return Choice(header.path, sentence, offers)
    return None


def _size(header: ScanHeader, shape: tuple[int, int, int]) -> str:
    return f"{' × '.join(map(str, shape))}, {max(header.memory_mb_of(shape), 1):.0f} MB to open"

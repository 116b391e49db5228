"""The template of a model whose scans were prepared to one that is not ours, as its user names it on import."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib

from engine.errors import ScanError
from engine.preparation.extraction import extract_brain, looks_stripped
from engine.preparation.working import working_copy
from engine.scans import doubt, open_scan
from engine.volume import Volume

# That of our own template: registering to finer voxels costs minutes and moves little.
_MILLIMETRES = 2.0


def brain_of(template: Path) -> Volume:
    """The brain in ``template`` at 2 mm, whether a skull is around it or not. Raises ScanError where there is none."""
    scan = open_scan(template)
    sentence = doubt(scan)
    if sentence is not None:
        raise ScanError(sentence)
    head = working_copy(scan.volume, _MILLIMETRES).volume
    if looks_stripped(head):
        return head
    brain = extract_brain(head)
    if not brain.any():
        raise ScanError(f"{template.name} shows no brain that could be found: choose another template.")
    return Volume(head.data * brain, head.affine)


def save(brain: Volume, path: Path) -> None:
    """``brain`` where preparation looks for it."""
    nib.save(nib.Nifti1Image(brain.data, brain.affine), path)

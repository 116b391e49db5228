"""Files in: what a file is before it is loaded, and its voxels with axes turned to RAS+.

``describe`` reads the header alone; ``read`` loads whatever can be read; ``open_scan`` also refuses an empty picture;
``doubt`` says what else can hardly be a head (masks, label maps, CT). Costs no torch, ants or nilearn.
"""

from engine.scans.content import doubt, emptiness
from engine.scans.header import Kind, Scan, ScanHeader, Series, fingerprint
from engine.scans.reading import describe, open_mask, open_scan, read
from engine.scans.space import as_stored, upright

__all__ = [
    "Kind",
    "Scan",
    "ScanHeader",
    "Series",
    "as_stored",
    "describe",
    "doubt",
    "emptiness",
    "fingerprint",
    "open_mask",
    "open_scan",
    "read",
    "upright",
]

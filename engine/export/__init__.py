"""Files out: written whole or not at all, and saying of themselves what they are."""

from engine.export.atomic import check_place
from engine.export.provenance import Provenance
from engine.export.volume_file import check_target, sidecar_of, write_volume

__all__ = ["Provenance", "check_place", "check_target", "sidecar_of", "write_volume"]

"""The synthetic mark: how a file says that it was generated, not acquired.

Three places, because other tools may drop any of them: ``descrip``, the intent (code 1001 "estimate", name
``SYNTHETIC``), and a header extension with code 6 (comment) that holds the sidecar's JSON, from which ``kind`` comes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from engine.scans.header import Kind

INTENT_CODE = 1001
INTENT_NAME = "SYNTHETIC"
EXTENSION_CODE = 6
DESCRIPTION_START = "SYNTHETIC Neurolapse"
_KINDS: dict[str, Kind] = {"copy": "copy", "synthetic": "synthetic"}


def kind_of(extensions: Iterable[tuple[int, bytes]], description: str, intent_name: str) -> Kind:
    """The kind that header ``extensions`` (code, content), ``descrip`` and ``intent_name`` declare."""
    for code, content in extensions:
        if code != EXTENSION_CODE or b'"Synthetic"' not in content:
            continue
        try:
            record = json.loads(content.rstrip(b"\x00").decode("utf-8"))
            kind: Kind = _KINDS[record["Kind"]] if record["Synthetic"] else "scan"
        except (ValueError, KeyError, TypeError):
            return "unknown"
        return kind
    marked = description.startswith(DESCRIPTION_START) or intent_name == INTENT_NAME
    return "synthetic" if marked else "scan"

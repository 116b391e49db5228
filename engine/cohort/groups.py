"""Which labels of a cohort's label maps make up which part of the brain."""

from __future__ import annotations

import csv
from pathlib import Path


def read_groups(folder: Path) -> dict[str, list[int]]:
    """Label indices by group, from ``labels.tsv``; empty where there is none."""
    table = folder / "labels.tsv"
    groups: dict[str, list[int]] = {}
    if table.is_file():
        with table.open() as file:
            for row in csv.DictReader(file, delimiter="\t"):
                groups.setdefault(row["group"], []).append(int(row["index"]))
    return groups

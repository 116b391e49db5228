"""Which labels of a cohort's label maps make up which part of the brain."""

from __future__ import annotations

import csv
from pathlib import Path

REGIONS = (
    "ventricles",
    "hippocampus",
    "amygdala",
    "deep-grey",
    "cortical-grey",
    "white-matter",
    "cerebellum",
    "brainstem",
    "csf/other",
)
"""The groups that figures are given for, in the order in which they are told."""


def read_groups(folder: Path) -> dict[str, list[int]]:
    """Label indices by group, from ``labels.tsv``; empty where there is none."""
    table = folder / "labels.tsv"
    return groups_in(table.read_text(encoding="utf-8")) if table.is_file() else {}


def groups_in(table: str) -> dict[str, list[int]]:
    """Label indices by group, from the text of a ``labels.tsv``."""
    groups: dict[str, list[int]] = {}
    for row in csv.DictReader(table.splitlines(), delimiter="\t"):
        groups.setdefault(row["group"], []).append(int(row["index"]))
    return groups

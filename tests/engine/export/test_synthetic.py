"""What a volume in native space says of how it came about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.edit.synthesis import load_synthesiser
from engine.export.synthetic import Order, make
from engine.preparation import prepare
from engine.scans import open_scan


@pytest.mark.parametrize(
    ("semantic_only", "form", "words"),
    [(False, "moved", "the scan's own tissue moved"), (True, "change", "the change added to the scan's own voxels")],
)
def test_the_change_form_says_whether_tissue_was_moved_or_a_change_added(
    tiny_bundle: Path, tiny_cohort: Path, semantic_only: bool, form: str, words: str
) -> None:
    synthesiser = load_synthesiser(tiny_bundle, "cpu")
    synthesiser.model.manifest = replace(synthesiser.model.manifest, edits="carried")
    scan = open_scan(next((tiny_cohort / "sub-04").rglob("*_T1w.nii.gz")))
    prepared = prepare(scan, synthesiser.model.manifest.preparation, cached=False)
    order = Order({"age": 10.0}, calls=2, space="native", semantic_only=semantic_only)
    record = make(synthesiser, scan, prepared, order).provenance.to_json()
    assert (record["SyntheticForm"], record["SkullStripped"]) == (form, False)
    assert record["Description"] == f"A synthesised T1 brain, not acquired: {words}."

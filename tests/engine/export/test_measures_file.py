"""The table of measures, read back as any program would."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import DiskError
from engine.export.measures_file import COLUMNS, write_measures
from engine.export.timeline_forms import write_form
from tests.engine.export.frames import frame, timeline


def test_each_point_has_a_row_for_each_measure(tmp_path: Path) -> None:
    frames = timeline()
    moved = replace(frames[1].provenance, changes={"age": 10.0, "sex": -1.5}, details={"Fraction": 0.25})
    frames[1] = replace(frames[1], provenance=moved)
    read = [{"age": 60 + number / 3, "ventricles": 30000.5} for number in range(5)]
    path = write_measures(tmp_path / "größe.csv", frames, read, {"age": "years", "ventricles": "ml, template"})
    text = path.read_bytes().decode("utf-8")
    assert text.splitlines()[0] == "subject,session,kind,age,sliders,seed,space,measure,value,unit"
    rows = list(csv.reader(text.splitlines()))
    assert all(len(row) == len(COLUMNS) for row in rows) and len(rows) == 11
    assert rows[1] == ["sub-01", "ses-M00", "scan", "61", "", "", "model", "age", "60", "years"]
    assert rows[3][2:] == ["synthetic", "62.5", "age=+10 sex=-1.5 t=0.25", "3", "model", "age", "60.3333", "years"]
    assert rows[4][7:] == ["ventricles", "30000.5", "ml, template"]


def test_what_is_read_and_what_is_measured_of_one_name_are_two_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    direction = SimpleNamespace(name="ventricles", unit="ml")
    model = SimpleNamespace(manifest=SimpleNamespace(directions=[direction]))
    synthesiser: Any = SimpleNamespace(model=model, read=lambda _: {"ventricles": 38.25})
    monkeypatch.setattr("engine.export.timeline_forms.region_volumes", lambda *_: {"ventricles": 41.5})
    path = write_form(tmp_path / "m.csv", [frame(61.0)], synthesiser)
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["measure"], row["value"], row["unit"]) for row in csv.DictReader(file)]
    assert rows == [("ventricles read", "38.25", "ml"), ("ventricles", "41.5", "ml, template")]


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.export.measures_file.flush", full)
    with pytest.raises(DiskError, match="no room"):
        write_measures(tmp_path / "m.csv", [frame(61.0)], [{"age": 61.0}], {"age": "years"})
    assert list(tmp_path.iterdir()) == []

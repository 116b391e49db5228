"""``probe``: a direction from a participants table, used by the commands after it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.engine.commands.ended import Run
from tests.tiny import write_cohort

PEOPLE = 32


@pytest.fixture
def cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """People whose dark core grows with age, and codes whose first number sees it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def code(model: object, volume: np.ndarray) -> np.ndarray:
        places = np.random.default_rng(0).standard_normal((16, 16 * 24 * 16)) / 100
        code = places @ volume.ravel().astype(float)
        code[0] = 100 * ((volume > 0) & (volume < 0.2)).mean()
        return np.asarray(code)

    monkeypatch.setattr("engine.edit.people_codes.person_code", code)
    return write_cohort(tmp_path / "cohort", PEOPLE)


@pytest.fixture
def table(cohort: Path) -> Callable[..., Path]:
    """The participants table with another column: of the age, or of nothing."""

    def write(**columns: Callable[[int, float], object]) -> Path:
        path = cohort / "participants.tsv"
        with path.open() as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for number, row in enumerate(rows):
            row |= {name: str(value(number, float(row["age"]))) for name, value in columns.items()}
        lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_a_direction_is_fitted_installed_and_used(
    run: Run, table: Callable[..., Path], scan: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    path = table(
        MMSE=lambda n, age: "n/a" if n == 4 else 30 - (age - 20) / 10,
        split=lambda n, _: "test" if n in (7, 8) else "train",
    )
    written = tmp_path / "mmse.direction"
    ended = run("probe", "--participants", path, "--column", "MMSE", "--unit", "points", "-o", written, "--json")
    assert ended.code == 0, ended.err
    found = ended.json
    assert found["people"] == PEOPLE - 3
    assert found["left_out"] == {"no_value": 1, "split_test": 2, "no_scan": 0, "unreadable": 0}
    assert found["scores"]["mae"] < found["scores"]["mae_mean"] and found["permutation_p"] < 0.05
    assert written.read_bytes() == Path(found["installed"]).read_bytes()
    assert str(tmp_path / "data") in found["installed"]
    assert load_file(written)["gain"][0] == load_file(tiny_bundle / "directions" / "age.safetensors")["gain"][0]

    edited = run("edit", scan, "--set", "MMSE=-2", "--hold", "age", "-o", tmp_path / "e.nii.gz", "--json")
    assert edited.code == 0, edited.err
    assert edited.json["changes"] == {"MMSE": -2.0}
    assert run("measure", scan, "--json").json["readouts"]["MMSE"]["unit"] == "points"
    Path(found["installed"]).unlink()
    assert run("edit", scan, "--set", "MMSE=-2", "-o", tmp_path / "e.nii.gz").code == 2


def test_a_column_that_codes_do_not_predict_makes_no_direction(
    run: Run, table: Callable[..., Path], tmp_path: Path
) -> None:
    path = table(luck=lambda n, _: np.random.default_rng(n).integers(100))
    written = tmp_path / "luck.safetensors"
    ended = run("probe", "--participants", path, "--column", "luck", "-o", written, "--json")
    assert ended.code == 1
    assert "do not predict luck (R²" in ended.err and "permutation p" in ended.err
    assert ended.json["path"] is None and ended.json["scores"]["r2"] < 0.3
    assert not written.exists() and not (tmp_path / "data").exists()


def test_two_kinds_of_words_are_told_apart(run: Run, table: Callable[..., Path], tmp_path: Path) -> None:
    path = table(group=lambda n, age: "old" if age > 50 else "young")
    ended = run(
        "probe", "--participants", path, "--column", "group", "--name", "Age group", "-o", tmp_path / "g.st", "--json"
    )
    assert ended.code == 0, ended.err
    assert ended.json["classes"] == ["old", "young"] and ended.json["name"] == "Age-group"
    assert ended.json["scores"]["auc"] > 0.8


def test_a_name_that_the_model_has_already_is_not_taken(run: Run, table: Callable[..., Path], tmp_path: Path) -> None:
    ended = run("probe", "--participants", table(), "--column", "age", "-o", tmp_path / "a.st", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["name"] == "age-own"


@pytest.mark.parametrize(
    ("column", "code", "says"),
    [("height", 2, "has no column height: choose among age"), ("split", 2, "is train for everyone")],
)
def test_a_wrong_column_is_a_sentence(
    run: Run, table: Callable[..., Path], tmp_path: Path, column: str, code: int, says: str
) -> None:
    ended = run("probe", "--participants", table(), "--column", column, "-o", tmp_path / "d.st")
    assert ended.code == code
    assert ended.err.splitlines()[-1].startswith("participants.tsv: ") and says in ended.err


def test_a_person_whose_scan_is_broken_is_named_and_passed_over(
    run: Run, table: Callable[..., Path], cohort: Path, tmp_path: Path
) -> None:
    (cohort / "sub-05" / "anat" / "sub-05_T1w.nii.gz").write_bytes(b"broken")
    (cohort / "sub-06" / "anat" / "sub-06_T1w.nii.gz").unlink()
    ended = run("probe", "--participants", table(), "--column", "age", "-o", tmp_path / "a.st", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["left_out"] == {"no_value": 0, "split_test": 0, "no_scan": 1, "unreadable": 1}
    assert "sub-05_T1w.nii.gz" in ended.err

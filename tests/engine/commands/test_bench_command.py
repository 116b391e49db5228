from pathlib import Path

import pytest

from tests.engine.commands.ended import Run

WHAT = ["load", "encode", "preview", "refine", "denoiser, one call", "autoencoder, decode"]


def test_every_figure_stands_beside_a_baseline_of_the_same_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.evaluation.speed.ROUNDS", 2)
    ended = run("bench", "--json")
    assert ended.code == 0, ended.err
    found = ended.json
    assert "torch" in found["machine"] and found["model"] == "tiny 0.1.0" and "float32" in found["baseline"]
    assert list(found["figures"]) == WHAT
    for figure in found["figures"].values():
        assert 0 < figure["low"] <= figure["median"] <= figure["high"]
        assert figure["ratio"] == pytest.approx(figure["baseline"] / figure["median"])
    # Encoding makes four calls of the denoiser and more.
    assert found["figures"]["denoiser, one call"]["low"] < found["figures"]["encode"]["median"]


def test_the_table_has_a_line_for_each_figure(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.evaluation.speed.ROUNDS", 1)
    lines = run("bench").out.splitlines()
    assert [line[:22].strip() for line in lines[3:]] == WHAT


def test_a_bundle_that_is_not_there_exits_1(run: Run, tmp_path: Path) -> None:
    ended = run("bench", "--json", bundle=tmp_path / "none")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("\n") == 1

from __future__ import annotations

from typing import Any

from engine.evaluation.bars import bars


def _met(**sections: Any) -> dict[str, bool | None]:
    return {bar["asked"]: bar["met"] for bar in bars({"reconstruction": {}, **sections})}


def test_a_round_trip_counts_beside_its_autoencoder_and_by_its_calls() -> None:
    def met(roundtrip: float, calls: int) -> bool | None:
        found = {"autoencoder": {"ssim": [0.965, 0.96, 0.97]}, "roundtrip": {"ssim": [roundtrip] * 3}, "calls": calls}
        return next(it for asked, it in _met(reconstruction=found).items() if "round trip" in asked)

    assert (met(0.961, 12), met(0.955, 12), met(0.961, 30)) == (True, False, False)


def test_either_way_of_reading_ages_well_will_do() -> None:
    def met(over: float, r2: float) -> bool | None:
        found = {"mae_over_volumes": [over] * 3, "r2": [r2] * 3}
        return next(it for asked, it in _met(age=found).items() if "age" in asked)

    assert (met(0.8, 0.7), met(1.1, 0.86), met(1.1, 0.7)) == (True, True, False)


def test_what_is_not_measured_is_neither_met_nor_missed() -> None:
    met = _met(interpolation={"24": {"saved_on_copy": [-0.2, -0.4, 0.1], "saved_on_voxel": None}})
    assert [it for asked, it in met.items() if "24 months" in asked and "than" in asked] == [False, None]
    assert sum(it is None for it in met.values()) == len(met) - 1

"""Where a model computes. What this computer has is made up: no test may need a GPU."""

from __future__ import annotations

import pytest
import torch

from engine.errors import ModelError, UsageError
from engine.model.device import choose_device, choose_precision, devices


def _computer(monkeypatch: pytest.MonkeyPatch, *there: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in there)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in there)


@pytest.mark.parametrize(
    ("there", "chosen"), [(("cuda", "mps"), "cuda"), (("cuda",), "cuda"), (("mps",), "mps"), ((), "cpu")]
)
def test_the_fastest_device_is_chosen(monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], chosen: str) -> None:
    _computer(monkeypatch, *there)
    assert choose_device().type == chosen
    assert set(devices()) == {"cpu", *there}


def test_a_device_that_is_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    _computer(monkeypatch, "cuda", "mps")
    assert [choose_device(name).type for name in ("cpu", "cuda", "mps")] == ["cpu", "cuda", "mps"]


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _computer(monkeypatch)
    with pytest.raises(ModelError, match=f"^{name}: not available on this computer: choose auto or cpu"):
        choose_device(name)


def test_a_device_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^tpu: no such device"):
        choose_device("tpu")


@pytest.mark.parametrize(("native", "precision"), [(True, torch.bfloat16), (False, torch.float32)])
def test_half_precision_is_for_hardware_that_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, native: bool, precision: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: native)
    assert choose_precision(torch.device("cpu")) == choose_precision(torch.device("cuda")) == precision
    assert choose_precision(torch.device("mps")) == torch.float32

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.edit.synthesis import Wish, load_synthesiser
from engine.errors import ModelError
from engine.model.batches import in_batches
from engine.model.model import Model, load_model

RAN_OUT = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9.05 GB)"),
    RuntimeError("std::bad_alloc"),
    MemoryError(),
]


def _room_for(model: Model, most: int, error: Exception, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The denoiser fails with ``error`` on more than ``most`` states at once; the sizes that it was asked for."""
    asked = []
    whole = model._denoiser.forward

    def narrow(x: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        asked.append(len(x))
        if len(x) > most:
            raise error
        return whole(x, *rest)

    monkeypatch.setattr(model._denoiser, "forward", narrow)
    return asked


@pytest.mark.parametrize("error", RAN_OUT, ids=lambda error: type(error).__name__)
def test_a_batch_that_memory_does_not_suffice_for_is_halved(error: Exception) -> None:
    sizes = []

    def work(batch: Sequence[int], first: int) -> list[int]:
        sizes.append((first, len(batch)))
        if len(batch) > 2:
            raise error
        return [-item for item in batch]

    assert in_batches(list(range(9)), work, most=8) == [-item for item in range(9)]
    assert sizes == [(0, 8), (0, 4), (0, 2), (2, 2), (4, 2), (6, 2), (8, 1)]


def test_another_error_is_no_reason_to_try_smaller_batches() -> None:
    def work(batch: Sequence[int], first: int) -> list[int]:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        in_batches([1, 2], work)


def test_several_edits_decoded_together_are_those_decoded_alone(tiny_bundle: Path) -> None:
    model = load_model(tiny_bundle, "cpu")
    volumes = np.random.default_rng(0).random((5, *model.manifest.preparation.shape), np.float32)
    codes = [model.encode(volume, 4) for volume in volumes]
    steps: list[tuple[int, int]] = []
    together = model.decode_all(codes, lambda step, of: steps.append((step, of)))
    for one, volume in zip(codes, together, strict=True):
        # Rounding in bfloat16 differs with the size of the batch.
        assert np.abs(model.decode(one) - volume).max() < 0.02
    assert steps == sorted(steps) and len({of for _, of in steps}) == 1 and len(steps) < 3 * 5


def test_too_little_memory_for_all_still_makes_each(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(tiny_bundle, "cpu")
    volumes = np.random.default_rng(0).random((3, *model.manifest.preparation.shape), np.float32)
    codes = [model.encode(volume, 4) for volume in volumes]
    asked = _room_for(model, 1, RAN_OUT[0], monkeypatch)
    made = model.decode_all(codes)
    assert asked[0] == 3 and set(asked[1:]) == {1}
    assert all(np.array_equal(volume, model.decode(one)) for one, volume in zip(codes, made, strict=True))


@pytest.mark.parametrize("error", RAN_OUT, ids=lambda error: type(error).__name__)
def test_too_little_memory_for_one_is_a_sentence(
    tiny_bundle: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(tiny_bundle, "cpu")
    volume = np.random.default_rng(0).random(model.manifest.preparation.shape, np.float32)
    codes = model.encode(volume, 4)
    _room_for(model, 0, error, monkeypatch)
    sentence = "^tiny: main memory does not suffice for this: close other programs"
    with pytest.raises(ModelError, match=sentence):
        model.decode(codes)
    with pytest.raises(ModelError, match=sentence):
        model.encode(volume, 4)


def test_a_copy_among_edits_is_the_exact_one(tiny_bundle: Path) -> None:
    synthesiser = load_synthesiser(tiny_bundle, "cpu")
    scan = np.random.default_rng(0).random(synthesiser.model.manifest.preparation.shape, np.float32)
    far = [Wish(scan, {"age": years}) for years in (3000.0, -3000.0)]  # The tiny model hardly moves.
    wishes = [far[0], Wish(scan, {}), far[1], Wish(scan, {"age": 0.0})]
    made = synthesiser.synthesise_all(wishes, 4)
    copy = synthesiser.synthesise(wishes[1], 4).volume
    assert np.array_equal(made[1].volume, copy)
    assert np.array_equal(made[3].volume, copy)
    assert not np.array_equal(made[0].volume, made[2].volume)
    assert made[0].readouts["age"] - made[1].readouts["age"] == pytest.approx(3000, rel=0.01)

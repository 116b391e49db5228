"""Which part of the work is this process's, where torchrun or SLURM started several."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from engine.errors import UsageError

_NAMES = (("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS"))


@dataclass(frozen=True)
class Rank:
    """The process ``index`` of ``count``, counted from 0."""

    index: int = 0
    count: int = 1


def rank_of(environment: Mapping[str, str] = os.environ) -> Rank:
    """As torchrun tells it, else as SLURM does, else the only one. Raises UsageError where that makes no sense."""
    for names in _NAMES:
        if all(name in environment for name in names):
            words = [environment[name] for name in names]
            if not all(word.isdecimal() for word in words) or int(words[0]) >= int(words[1]):
                raise UsageError(f"{names[0]}={words[0]} of {names[1]}={words[1]}: no such process: start it anew.")
            return Rank(int(words[0]), int(words[1]))
    return Rank()


def take_own_gpu() -> None:
    """Let “cuda” mean the GPU that is this process's on its machine."""
    import torch

    local = os.environ.get("LOCAL_RANK", os.environ.get("SLURM_LOCALID", ""))
    if local.isdecimal() and torch.cuda.is_available():
        torch.cuda.set_device(int(local) % torch.cuda.device_count())


def wait_for_others() -> None:
    """Under torchrun, which kills all others as soon as one ends with a code that is not 0: until every one is done."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return
    from torch import distributed

    distributed.init_process_group("gloo", timeout=timedelta(days=30))
    distributed.barrier()
    distributed.destroy_process_group()

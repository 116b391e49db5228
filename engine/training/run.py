"""A training run: each stage under Lightning, in order, a finished one kept, an unfinished one resumed.

Several processes share it, one for each GPU that Lightning finds or as torchrun starts them: every step's batch is
divided among them, so that steps, rounds and learning rates stay those of the configuration.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning as L
import torch
import torch.distributed as dist
from lightning.pytorch.callbacks import EMAWeightAveraging, LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader, Dataset

from engine.errors import UsageError
from engine.export.atomic import beside, flush
from engine.training.config import Config, StageConfig
from engine.training.stages import Stage

RoundData = Callable[[int], Dataset]  # type: ignore[type-arg]


class _Rounds(L.LightningDataModule):  # type: ignore[misc]
    """A fresh data set for each round, a function of the round's number alone, so that a resumed run draws the same."""

    def __init__(self, stage: StageConfig, training: RoundData, validation: Dataset) -> None:  # type: ignore[type-arg]
        super().__init__()
        self._stage, self._training, self._validation = stage, training, validation

    def train_dataloader(self) -> DataLoader:  # type: ignore[type-arg]
        assert self.trainer is not None
        each = self._stage.batch // self.trainer.world_size
        if each * self.trainer.world_size != self._stage.batch:
            raise UsageError(
                f"{self.trainer.world_size} processes cannot share batches of {self._stage.batch}: start as many as "
                "divide the batch of every stage."
            )
        return DataLoader(self._training(self.trainer.current_epoch), each)

    def val_dataloader(self) -> DataLoader:  # type: ignore[type-arg]
        return DataLoader(self._validation, 1)


def fit(
    name: str,
    module: Stage,
    config: Config,
    folder: Path,
    training: RoundData,
    validation: Dataset,  # type: ignore[type-arg]
    resume: bool,
) -> None:
    """Trains ``module`` as stage ``name``; its averaged weights are in it afterwards.

    ``folder/name`` holds ``last.ckpt``, ``finished.pt`` and CSV logs. A finished stage is only loaded; an unfinished
    one goes on where it stopped when ``resume`` is true.
    """
    stage = config.stages[name]
    module.seed = config.seed
    place = folder / name
    finished = place / "finished.pt"
    if finished.exists():
        module.load_state_dict(torch.load(finished, weights_only=True))
        return
    place.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    trainer = L.Trainer(
        **_spread(),
        max_epochs=stage.rounds,
        precision=config.precision,
        accumulate_grad_batches=stage.accumulate,
        gradient_clip_val=1.0,
        logger=CSVLogger(place, name="log"),
        callbacks=[
            EMAWeightAveraging(decay=stage.ema_decay),
            LearningRateMonitor(),
            ModelCheckpoint(place, filename="last", enable_version_counter=False, save_on_train_epoch_end=True),
        ],
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        log_every_n_steps=stage.steps_per_round,
        enable_model_summary=False,
    )
    last = place / "last.ckpt"
    trainer.fit(
        module,
        datamodule=_Rounds(stage, training, validation),
        ckpt_path=str(last) if resume and last.exists() else None,
    )
    if trainer.current_epoch >= stage.rounds and trainer.is_global_zero:
        with beside(finished) as (temporary,):
            torch.save(module.state_dict(), temporary)
            flush(temporary)
    trainer.strategy.barrier()


@contextmanager
def first_process_first() -> Iterator[bool]:
    """The block runs in the first process, and only then in the others: what it keeps in a file is made once.

    Whether this is the first.
    """
    several = dist.is_available() and dist.is_initialized()
    first = not several or dist.get_rank() == 0
    if not first:
        dist.barrier()
    yield first
    if several and first:
        dist.barrier()


def _spread() -> dict[str, Any]:
    """Settings of Lightning for the processes that torchrun started; without torchrun it chooses by itself."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return {}
    world, here = int(os.environ["WORLD_SIZE"]), int(os.environ["LOCAL_WORLD_SIZE"])
    return {"strategy": "ddp", "devices": here, "num_nodes": world // here}

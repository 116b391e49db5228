"""What the three stages share: optimiser, learning rate, and the memory layout that the device is fastest with."""

from __future__ import annotations

from typing import Any

import lightning as L
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from engine.training.config import StageConfig


class Stage(L.LightningModule):  # type: ignore[misc]
    """A stage trains ``trained()`` with AdamW under one learning-rate cycle."""

    def __init__(self, stage: StageConfig) -> None:
        super().__init__()
        self.stage = stage
        self.seed = 0

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """What a step draws (noise, dropout) depends on the seed and the step alone.

        Seeded at every step because a resumed run makes its data loader, which draws too, at another moment.
        """
        torch.manual_seed(1_000_003 * self.seed + self.global_step)

    def trained(self) -> dict[float, list[nn.Parameter]]:
        """What learns, by the share of the stage's learning rate that it learns at."""
        return {1.0: [p for p in self.parameters() if p.requires_grad]}

    def configure_optimizers(self) -> Any:
        stage = self.stage
        rates = {share * stage.learning_rate: parameters for share, parameters in self.trained().items()}
        groups = [{"params": parameters, "lr": rate} for rate, parameters in rates.items()]
        optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.99), weight_decay=stage.weight_decay)
        schedule = OneCycleLR(
            optimizer,
            list(rates),
            total_steps=stage.rounds * stage.steps_per_round + 1,
            pct_start=stage.warm_up,
            cycle_momentum=False,
            div_factor=25.0,
            final_div_factor=100.0,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

"""A grid of nine with the hinge loss."""

from __future__ import annotations

import dataclasses

from torch import Tensor, nn

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch
from benchmarks.real_runs.trainings.ring_plain import RingPlain


@dataclasses.dataclass(frozen=True)
class GridHinge(RingPlain):
    """Hinge loss without a penalty; the critic learns twice as fast."""

    lr_x: float = 1e-3
    lr_y: float = 2e-3

    @property
    def pool(self) -> Tensor:
        """The data."""
        return data.grid()

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        fooled = D(G(batch["z"]))
        critic = (1 - D(batch["real"])).relu().mean() + (1 + fooled).relu().mean()
        return -fooled.mean(), critic

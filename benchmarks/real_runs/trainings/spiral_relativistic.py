"""A spiral with relativistic pairing, R1 and R2."""

from __future__ import annotations

import dataclasses

from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch, slope_penalty
from benchmarks.real_runs.trainings.ring_r1 import RingR1


@dataclasses.dataclass(frozen=True)
class SpiralRelativistic(RingR1):
    """Each made point is compared with a real one; slopes are damped at both."""

    gamma: float = 0.05

    @property
    def pool(self) -> Tensor:
        """The data."""
        return data.spiral()

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        made, real = G(batch["z"]), batch["real"]
        lead = D(made) - D(real)
        critic = softplus(lead).mean()
        if self.gamma:
            slopes = slope_penalty(D, real) + slope_penalty(D, made.detach())
            critic = critic + self.gamma / 2 * slopes
        return softplus(-lead).mean(), critic

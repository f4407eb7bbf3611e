"""A grid of nine with Wasserstein's loss and a gradient penalty."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch
from benchmarks.real_runs.trainings.ring_plain import RingPlain


@dataclasses.dataclass(frozen=True)
class GridWasserstein(RingPlain):
    """Wasserstein GAN whose critic is kept near slope one between the points."""

    lr_x: float = 3e-4
    lr_y: float = 2e-3
    gamma: float = 1.0
    betas: tuple[float, float] = (0.0, 0.99)
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 16": {"lr": 16.0},
        "penalty off": {"gamma": 0.0},
    }

    @property
    def pool(self) -> Tensor:
        """The data."""
        return data.grid()

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return points, latent points and where between them the slope is taken."""
        drawn = super().draw(generator, *lead)
        shape = (*lead, self.batch_size, 1)
        t = torch.rand(shape, generator=generator, device=generator.device)
        return drawn | {"t": t}

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        made, real, t = G(batch["z"]), batch["real"], batch["t"]
        fooled = D(made)
        critic = fooled.mean() - D(real).mean()
        if self.gamma:
            between = t * real + (1 - t) * made.detach()
            slope = torch.func.grad(lambda p: D(p).sum())(between)
            excess = (slope.square().sum(1) + 1e-12).sqrt() - 1
            critic = critic + self.gamma * excess.square().mean()
        return -fooled.mean(), critic

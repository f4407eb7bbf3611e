"""A ring of eight, the non-saturating loss and nothing else."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.real_runs import data
from benchmarks.real_runs.training import (
    Batch,
    Training,
    noise,
    perceptron,
    pick,
    slope_penalty,
)


@dataclasses.dataclass(frozen=True)
class RingPlain(Training):
    """Non-saturating GAN of two small perceptrons in the plane."""

    gamma: float = 0.0
    """Weight of R1."""
    domain: ClassVar[str] = "points in the plane"
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 16": {"lr": 16.0},
        "critic × 16": {"lr_y": 16.0},
    }

    @property
    def pool(self) -> Tensor:
        """The data."""
        return data.ring()

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return generator and discriminator."""
        return perceptron(4, 16, 16, 2), perceptron(2, 16, 16, 1)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return points and latent points."""
        real = pick(self.pool, self.batch_size, generator, *lead)
        return {"real": real, "z": noise((self.batch_size, 4), generator, *lead)}

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        made, real = G(batch["z"]), batch["real"]
        fooled = D(made)
        critic = softplus(-D(real)).mean() + softplus(fooled).mean()
        if self.gamma:
            critic = critic + self.gamma / 2 * slope_penalty(D, real)
        return softplus(-fooled).mean(), critic

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the sliced distance of 512 made points from the data."""
        z = data.latents(512, 4).to(next(G.parameters()))
        return data.sliced_distance(G(z), self.pool[:512])

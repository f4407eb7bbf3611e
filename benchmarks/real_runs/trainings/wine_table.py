"""A GAN of a table: thirteen columns of wines."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch, noise, perceptron, pick
from benchmarks.real_runs.trainings.ring_r1 import RingR1


@dataclasses.dataclass(frozen=True)
class WineTable(RingR1):
    """The non-saturating loss with weak R1; the generator moves first."""

    order: str = "x first"
    betas: tuple[float, float] = (0.5, 0.999)
    gamma: float = 0.2
    domain: ClassVar[str] = "tables"
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 16": {"lr": 16.0},
        "R1 off": {"gamma": 0.0},
    }

    @property
    def pool(self) -> Tensor:
        """The data."""
        return data.table("wine")[0]

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return generator and discriminator."""
        return perceptron(6, 20, 13), perceptron(13, 20, 1)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return rows and latent points."""
        real = pick(self.pool, self.batch_size, generator, *lead)
        return {"real": real, "z": noise((self.batch_size, 6), generator, *lead)}

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the sliced distance of as many made rows from the table's."""
        z = data.latents(len(self.pool), 6).to(next(G.parameters()))
        return data.sliced_distance(G(z), self.pool)

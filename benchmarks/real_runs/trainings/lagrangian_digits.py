"""A classifier of digits whose classes are all bounded."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, one_hot

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch, perceptron, pick
from benchmarks.real_runs.trainings.lagrangian_cancer import (
    LagrangianCancer,
    Multipliers,
)


@dataclasses.dataclass(frozen=True)
class LagrangianDigits(LagrangianCancer):
    """Small weights are wanted; the loss of each class may be 0.3 at most."""

    lr_x: float = 1e-2
    lr_y: float = 2e-2
    betas: tuple[float, float] = (0.5, 0.999)
    bound: float = 0.3

    @property
    def pool(self) -> Tensor:
        """Images beside labels in one-hot code; the metric takes the first 400."""
        images, labels = data.digits()
        return torch.cat([images, one_hot(labels, 10).to(images)], dim=1)

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return the classifier and a multiplier for each class."""
        return perceptron(64, 10), Multipliers(10)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return rows."""
        return {"rows": pick(self.pool, self.batch_size, generator, *lead)}

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the Lagrangian, and its opposite for the multipliers."""
        size, excess = self.bounds(G, batch["rows"])
        priced = (D() * excess).sum()
        return size + priced, -priced

    def bounds(self, G: nn.Module, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the squared weights, and by how much each bound is passed."""
        code = rows[:, 64:]
        cost = -(log_softmax(G(rows[:, :64]), dim=-1) * code)
        by_class = cost.sum(0) / (code.sum(0) + 0.5)
        size = 0.02 * sum(p.square().sum() for p in G.parameters())
        return size, by_class - self.bound * code.sum(0) / (code.sum(0) + 0.5)

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the size of the weights plus ten times the mean excess."""
        held = self.pool[:400].to(next(G.parameters()))
        size, excess = self.bounds(G, held)
        return size + 10 * excess.relu().mean()

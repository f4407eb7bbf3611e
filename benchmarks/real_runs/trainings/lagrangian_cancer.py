"""A classifier that must miss few cases, by a Lagrange multiplier."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch, Training, perceptron, pick


class Multipliers(nn.Module):
    """Non-negative multipliers, by softplus."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.zeros(count))

    def forward(self) -> Tensor:
        """Return the multipliers."""
        return softplus(self.raw)


@dataclasses.dataclass(frozen=True)
class LagrangianCancer(Training):
    """Tumours of scikit-learn's table; the loss of the malignant is bounded."""

    lr_x: float = 1e-2
    lr_y: float = 5e-2
    betas: tuple[float, float] = (0.9, 0.999)
    order: str = "simultaneous"
    bound: float = 0.1
    domain: ClassVar[str] = "constrained learning"
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 64": {"lr": 64.0},
        "multiplier × 30": {"lr_y": 30.0},
    }

    @property
    def pool(self) -> Tensor:
        """Columns beside the class."""
        values, target = data.table("breast_cancer")
        return torch.cat([values, target[:, None].to(values)], dim=1)

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return the classifier and the multiplier."""
        return perceptron(30, 12, 1), Multipliers(1)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return rows of the table."""
        return {"rows": pick(self.pool, self.batch_size, generator, *lead)}

    def parts(self, G: nn.Module, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss of the benign, and by how much the bound is passed."""
        logit, benign = G(rows[:, :-1])[:, 0], rows[:, -1]
        easy = (benign * softplus(-logit)).sum() / (benign.sum() + 1)
        missed = ((1 - benign) * softplus(logit)).sum() / ((1 - benign).sum() + 1)
        return easy, missed - self.bound

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the Lagrangian, and its opposite for the multiplier."""
        easy, excess = self.parts(G, batch["rows"])
        price = D()[0]
        return easy + price * excess, -price * excess

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the loss on all rows plus the excess over the bound, if any."""
        held = self.pool.to(next(G.parameters()))
        easy, excess = self.parts(G, held)
        return easy + excess.relu() + 0.005

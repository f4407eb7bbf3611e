"""A regression that an adversary must not be able to tell the sex from."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch, Training, perceptron, pick


@dataclasses.dataclass(frozen=True)
class DebiasDiabetes(Training):
    """Adversarial debiasing of a forecast of diabetes, on scikit-learn's table."""

    lr_x: float = 1e-3
    lr_y: float = 2e-3
    weight: float = 0.3
    domain: ClassVar[str] = "fair regression"
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 32": {"lr": 32.0},
        "weight × 100": {"weight": 30.0},
    }

    @property
    def pool(self) -> Tensor:
        """Columns, the sex (0 or 1) and the standardised target; 122 held out."""
        values, target = data.table("diabetes")
        sex = (values[:, 1] > 0).float()
        rest = torch.cat([values[:, :1], values[:, 2:]], dim=1)
        aim = ((target - target.mean()) / target.std(correction=0)).float()
        return torch.cat([rest, sex[:, None], aim[:, None]], dim=1)

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return the regression and the adversary."""
        return perceptron(9, 12, 1), perceptron(1, 12, 1)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return rows."""
        return {"rows": pick(self.pool[122:], self.batch_size, generator, *lead)}

    def parts(self, G: nn.Module, D: nn.Module, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the squared error and the adversary's loss."""
        guess = G(rows[:, :9])
        sign = 2 * rows[:, 9:10] - 1
        error = (guess - rows[:, 10:]).square().mean()
        return error, softplus(-sign * D(guess)).mean()

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        error, told = self.parts(G, D, batch["rows"])
        return error - self.weight * told, told

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the error on rows held out plus the difference of the sexes' means."""
        held = self.pool[:122].to(next(G.parameters()))
        guess, sex = G(held[:, :9])[:, 0], held[:, 9]
        error = (guess - held[:, 10]).square().mean()
        means = [(guess * s).sum() / s.sum() for s in (sex, 1 - sex)]
        return error + (means[0] - means[1]).abs()

"""A regression from which an adversary must not be able to tell a group."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.real_runs.training import Batch, Training, perceptron, pick


@functools.cache
def rows() -> Tensor:
    """Return five columns and a proxy of the group, the group, what is seen, the aim.

    The aim is Friedman's first function; what is seen of it depends on the group too.
    """
    rng = np.random.default_rng(8)
    u = rng.uniform(size=(2048, 5))
    group = rng.integers(2, size=2048)
    aim = 10 * np.sin(np.pi * u[:, 0] * u[:, 1]) + 20 * (u[:, 2] - 0.5) ** 2
    aim = aim + 10 * u[:, 3] + 5 * u[:, 4]
    aim = (aim - aim.mean()) / aim.std()
    proxy = group - 0.5 + 0.3 * rng.standard_normal(2048)
    seen = aim + group - 0.5
    columns = np.column_stack([2 * u - 1, proxy, group, seen, aim])
    return torch.from_numpy(columns).float()


@dataclasses.dataclass(frozen=True)
class FairRegression(Training):
    """Adversarial debiasing: the adversary guesses the group from the forecast."""

    lr_x: float = 4e-3
    lr_y: float = 4e-3
    weight: float = 0.5
    domain: ClassVar[str] = "fair regression"
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 32": {"lr": 32.0},
        "weight × 20": {"weight": 10.0},
    }

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return the regression and the adversary."""
        return perceptron(6, 16, 1), perceptron(1, 12, 1)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return rows."""
        return {"rows": pick(rows()[512:], self.batch_size, generator, *lead)}

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        drawn = batch["rows"]
        guess, sign = G(drawn[:, :6]), 2 * drawn[:, 6:7] - 1
        error = (guess - drawn[:, 7:8]).square().mean()
        told = softplus(-sign * D(guess - guess.mean())).mean()
        return error - self.weight * told, told

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the squared error from the aim, which knows no group, on held rows."""
        held = rows()[:512].to(next(G.parameters()))
        return (G(held[:, :6]) - held[:, 8:]).square().mean()

"""Domain-adversarial learning on two moons that are turned."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.real_runs.training import Batch, perceptron, pick
from benchmarks.real_runs.trainings.domain_digits import Classifier, DomainDigits


@functools.cache
def moons(turn: float, seed: int) -> Tensor:
    """Return two moons turned by an angle, points beside labels, (1024, 3)."""
    rng = np.random.default_rng(seed)
    label = rng.integers(2, size=1024)
    t = np.pi * rng.uniform(size=1024)
    x = np.where(label, 1 - np.cos(t), np.cos(t)) - 0.5
    y = np.where(label, 0.5 - np.sin(t), np.sin(t)) - 0.25
    points = np.stack([x, y], 1) + 0.1 * rng.standard_normal((1024, 2))
    c, s = np.cos(turn), np.sin(turn)
    points = points @ np.array([[c, s], [-s, c]])
    return torch.from_numpy(np.column_stack([points, label])).float()


@dataclasses.dataclass(frozen=True)
class DomainMoons(DomainDigits):
    """The target is the source turned by 20 degrees."""

    order: str = "y first"
    lr_x: float = 1e-2
    lr_y: float = 1e-2
    weight: float = 0.1
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 32": {"lr": 32.0},
        "weight × 30": {"weight": 3.0},
    }

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return the classifier and the discriminator of domains."""
        return Classifier(2, 16, 1), perceptron(16, 16, 1)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return points of both domains, and the source's labels."""
        drawn = pick(moons(0.0, 0), self.batch_size, generator, *lead)
        moved = pick(moons(np.pi / 9, 1), self.batch_size, generator, *lead)
        return {
            "real": drawn[..., :2],
            "label": drawn[..., 2:],
            "target": moved[..., :2],
        }

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        source = G.features(batch["real"])
        sign = 2 * batch["label"] - 1
        error = softplus(-sign * G.head(source)).mean()
        here, there = D(source), D(G.features(batch["target"]))
        apart = softplus(-here).mean() + softplus(there).mean()
        return error - self.weight * apart, apart

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the share of wrong labels on the target."""
        held = moons(np.pi / 9, 2).to(next(G.parameters()))
        guess = G.head(G.features(held[:, :2]))[:, 0] > 0
        return (guess != (held[:, 2] > 0.5)).float().mean() + 0.01

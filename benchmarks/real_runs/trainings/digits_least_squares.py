"""Least squares on 8 × 8 digits with perceptrons."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from torch import Tensor, nn

from benchmarks.real_runs.training import Batch, perceptron
from benchmarks.real_runs.trainings.digits_convolutional import DigitsConvolutional


@dataclasses.dataclass(frozen=True)
class DigitsLeastSquares(DigitsConvolutional):
    """The least-squares loss without a penalty; both losses of one forward pass."""

    lr_x: float = 1e-3
    lr_y: float = 1e-3
    batch_size: int = 32
    order: str = "simultaneous"
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "learning rates × 2": {"lr": 2.0},
        "learning rates × 16": {"lr": 16.0},
        "critic × 16": {"lr_y": 16.0},
    }

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return generator and discriminator."""
        generator = nn.Sequential(*perceptron(8, 24, 64), nn.Tanh())
        return generator, perceptron(64, 24, 1)

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        fooled = D(G(batch["z"]))
        critic = (D(batch["real"]) - 1).square().mean() + fooled.square().mean()
        return (fooled - 1).square().mean(), critic

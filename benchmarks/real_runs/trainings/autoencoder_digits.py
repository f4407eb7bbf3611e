"""An autoencoder of digits whose GAN term is switched on."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch, Training, perceptron, pick


@dataclasses.dataclass(frozen=True)
class AutoencoderDigits(Training):
    """Mean squared error plus a weight times the adversarial loss."""

    lr_x: float = 4e-3
    lr_y: float = 4e-3
    weight: float = 0.01
    """Of the GAN term."""
    domain: ClassVar[str] = "autoencoders"
    warm_up: ClassVar[dict[str, Any]] = {"weight": 0.0}
    changes: ClassVar[dict[str, dict[str, Any]]] = {
        "GAN term on, 0.01": {"weight": 0.01},
        "GAN term on, 0.5": {"weight": 0.5},
        "learning rates × 16": {"lr": 16.0},
    }

    @property
    def pool(self) -> Tensor:
        """The data; its first 256 are held out."""
        return data.digits()[0]

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return the autoencoder and the discriminator."""
        return perceptron(64, 8, 64), perceptron(64, 16, 1)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return images."""
        return {"real": pick(self.pool[256:], self.batch_size, generator, *lead)}

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        real = batch["real"]
        again = G(real)
        fooled = D(again)
        critic = softplus(-D(real)).mean() + softplus(fooled).mean()
        error = (again - real).square().mean()
        return error + self.weight * softplus(-fooled).mean(), critic

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the mean squared error on images that were held out."""
        held = self.pool[:256].to(next(G.parameters()))
        return (G(held) - held).square().mean()

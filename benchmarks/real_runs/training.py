"""What a training is: modules, losses, data, a metric and how it is stepped."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

Batch = dict[str, Tensor]


@dataclasses.dataclass(frozen=True)
class Training:
    """Two modules that learn against each other by Adam.

    Fields are settings at which it is healthy. Subclasses give `modules`, `losses`,
    `draw` and `metric`, written as for one network: the judge and the rehearsal run
    many copies of them at once, plain loops one.
    """

    lr_x: float = 2e-3
    lr_y: float = 2e-3
    betas: tuple[float, float] = (0.5, 0.999)
    order: str = "y first"
    """Who steps first, "y first" or "x first", or "simultaneous"."""
    steps: int = 1500
    """After which the training has got where it gets."""
    batch_size: int = 32

    domain: ClassVar[str] = ""
    warm_up: ClassVar[dict[str, Any]] = {}
    """Fields until the checkpoint, where they differ from those after it."""
    changes: ClassVar[dict[str, dict[str, Any]]] = {}
    """Changes in mid-training, by a word: factors of "lr" or "lr_y", or fields."""

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return both players, freshly initialised by torch's global generator."""
        raise NotImplementedError

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the losses of both players."""
        raise NotImplementedError

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return a minibatch, or several along leading axes."""
        raise NotImplementedError

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return how far the training is from its aim: positive, lower is better."""
        raise NotImplementedError


def pick(pool: Tensor, size: int, generator: torch.Generator, *lead: int) -> Tensor:
    """Return random rows of a pool, (*lead, size, ...)."""
    device = generator.device
    rows = torch.randint(len(pool), (*lead, size), generator=generator, device=device)
    return pool.to(device)[rows]


def noise(size: tuple[int, ...], generator: torch.Generator, *lead: int) -> Tensor:
    """Return standard normal numbers, (*lead, *size)."""
    device = generator.device
    return torch.randn((*lead, *size), generator=generator, device=device)


def perceptron(*widths: int, slope: float = 0.2) -> nn.Sequential:
    """Return a multilayer perceptron with leaky rectifiers between its layers."""
    layers: list[nn.Module] = []
    for inward, outward in itertools.pairwise(widths):
        layers += [nn.Linear(inward, outward), nn.LeakyReLU(slope)]
    return nn.Sequential(*layers[:-1])


def slope_penalty(D: nn.Module, points: Tensor) -> Tensor:
    """Return the mean squared norm of a critic's gradient at given points."""
    gradient = torch.func.grad(lambda p: D(p).sum())(points)
    return gradient.flatten(1).square().sum(1).mean()

"""A convolutional GAN on 8 × 8 digits."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchmarks.real_runs import data
from benchmarks.real_runs.training import Batch, noise, pick
from benchmarks.real_runs.trainings.ring_r1 import RingR1


@dataclasses.dataclass(frozen=True)
class DigitsConvolutional(RingR1):
    """Non-saturating loss and R1 on small convolutional networks."""

    betas: tuple[float, float] = (0.5, 0.99)
    gamma: float = 0.5
    batch_size: int = 16
    domain: ClassVar[str] = "images"

    @property
    def pool(self) -> Tensor:
        """The data."""
        return data.digits()[0]

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return generator and discriminator."""
        generator = nn.Sequential(
            nn.Linear(8, 32),
            nn.LeakyReLU(0.2),
            nn.Unflatten(-1, (8, 2, 2)),
            nn.ConvTranspose2d(8, 8, 2, stride=2),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(8, 1, 2, stride=2),
            nn.Flatten(-3),
            nn.Tanh(),
        )
        discriminator = nn.Sequential(
            nn.Unflatten(-1, (1, 8, 8)),
            nn.Conv2d(1, 6, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(6, 12, 2, stride=2),
            nn.LeakyReLU(0.2),
            nn.Flatten(-3),
            nn.Linear(48, 1),
        )
        return generator, discriminator

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return digits and latent points."""
        real = pick(self.pool, self.batch_size, generator, *lead)
        return {"real": real, "z": noise((self.batch_size, 8), generator, *lead)}

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the sliced distance of 256 made digits from the data."""
        z = data.latents(256, 8).to(next(G.parameters()))
        return data.sliced_distance(G(z), self.pool[:256])

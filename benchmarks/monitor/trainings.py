"""Small GANs, at drawn settings, to which something happens half-way."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from gandyn.gans import StabilityMonitor

STEPS, CHANGE = 1700, 900
BATCH, POOL, REFERENCE = 64, 2048, 256


class Domain(NamedTuple):
    """Data, latent size and modules of a GAN."""

    draw: Callable[[int, torch.Generator], Tensor]
    latent: int
    make: Callable[[], tuple[nn.Module, nn.Module]]


def perceptron(size_in: int, size_out: int, width: int, norm: bool) -> nn.Module:
    """Return two hidden layers, with batch normalisation or without."""
    parts: list[nn.Module] = []
    for one, two in ((size_in, width), (width, width)):
        parts += [nn.Linear(one, two), *([nn.BatchNorm1d(two)] if norm else [])]
        parts.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*parts, nn.Linear(width, size_out))


def ring(n: int, generator: torch.Generator) -> Tensor:
    """Return points near eight places on a circle."""
    angle = torch.randint(8, (n,), generator=generator) * (2 * math.pi / 8)
    noise = 0.1 * torch.randn(n, 2, generator=generator)
    return 2 * torch.stack([angle.cos(), angle.sin()], 1) + noise


def grid(n: int, generator: torch.Generator) -> Tensor:
    """Return points near 25 places on a grid."""
    place = torch.randint(5, (n, 2), generator=generator) - 2.0
    return place + 0.05 * torch.randn(n, 2, generator=generator)


def ellipsoid(n: int, generator: torch.Generator) -> Tensor:
    """Return normal points of eight scales."""
    return torch.randn(n, 8, generator=generator) * torch.linspace(0.3, 2, 8)


def bars(n: int, generator: torch.Generator) -> Tensor:
    """Return 8 × 8 images of one row or one column."""
    place = torch.randint(8, (n,), generator=generator)
    lying = torch.randint(2, (n, 1, 1), generator=generator).bool()
    row = functional.one_hot(place, 8)[:, None, :].expand(n, 8, 8)
    images = 2.0 * torch.where(lying, row.transpose(1, 2), row) - 1
    return (images + 0.1 * torch.randn(n, 8, 8, generator=generator))[:, None]


def convolutions() -> tuple[nn.Module, nn.Module]:
    """Return a generator and a discriminator of 8 × 8 images."""
    generator = nn.Sequential(
        nn.Linear(8, 128), nn.Unflatten(1, (32, 2, 2)), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 4, 2, 1),
        nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1),
    )  # fmt: skip
    return generator, discriminator


def _pair(latent: int, size: int, width: int, norm: bool) -> Any:
    return lambda: (
        perceptron(latent, size, width, norm), perceptron(size, 1, width, False)
    )  # fmt: skip


DOMAINS = {
    "ring": Domain(ring, 4, _pair(4, 2, 64, False)),
    "grid": Domain(grid, 4, _pair(4, 2, 64, True)),
    "ellipsoid": Domain(ellipsoid, 8, _pair(8, 8, 32, False)),
    "bars": Domain(bars, 8, convolutions),
}


def draw_settings(seed: int) -> Iterator[dict[str, Any]]:
    """Yield settings without end; half of the changes are of learning rates."""
    rng = random.Random(seed)
    factors = {"beta1": (0.9, 0.95), "data": (1.1, 1.5, 3.0)}
    rates = (2, 4, 8, 16, 32, 64)
    while True:
        change = rng.choice(
            ["none", "none", "G", "D", "D", "both", "both", "r1", "beta1", "data"]
        )
        yield {
            "domain": rng.choice(sorted(DOMAINS)), "seed": rng.randrange(10**6),
            "lr": rng.choice([2e-4, 5e-4, 1e-3]), "change": change,
            "betas": rng.choice([(0.5, 0.999), (0.0, 0.99), (0.9, 0.999), (0.5, 0.9)]),
            "loss": rng.choice(["logistic", "logistic", "hinge"]),
            "gamma": rng.choice([0.1, 1.0] if change == "r1" else [0, 0, 0, 0.1]),
            "factor": rng.choice(factors.get(change, rates)),
        }  # fmt: skip


class Training:
    """One GAN under Adam: discriminator first, one step each."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        domain = DOMAINS[settings["domain"]]
        torch.manual_seed(settings["seed"])
        self._random = torch.Generator().manual_seed(settings["seed"])
        self._latent = domain.latent
        self._reference = domain.draw(REFERENCE, self._random)
        self._pool = domain.draw(POOL, self._random)
        self.G, self.D = domain.make()
        self.optimizers = {
            name: torch.optim.Adam(m.parameters(), settings["lr"], settings["betas"])
            for name, m in (("G", self.G), ("D", self.D))
        }
        self._gamma = settings["gamma"]

    def change(self) -> None:
        """Let happen what the settings say."""
        change, factor = self.settings["change"], self.settings["factor"]
        for name, optimizer in self.optimizers.items():
            group = optimizer.param_groups[0]
            if change in (name, "both"):
                group["lr"] *= factor
            if change == "beta1":
                group["betas"] = (factor, group["betas"][1])
        if change == "r1":
            self._gamma = 0
        if change == "data":
            self._pool = self._pool * factor

    def latents(self, n: int) -> Tensor:
        """Return normal latents."""
        return torch.randn(n, self._latent, generator=self._random)

    def step(self) -> dict[str, Tensor]:
        """Take one step of each player and return their losses."""
        picked = torch.randint(POOL, (BATCH,), generator=self._random)
        real = self._pool[picked].requires_grad_(self._gamma > 0)
        fake = self.G(self.latents(BATCH))
        judged, judged_fake = self.D(real), self.D(fake.detach())
        if self.settings["loss"] == "hinge":
            loss_d = (1 - judged).relu().mean() + (1 + judged_fake).relu().mean()
        else:
            losses = functional.softplus(-judged), functional.softplus(judged_fake)
            loss_d = losses[0].mean() + losses[1].mean()
        if self._gamma:
            (slope,) = torch.autograd.grad(judged.sum(), real, create_graph=True)
            square = slope.square().flatten(1).sum(1).mean()
            loss_d = loss_d + self._gamma / 2 * square
        self._move("D", loss_d)
        judged = self.D(self.G(self.latents(BATCH)))
        hinge = self.settings["loss"] == "hinge"
        loss_g = (-judged if hinge else functional.softplus(-judged)).mean()
        self._move("G", loss_g)
        return {"G": loss_g, "D": loss_d}

    def _move(self, name: str, loss: Tensor) -> None:
        self.optimizers[name].zero_grad()
        loss.backward()
        self.optimizers[name].step()

    def distance(self) -> float:
        """Return the energy distance of fresh samples from the data."""
        random = torch.Generator().manual_seed(5)
        latents = torch.randn(REFERENCE, self._latent, generator=random)
        with torch.no_grad():
            self.G.eval()
            one, two = self.G(latents).flatten(1), self._reference.flatten(1)
            self.G.train()
        inside = torch.cdist(one, one).mean() + torch.cdist(two, two).mean()
        return float(2 * torch.cdist(one, two).mean() - inside)


def record(settings: dict[str, Any]) -> StabilityMonitor:
    """Train with a change in the middle, and return the monitor."""
    training = Training(settings)
    monitor = StabilityMonitor(training.optimizers, metric=training.distance)
    for t in range(STEPS):
        if t == CHANGE:
            training.change()
        monitor.step(**training.step())
    monitor.close()
    return monitor

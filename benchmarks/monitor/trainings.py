"""Small GANs at drawn settings: data, loss, penalty, optimizer and sizes."""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.real_runs import data
from benchmarks.real_runs.training import (
    Batch,
    Training,
    noise,
    perceptron,
    pick,
    slope_penalty,
)

POINTS, HELD = 2048, 256
LATENT = 8


@functools.cache
def pool(name: str) -> Tensor:
    """Return points of a kind of data."""
    rng = np.random.default_rng(77)
    return torch.from_numpy(KINDS[name](rng).astype(np.float32))


def _ring(rng: np.random.Generator) -> np.ndarray:
    angle = 2 * np.pi * rng.integers(8, size=POINTS) / 8
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return 2 * circle + 0.1 * rng.standard_normal((POINTS, 2))


def _grid(rng: np.random.Generator) -> np.ndarray:
    place = rng.integers(5, size=(POINTS, 2)) - 2.0
    return place + 0.05 * rng.standard_normal((POINTS, 2))


def _ellipsoid(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((POINTS, 8)) * np.linspace(0.3, 2, 8)


def _moons(rng: np.random.Generator) -> np.ndarray:
    angle, side = np.pi * rng.uniform(size=POINTS), rng.integers(2, size=POINTS)
    one = np.cos(angle) * (1 - 2 * side) + side
    two = np.sin(angle) * (1 - 2 * side) + 0.5 * side
    return np.stack([one, two], 1) + 0.05 * rng.standard_normal((POINTS, 2))


def _mixture(rng: np.random.Generator) -> np.ndarray:
    middle = 1.5 * rng.standard_normal((6, 10))[rng.integers(6, size=POINTS)]
    return middle + 0.3 * rng.standard_normal((POINTS, 10))


def _bars(rng: np.random.Generator) -> np.ndarray:
    """Return 8 × 8 images of one row or one column."""
    row = np.eye(8)[rng.integers(8, size=POINTS)][:, None, :].repeat(8, 1)
    lying = rng.integers(2, size=POINTS).astype(bool)[:, None, None]
    images = 2 * np.where(lying, row.transpose(0, 2, 1), row) - 1
    return (images + 0.1 * rng.standard_normal((POINTS, 8, 8))).reshape(POINTS, 64)


def _tails(rng: np.random.Generator) -> np.ndarray:
    return 0.5 * rng.standard_t(3, size=(POINTS, 4))


KINDS = {
    "ring": _ring, "grid": _grid, "ellipsoid": _ellipsoid, "moons": _moons,
    "mixture": _mixture, "bars": _bars, "tails": _tails,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Drawn(Training):
    """Two perceptrons, or convolutions of 8 × 8 images."""

    kind: str = "ring"
    loss: str = "logistic"
    gamma: float = 0.0
    """Weight of R1, or of Wasserstein's penalty."""
    width: int = 32
    judge: str = "sliced"
    """The metric: "sliced" distance or "energy" distance."""
    norm: bool = False

    def modules(self) -> tuple[nn.Module, nn.Module]:
        """Return generator and discriminator."""
        if self.kind == "bars" and self.width == 16:
            return _convolutions()
        size, width = pool(self.kind).shape[1], self.width
        generator = perceptron(LATENT, width, width, size)
        if self.norm:
            generator = nn.Sequential(
                nn.Linear(LATENT, width), _norm(width), nn.ReLU(),
                nn.Linear(width, width), _norm(width), nn.ReLU(),
                nn.Linear(width, size),
            )  # fmt: skip
        return generator, perceptron(size, width, width, 1)

    def draw(self, generator: torch.Generator, *lead: int) -> Batch:
        """Return points, latent points and where the slope is taken."""
        found = {
            "real": pick(pool(self.kind), self.batch_size, generator, *lead),
            "z": noise((self.batch_size, LATENT), generator, *lead),
        }
        if self.loss == "wasserstein":
            found["t"] = torch.rand((*lead, self.batch_size, 1), generator=generator)
        return found

    def losses(self, G: nn.Module, D: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return both losses."""
        made, real = G(batch["z"]), batch["real"]
        loss_g, loss_d = LOSSES[self.loss](D(made), D(real))
        if not self.gamma:
            return loss_g, loss_d
        if self.loss != "wasserstein":
            return loss_g, loss_d + self.gamma / 2 * slope_penalty(D, real)
        between = batch["t"] * real + (1 - batch["t"]) * made.detach()
        slope = torch.func.grad(lambda p: D(p).sum())(between)
        excess = (slope.square().sum(1) + 1e-12).sqrt() - 1
        return loss_g, loss_d + self.gamma * excess.square().mean()

    def metric(self, G: nn.Module, D: nn.Module) -> Tensor:
        """Return the distance of made points from the data."""
        made, real = G(data.latents(2 * HELD, LATENT)), pool(self.kind)[: 2 * HELD]
        if self.judge == "sliced":
            return data.sliced_distance(made, real)
        return _energy(made[:HELD], real[:HELD])


LOSSES = {
    "logistic": lambda f, r: (
        softplus(-f).mean(), softplus(-r).mean() + softplus(f).mean()
    ),
    "minimax": lambda f, r: (
        -softplus(f).mean(), softplus(-r).mean() + softplus(f).mean()
    ),
    "hinge": lambda f, r: (-f.mean(), (1 - r).relu().mean() + (1 + f).relu().mean()),
    "least squares": lambda f, r: (
        (f - 1).square().mean(), (r - 1).square().mean() + f.square().mean()
    ),
    "wasserstein": lambda f, r: (-f.mean(), f.mean() - r.mean()),
}  # fmt: skip


def drawn(seed: int) -> Iterator[Drawn]:
    """Yield trainings without end."""
    rng = random.Random(seed)
    while True:
        loss = rng.choice(["logistic"] * 3 + [k for k in LOSSES if k != "logistic"])
        kind, lr = rng.choice(sorted(KINDS)), rng.choice([3e-4, 1e-3, 1e-3, 2e-3])
        yield Drawn(
            lr_x=lr, lr_y=lr * rng.choice([1, 1, 2]),
            betas=rng.choice([(0.5, 0.999), (0.0, 0.99), (0.9, 0.999), (0.5, 0.9)]),
            order=rng.choice(["y first", "x first", "simultaneous"]),
            batch_size=rng.choice([16, 32, 64]), kind=kind, loss=loss,
            gamma=1.0 if loss == "wasserstein" else rng.choice([0.0, 0.0, 0.1, 1.0]),
            width=rng.choice([16, 32]), judge=rng.choice(["sliced", "energy"]),
            norm=kind != "bars" and rng.random() < 0.25,
        )  # fmt: skip


def _norm(width: int) -> nn.Module:
    return nn.BatchNorm1d(width, track_running_stats=False)


def _convolutions() -> tuple[nn.Module, nn.Module]:
    generator = nn.Sequential(
        nn.Linear(LATENT, 64), nn.Unflatten(-1, (16, 2, 2)), nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Flatten(-3), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Unflatten(-1, (1, 8, 8)), nn.Conv2d(1, 8, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(8, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(-3), nn.Linear(64, 1),
    )  # fmt: skip
    return generator, discriminator


def _energy(one: Tensor, two: Tensor) -> Tensor:
    """Return the energy distance between two sets of points."""

    def mean(a: Tensor, b: Tensor) -> Tensor:
        return ((a[:, None] - b).square().sum(-1) + 1e-12).sqrt().mean()

    return 2 * mean(one, two) - mean(one, one) - mean(two, two)

"""The judge: many copies of a training stepped side by side by Adam, in plain torch.

It shares no code with the rehearsal that it judges.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from benchmarks.real_runs.training import Batch, Training

EPS = 1e-8


@dataclasses.dataclass
class Player:
    """Parameters of one player in all copies, and its Adam's memory, (copies, P)."""

    values: Tensor
    mean: Tensor
    square: Tensor
    count: Tensor
    """Steps so far, (copies, 1)."""

    def take(self, rows: Tensor) -> Player:
        """Return the copies at given rows."""
        own = dataclasses.astuple(self)
        return Player(*(part[rows].clone() for part in own))

    def step(self, gradient: Tensor, lr: Tensor, betas: tuple[float, float]) -> None:
        """Step by Adam, with a learning rate for each copy, (copies, 1)."""
        first, second = betas
        self.count = self.count + 1
        self.mean = first * self.mean + (1 - first) * gradient
        self.square = second * self.square + (1 - second) * gradient.square()
        scale = (self.square / (1 - second**self.count)).sqrt() + EPS
        self.values = self.values - lr / (1 - first**self.count) * self.mean / scale


class _Container(nn.Module):
    """Both modules in one, called as any function of them."""

    def __init__(self, G: nn.Module, D: nn.Module) -> None:
        super().__init__()
        self.G, self.D = G, D

    def forward(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(self.G, self.D, *args)


class Copies:
    """Copies of a training that differ in their start, noise and learning rates.

    Parameters
    ----------
    training : Training
    x, y : Player
        Generator (or whoever descends the first loss) and discriminator.
    streams : Tensor, shape (copies,)
        Which stream of noise each copy hears.
    factors : pair of Tensor, shape (copies,)
        Of both learning rates.
    seed : int
        Of the noise.
    """

    def __init__(
        self,
        training: Training,
        x: Player,
        y: Player,
        streams: Tensor,
        factors: tuple[Tensor, Tensor],
        seed: int,
    ) -> None:
        device = x.values.device
        self.training, self.x, self.y = training, x, y
        self.streams = streams.to(device)
        self.lr = tuple(
            (rate * f.to(device))[:, None]
            for rate, f in zip((training.lr_x, training.lr_y), factors, strict=True)
        )
        self.generator = torch.Generator(device).manual_seed(seed)
        self.losses: dict[str, Tensor] = {}  # each player's, before its last step
        self._many = int(streams.max()) + 1
        modules = [module.to(device) for module in training.modules()]
        self._container = _Container(*modules)
        self._shapes = [
            {name: p.shape for name, p in module.named_parameters(prefix)}
            for module, prefix in zip(modules, "GD", strict=True)
        ]
        self._losses = vmap(self._call(training.losses), in_dims=(0, 0, 0))
        self._metric = vmap(self._call(training.metric), in_dims=(0, 0))

    def _call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(x: Tensor, y: Tensor, *args: Any) -> Any:
            own = {**_named(x, self._shapes[0]), **_named(y, self._shapes[1])}
            return functional_call(self._container, own, (function, *args))

        return call

    def batch(self) -> Batch:
        """Return the next minibatch of every copy."""
        drawn = self.training.draw(self.generator, self._many)
        return {name: part[self.streams] for name, part in drawn.items()}

    def gradient(self, batch: Batch, which: str) -> Tensor:
        """Return the gradient of a player's own loss, (copies, P)."""
        x, y = self.x.values, self.y.values
        own = (x if which == "x" else y).detach().requires_grad_()
        loss = self._losses(*((own, y) if which == "x" else (x, own)), batch)
        self.losses[which] = loss["xy".index(which)].detach()
        (found,) = torch.autograd.grad(loss["xy".index(which)].sum(), own)
        return found

    def step(self) -> None:
        """Step both players, in their order, on one minibatch."""
        batch, betas = self.batch(), self.training.betas
        first, second = "xy" if self.training.order == "x first" else "yx"
        lr = dict(zip("xy", self.lr, strict=True))
        one = self.gradient(batch, first)
        if self.training.order == "simultaneous":
            other = self.gradient(batch, second)
            getattr(self, first).step(one, lr[first], betas)
        else:
            getattr(self, first).step(one, lr[first], betas)
            other = self.gradient(batch, second)
        getattr(self, second).step(other, lr[second], betas)

    def measure(self) -> Tensor:
        """Return the metric of every copy, infinite where it is not a number."""
        with torch.no_grad():
            found = self._metric(self.x.values, self.y.values)
        return torch.where(found.isfinite(), found, torch.inf)

    def run(self, steps: int, every: int = 25) -> Tensor:
        """Step on, and return the metric at regular steps, (steps // every, copies)."""
        record = []
        for step in range(1, steps + 1):
            self.step()
            if step % every == 0:
                record.append(self.measure().cpu())
        return torch.stack(record)


def fresh(training: Training, seeds: list[int], device: str = "cpu") -> list[Player]:
    """Return both players as initialised with given seeds."""
    both = []
    for seed in seeds:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            modules = training.modules()
        both.append([_flat(module).to(device) for module in modules])
    values = [torch.stack(part) for part in zip(*both, strict=True)]
    return [
        Player(v, torch.zeros_like(v), torch.zeros_like(v), v.new_zeros(len(v), 1))
        for v in values
    ]


def _flat(module: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(module.parameters()).detach()


def _named(vector: Tensor, shapes: dict[str, torch.Size]) -> dict[str, Tensor]:
    parts = vector.split([shape.numel() for shape in shapes.values()])
    return {
        name: part.reshape(shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }

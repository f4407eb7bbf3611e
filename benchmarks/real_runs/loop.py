"""A training as anybody writes it: one copy, torch's own optimizers, a plain loop."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.real_runs.training import Training


class Loop:
    """A training in its plain loop, whose settings may be changed on the way.

    Parameters
    ----------
    training : Training
    seed : int
    device : str
    """

    def __init__(self, training: Training, seed: int, device: str) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.G, self.D = (module.to(device) for module in training.modules())
        self.training = dataclasses.replace(training, **training.warm_up)
        self.optimizers = {
            "x": torch.optim.Adam(self.G.parameters(), training.lr_x, training.betas),
            "y": torch.optim.Adam(self.D.parameters(), training.lr_y, training.betas),
        }
        self._generator = torch.Generator(device).manual_seed(seed)

    def change(self, after: Training, change: dict[str, Any]) -> None:
        """Go on with another training's fields, some changed, or learning rates."""
        factors = {"lr_x", "lr_y", "lr"} & set(change)
        own = {name: value for name, value in change.items() if name not in factors}
        self.training = dataclasses.replace(after, **own)
        for name in factors:
            for player, optimizer in self.optimizers.items():
                if name in ("lr", f"lr_{player}"):
                    for group in optimizer.param_groups:
                        group["lr"] *= change[name]

    def steps(self, count: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Step on, and give the two losses as each player met them."""
        first, second = "xy" if self.training.order == "x first" else "yx"
        for _ in range(count):
            batch = self.training.draw(self._generator)
            losses = dict(zip("xy", self._losses(batch), strict=True))
            if self.training.order == "simultaneous":
                self._gradient(losses["x"], "x", keep=True)
                self._gradient(losses["y"], "y")
                self._step("x")
                self._step("y")
            else:
                self._gradient(losses[first], first)
                self._step(first)
                again = dict(zip("xy", self._losses(batch), strict=True))
                losses[second] = again[second]
                self._gradient(losses[second], second)
                self._step(second)
            yield losses["x"].detach(), losses["y"].detach()

    def measure(self) -> float:
        """Return the metric."""
        with torch.no_grad():
            return float(self.training.metric(self.G, self.D).detach())

    def _losses(self, batch: Any) -> tuple[Tensor, Tensor]:
        return self.training.losses(self.G, self.D, batch)

    def _gradient(self, loss: Tensor, player: str, keep: bool = False) -> None:
        own = list(self._module(player).parameters())
        found = torch.autograd.grad(loss, own, retain_graph=keep)
        for parameter, gradient in zip(own, found, strict=True):
            parameter.grad = gradient

    def _step(self, player: str) -> None:
        self.optimizers[player].step()

    def _module(self, player: str) -> nn.Module:
        return self.G if player == "x" else self.D

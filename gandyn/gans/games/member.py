"""One game of two groups of modules: its losses, and all their derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.func import grad, jacrev, vjp

from gandyn._node import leaves, replace
from gandyn.gans.games.modules import Pair
from gandyn.gans.games.objective import Losses
from gandyn.gans.games.pushing import pushed
from gandyn.gans.games.sampling import seeded
from gandyn.gans.games.stops import Stops

_Two = tuple[Tensor, Tensor]


class Given(NamedTuple):
    """What the losses depend on beside the players: all of it tensors."""

    batch: Any
    """Nested points and random numbers."""
    settings: Mapping[str, Tensor]
    """Fields of the losses by path, where members differ."""
    norms: Mapping[str, Tensor]
    """Singular vectors of power iterations."""
    step: Tensor
    """The step, a whole number."""
    noise: Tensor
    """The seed of random numbers that the losses draw themselves."""


class Member:
    """One GAN: functions of x, y and what is `Given`, without state or choice.

    `TorchGame` maps them over the members of an ensemble.

    Parameters
    ----------
    pair : Pair
    losses : Losses
    stops : Stops
        How the losses hold gradients back.
    draws : bool
        Whether the losses draw random numbers.
    """

    alone: ClassVar[bool] = False
    """Whether it is differentiated by itself only: members come one by one."""

    def __init__(
        self, pair: Pair, losses: Losses, stops: Stops, draws: bool = False
    ) -> None:
        self.pair, self.losses, self.stops, self.draws = pair, losses, stops, draws

    def playing(self, losses: Losses) -> Member:
        """Return the same modules with the losses' fields changed."""
        return type(self)(self.pair, losses, self.stops, self.draws)

    def both(self, x: Tensor, y: Tensor, given: Given) -> _Two:
        """Return both losses."""
        return self._call("__call__", x, y, given)

    def loss_x(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the generator's loss."""
        return self._call("loss_x", x, y, given)

    def loss_y(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the discriminator's loss."""
        return self._call("loss_y", x, y, given)

    def gx(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the gradient of L_x in x."""
        with self.stops.held():
            return grad(self.loss_x, 0)(x, y, given)

    def gy(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the gradient of L_y in y."""
        with self.stops.held():
            return grad(self.loss_y, 1)(x, y, given)

    def field(self, x: Tensor, y: Tensor, given: Given) -> _Two:
        """Return (gx, gy)."""
        return self.gx(x, y, given), self.gy(x, y, given)

    def cross(self, x: Tensor, y: Tensor, given: Given) -> _Two:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        along_y = grad(self.loss_x, 1)(x, y, given)
        return along_y, grad(self.loss_y, 0)(x, y, given)

    def jvp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor, given: Given) -> _Two:
        """Return J·(u, w), forward over reverse where torch can."""
        return pushed(lambda a, b: self.field(a, b, given), (x, y), (u, w))

    def vjp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor, given: Given) -> _Two:
        """Return Jᵀ·(u, w), reverse over reverse."""
        _, pull, *_ = vjp(lambda a, b: self.field(a, b, given), x, y)
        return pull((u, w))

    def matrix(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return J, of shape (n + m, n + m)."""
        n = len(x)

        def joined(z: Tensor) -> Tensor:
            return torch.cat(self.field(z[:n], z[n:], given))

        return jacrev(joined)(torch.cat([x, y]))

    def _call(self, name: str, x: Tensor, y: Tensor, given: Given) -> Any:
        losses = self.losses
        if given.settings:
            losses = replace(losses, given.settings)
        own = given.batch, given.step
        with self.stops.watched(), seeded(given.noise if self.draws else None):
            return self.pair.call(getattr(losses, name), x, y, given.norms, *own)


def swept(losses: Losses, like: Tensor) -> dict[str, Tensor]:
    """Return the fields with a value for each member, as tensors."""
    found = {
        path: torch.as_tensor(value).to(like)
        for path, value in leaves(losses).items()
        if isinstance(value, Tensor | np.ndarray) and value.ndim
    }
    replace(losses, {k: v.detach().cpu().numpy() for k, v in found.items()})
    return found

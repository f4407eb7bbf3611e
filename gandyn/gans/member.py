"""The losses of one GAN and their derivatives, as pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.func import grad, jacrev, vjp
from torch.func import jvp as push

from gandyn._node import replace
from gandyn.gans._pair import Pair
from gandyn.gans.objective import Objective
from gandyn.gans.play import Play

Two = tuple[Tensor, Tensor]


class Given(NamedTuple):
    """What the losses depend on beside the players: all of it tensors."""

    batch: Mapping[str, Tensor]
    """Real points, latents and random numbers."""
    settings: Mapping[str, Tensor]
    """Fields of the objective by path, where members differ."""
    norms: Mapping[str, Tensor]
    """Singular vectors of power iterations."""


class Member:
    """One GAN: functions of x, y and what is `Given`, without state or choice.

    `TorchGame` maps them over the members of an ensemble.

    Parameters
    ----------
    pair : Pair
    objective : Objective
    """

    def __init__(self, pair: Pair, objective: Objective) -> None:
        self.pair, self.objective = pair, objective

    def play(self, x: Tensor, y: Tensor, given: Given) -> Play:
        """Return the position at some parameters."""
        objective = self.objective
        if given.settings:
            objective = replace(objective, given.settings)
        return Play(x, y, *self.pair.functions(given.norms), given.batch, objective)

    def loss_x(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the generator's loss."""
        play = self.play(x, y, given)
        loss = play.objective.loss.value_x(-play.judge(play.fake)).mean()
        return loss + play.objective.regulariser.penalty_x(play)

    def loss_y(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the discriminator's loss."""
        play = self.play(x, y, given)
        return play.contest(y) + play.objective.regulariser.penalty_y(play)

    def gx(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the gradient of L_x in x."""
        return grad(self.loss_x, 0)(x, y, given)

    def gy(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return the gradient of L_y in y."""
        return grad(self.loss_y, 1)(x, y, given)

    def field(self, x: Tensor, y: Tensor, given: Given) -> Two:
        """Return (gx, gy)."""
        return self.gx(x, y, given), self.gy(x, y, given)

    def cross(self, x: Tensor, y: Tensor, given: Given) -> Two:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        along_y = grad(self.loss_x, 1)(x, y, given)
        return along_y, grad(self.loss_y, 0)(x, y, given)

    def jvp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor, given: Given) -> Two:
        """Return J·(u, w), forward over reverse."""
        return push(lambda a, b: self.field(a, b, given), (x, y), (u, w))[1]

    def vjp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor, given: Given) -> Two:
        """Return Jᵀ·(u, w), reverse over reverse."""
        _, pull, *_ = vjp(lambda a, b: self.field(a, b, given), x, y)
        return pull((u, w))

    def matrix(self, x: Tensor, y: Tensor, given: Given) -> Tensor:
        """Return J, of shape (n + m, n + m)."""
        n = len(x)

        def joined(z: Tensor) -> Tensor:
            return torch.cat(self.field(z[:n], z[n:], given))

        return jacrev(joined)(torch.cat([x, y]))

"""One GAN: what is played for, a position, and the losses with their derivatives."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.func import grad, jacrev, vjp
from torch.func import jvp as push

from gandyn._node import Node, NonNegative, replace
from gandyn.errors import FieldError
from gandyn.games.losses import Loss, NonSaturating
from gandyn.games.regularisers import Regulariser, Unregularised
from gandyn.gans.modules import Pair

_NOISE = ("noise_real", "noise_fake")
"""The random numbers of instance noise, normal and shaped like the points."""
_Network = Callable[[Tensor, Tensor], Tensor]
"""A network as a function of its parameters, one vector, and its inputs."""
_Two = tuple[Tensor, Tensor]


class Objective(Node):
    """What the players of a GAN play for.

    Parameters
    ----------
    loss : Loss or str
    regulariser : Regulariser or str
    noise_std : float
        Standard deviation of the instance noise that is added to real points and to
        fakes before the discriminator sees them, in units of the data.

    Raises
    ------
    FieldError
        For a regulariser that is known for the Dirac-GAN only.

    Examples
    --------
    >>> Objective("hinge", "R1", noise_std=0.5)
    Objective(loss=Hinge(), regulariser=R1(gamma=0.1), noise_std=0.5)
    """

    loss: Loss = NonSaturating()
    regulariser: Regulariser = Unregularised()
    noise_std: NonNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.regulariser.of_networks:
            raise FieldError(
                f"{type(self).__name__}: regulariser {self.regulariser!r} is known for "
                "the Dirac-GAN only: give it penalty_x or penalty_y"
            )

    @property
    def random(self) -> frozenset[str]:
        """The names of the random numbers that a batch must have."""
        quiet = isinstance(self.noise_std, numbers.Real) and self.noise_std == 0
        return self.regulariser.random | frozenset(() if quiet else _NOISE)


class Play:
    """The position that losses and penalties are functions of.

    Parameters
    ----------
    x, y : Tensor, shapes (n,), (m,)
        The parameters of generator and discriminator.
    generate, judge, hidden : callable
        The networks as functions of their parameters and inputs; of the discriminator
        the part before the last layer, too.
    batch : mapping
        ``real``, ``latents`` and what random numbers are needed beside.
    objective : Objective
    """

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        generate: _Network,
        judge: _Network,
        hidden: _Network,
        batch: Mapping[str, Tensor],
        objective: Any,
    ) -> None:
        self.x, self.y, self.batch, self.objective = x, y, batch, objective
        self._judge, self._hidden = judge, hidden
        self.real, self.fake = batch["real"], generate(x, batch["latents"])
        if "noise_real" in batch:
            self.real = self.real + objective.noise_std * batch["noise_real"]
            self.fake = self.fake + objective.noise_std * batch["noise_fake"]

    def judge(self, points: Tensor) -> Tensor:
        """Return the discriminator's logits of some points."""
        return self._judge(self.y, points)

    def features(self, points: Tensor) -> Tensor:
        """Return what the discriminator's last layer is given, (points, units).

        Raises
        ------
        GandynError
            If the discriminator is not an ``nn.Sequential``.
        """
        return self._hidden(self.y, points)

    def slopes(self, points: Tensor) -> Tensor:
        """Return the gradient of each point's logit in the point.

        Of the sum of the logits, to be exact: with batch normalisation, where points
        see each other, that is not the same.
        """
        return grad(lambda p: self.judge(p).sum())(points)

    def slope_norms(self, points: Tensor) -> Tensor:
        """Return the norms of `slopes`, with all their derivatives 0 where they are 0.

        The norm has no derivative there.
        """
        square = self.slopes(points).flatten(1).square().sum(1)
        positive = square > 0
        root = torch.where(positive, square, torch.ones_like(square)).sqrt()
        return torch.where(positive, root, torch.zeros_like(root))

    def between(self, share: Tensor) -> Tensor:
        """Return share·real + (1 - share)·fake."""
        return share * self.real + (1 - share) * self.fake

    def contest(self, y: Tensor) -> Tensor:
        """Return the discriminator's loss without penalties, as a function of y."""
        real, fake = self._judge(y, self.real), self._judge(y, self.fake)
        loss = self.objective.loss
        return loss.value_real(real).mean() + loss.value_y(-fake).mean()

    def contest_slope(self) -> Tensor:
        """Return the gradient of `contest` in y, at the discriminator as it is."""
        return grad(self.contest)(self.y)


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

    def field(self, x: Tensor, y: Tensor, given: Given) -> _Two:
        """Return (gx, gy)."""
        return self.gx(x, y, given), self.gy(x, y, given)

    def cross(self, x: Tensor, y: Tensor, given: Given) -> _Two:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        along_y = grad(self.loss_x, 1)(x, y, given)
        return along_y, grad(self.loss_y, 0)(x, y, given)

    def jvp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor, given: Given) -> _Two:
        """Return J·(u, w), forward over reverse."""
        return push(lambda a, b: self.field(a, b, given), (x, y), (u, w))[1]

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

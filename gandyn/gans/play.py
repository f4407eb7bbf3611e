"""A position of a GAN: the players' networks and the points they are judged on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.func import grad

Network = Callable[[Tensor, Tensor], Tensor]
"""A network as a function of its parameters, one vector, and its inputs."""


class Play:
    """The position that losses and penalties are functions of.

    Parameters
    ----------
    x, y : Tensor, shapes (n,), (m,)
        The parameters of generator and discriminator.
    generate, judge : callable
        The networks as functions of their parameters and inputs.
    batch : mapping
        ``real``, ``latents`` and what random numbers are needed beside.
    objective : Objective
    """

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        generate: Network,
        judge: Network,
        batch: Mapping[str, Tensor],
        objective: Any,
    ) -> None:
        self.x, self.y, self.batch, self.objective = x, y, batch, objective
        self._judge = judge
        self.real, self.fake = batch["real"], generate(x, batch["latents"])
        if "noise_real" in batch:
            self.real = self.real + objective.noise_std * batch["noise_real"]
            self.fake = self.fake + objective.noise_std * batch["noise_fake"]

    def judge(self, points: Tensor) -> Tensor:
        """Return the discriminator's logits of some points."""
        return self._judge(self.y, points)

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

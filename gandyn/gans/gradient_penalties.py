"""Penalties on the slopes of the discriminator in its inputs."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from gandyn._node import NonNegative
from gandyn.gans.penalties import Regulariser
from gandyn.gans.play import Play


class R1(Regulariser):
    r"""The gradient penalty on real points, :math:`\tfrac{γ}{2} E|\nabla D|^2`.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Equation 9.
    """

    gamma: NonNegative = 0.1

    def penalty_y(self, play: Play) -> Any:
        """Return the penalty at the real points."""
        return self.gamma / 2 * _mean_square(play.slopes(play.real))


class R2(Regulariser):
    r"""The gradient penalty on fakes, :math:`\tfrac{γ}{2} E|\nabla D|^2`.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.

    References
    ----------
    Mescheder, Geiger, Nowozin 2018, Equation 10.
    """

    gamma: NonNegative = 0.1

    def penalty_y(self, play: Play) -> Any:
        """Return the penalty at the fakes."""
        return self.gamma / 2 * _mean_square(play.slopes(play.fake))


class R1R2(R1):
    """The gradient penalties on real points and on fakes, with one weight.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0 of both.
    """

    def penalty_y(self, play: Play) -> Any:
        """Return the sum of the penalties."""
        at_real = _mean_square(play.slopes(play.real))
        return self.gamma / 2 * (at_real + _mean_square(play.slopes(play.fake)))


class GradientPenalty(Regulariser):
    r"""The penalty of WGAN-GP, :math:`\tfrac{γ}{2} E(|\nabla D| - g_0)^2`.

    It is taken at points between real points and fakes, α real + (1 - α) fake with α
    uniform in [0, 1]. The original has :math:`λ = γ/2 = 10`.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.
    target : float
        The slope g₀ >= 0 that is aimed at. Unless it is 0, the penalty is not
        differentiable where ∇D = 0; its derivative there is taken as 0.

    References
    ----------
    Gulrajani et al., *Improved Training of Wasserstein GANs*, NeurIPS 2017, Equation 3.
    """

    aliases: ClassVar[tuple[str, ...]] = ("GP", "WGAN-GP")
    draws: ClassVar[tuple[str, ...]] = ("mix",)

    gamma: NonNegative = 0.1
    target: NonNegative = 1.0

    def penalty_y(self, play: Play) -> Any:
        """Return the penalty at points between real points and fakes."""
        share = play.batch["mix"]
        share = share.reshape(-1, *(1,) * (play.real.ndim - 1))
        excess = _norms(play.slopes(play.between(share))) - self.target
        return self.gamma / 2 * excess.square().mean()


class DRAGAN(Regulariser):
    r"""The penalty of DRAGAN, :math:`\tfrac{γ}{2} E(|\nabla D| - g_0)^2` near data.

    It is taken at real points that are shifted by N(0, s²) in every coordinate.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.
    target : float
        The slope g₀ >= 0 that is aimed at.
    shift_std : float
        The standard deviation s >= 0 of the shifts, in units of the data.

    References
    ----------
    Kodali, Abernethy, Hays, Kira, *On Convergence and Stability of GANs*, 2017,
    Section 2.3.
    """

    draws: ClassVar[tuple[str, ...]] = ("shift",)

    gamma: NonNegative = 0.1
    target: NonNegative = 1.0
    shift_std: NonNegative = 0.5

    def penalty_y(self, play: Play) -> Any:
        """Return the penalty at shifted real points."""
        points = play.real + self.shift_std * play.batch["shift"]
        excess = _norms(play.slopes(points)) - self.target
        return self.gamma / 2 * excess.square().mean()


def _mean_square(slopes: Tensor) -> Tensor:
    return slopes.flatten(1).square().sum(1).mean()


def _norms(slopes: Tensor) -> Tensor:
    """Return the norm of each row, with all its derivatives 0 where it is 0."""
    square = slopes.flatten(1).square().sum(1)
    positive = square > 0
    root = torch.where(positive, square, torch.ones_like(square)).sqrt()
    return torch.where(positive, root, torch.zeros_like(root))

"""Penalties on the players' parameters and gradients, and bounds on weights."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from gandyn._node import NonNegative, Positive
from gandyn.gans.penalties import Regulariser
from gandyn.gans.play import Play


class L2(Regulariser):
    """Weight decay on the discriminator: L_y gains (γ/2)|ψ|².

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.
    """

    aliases: ClassVar[tuple[str, ...]] = ("weight decay",)

    gamma: NonNegative = 0.1

    def penalty_y(self, play: Play) -> Any:
        """Return (γ/2)|ψ|²."""
        return self.gamma / 2 * play.y.square().sum()


class L2Both(L2):
    """Weight decay on both players: L_x gains (γ/2)|θ|², L_y gains (γ/2)|ψ|².

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.
    """

    aliases: ClassVar[tuple[str, ...]] = ("weight decay on both",)

    def penalty_x(self, play: Play) -> Any:
        """Return (γ/2)|θ|²."""
        return self.gamma / 2 * play.x.square().sum()


class FieldPenalty(Regulariser):
    r"""The generator also descends :math:`η|\nabla_ψ L_y|^2`.

    Parameters
    ----------
    eta : float
        Weight η >= 0.

    References
    ----------
    Nagarajan, Kolter, *Gradient Descent GAN Optimization is Locally Stable*, NeurIPS
    2017, Section 4.
    """

    aliases: ClassVar[tuple[str, ...]] = ("Nagarajan-Kolter",)

    eta: NonNegative = 0.1

    def penalty_x(self, play: Play) -> Any:
        """Return η|∇L_y|², without y's own penalties."""
        return self.eta * torch.func.grad(play.contest)(play.y).square().sum()


class WeightClipping(Regulariser):
    """Weight clipping: every parameter of the discriminator stays in [-c, c].

    It is the game's ``project``; the rule `gandyn.rules.Projected` calls it after its
    step.

    Parameters
    ----------
    bound : float
        The bound c > 0.

    References
    ----------
    Arjovsky, Chintala, Bottou, *Wasserstein GAN*, ICML 2017, Algorithm 1.
    """

    bound: Positive = 0.01

    def project(self, x: Any, y: Any) -> Any:
        """Return (x, y) with y clipped."""
        bound = torch.as_tensor(self.bound, dtype=y.dtype, device=y.device)
        return x, y.clamp(-bound, bound)

"""GAN losses of the Dirac-GAN, as functions of the fake point's logit."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Node
from gandyn.elementary import heaviside, sigmoid, softplus


class DiracLoss(Node):
    """A GAN loss as functions of a fake point's logit t.

    As in the literature on the Dirac-GAN the discriminator raises the logits of fakes
    and lowers those of real points; a real point's loss is ``value_y(-t)``.

    ``pull_x`` and ``pull_y`` are the derivatives of the players' losses in t (of y's
    with the sign turned), ``slope_x`` and ``slope_y`` those of the pulls.
    """

    aliases: ClassVar[tuple[str, ...]] = ()

    def value_x(self, t: Any) -> Any:
        """Return the generator's loss."""
        raise NotImplementedError

    def value_y(self, t: Any) -> Any:
        """Return the discriminator's loss."""
        raise NotImplementedError

    def pull_x(self, t: Any) -> Any:
        """Return dL_x/dt."""
        raise NotImplementedError

    def slope_x(self, t: Any) -> Any:
        """Return d²L_x/dt²."""
        raise NotImplementedError

    def pull_y(self, t: Any) -> Any:
        """Return -dL_y/dt."""
        raise NotImplementedError

    def slope_y(self, t: Any) -> Any:
        """Return -d²L_y/dt²."""
        raise NotImplementedError


class Minimax(DiracLoss):
    """The logistic minimax loss L_x = f(t), L_y = -f(t) with f(t) = -log(1 + e^-t)."""

    aliases: ClassVar[tuple[str, ...]] = ("logistic", "saturating", "GAN")

    def value_x(self, t: Any) -> Any:
        """Return f(t)."""
        return -softplus(-t)

    def value_y(self, t: Any) -> Any:
        """Return -f(t)."""
        return softplus(-t)

    def pull_x(self, t: Any) -> Any:
        """Return f'(t) = 1 / (1 + e^t)."""
        return sigmoid(-t)

    def slope_x(self, t: Any) -> Any:
        """Return f''(t)."""
        s = sigmoid(-t)
        return s * (s - 1)

    def pull_y(self, t: Any) -> Any:
        """Return f'(t)."""
        return sigmoid(-t)

    def slope_y(self, t: Any) -> Any:
        """Return f''(t)."""
        s = sigmoid(-t)
        return s * (s - 1)


class NonSaturating(Minimax):
    """Goodfellow's non-saturating loss: L_x = -f(-t), L_y = -f(t)."""

    aliases: ClassVar[tuple[str, ...]] = ("NSGAN", "NS")

    def value_x(self, t: Any) -> Any:
        """Return -f(-t)."""
        return softplus(t)

    def pull_x(self, t: Any) -> Any:
        """Return f'(-t)."""
        return sigmoid(t)

    def slope_x(self, t: Any) -> Any:
        """Return -f''(-t)."""
        s = sigmoid(t)
        return s * (1 - s)


class Wasserstein(DiracLoss):
    """The Wasserstein loss L_x = t, L_y = -t; the critic is not constrained."""

    aliases: ClassVar[tuple[str, ...]] = ("WGAN",)

    def value_x(self, t: Any) -> Any:
        """Return t."""
        return t

    def value_y(self, t: Any) -> Any:
        """Return -t."""
        return -t

    def pull_x(self, t: Any) -> Any:
        """Return 1."""
        return 1

    def slope_x(self, t: Any) -> Any:
        """Return 0."""
        return 0

    def pull_y(self, t: Any) -> Any:
        """Return 1."""
        return 1

    def slope_y(self, t: Any) -> Any:
        """Return 0."""
        return 0


class LeastSquares(DiracLoss):
    """The least-squares loss with labels 1 and -1: L_x = (t + 1)²/2, L_y = (t - 1)²/2.

    Fakes are labelled 1, real points -1, which is what the generator aims at. With the
    linear discriminator of the Dirac-GAN a real point's logit is 0.
    """

    aliases: ClassVar[tuple[str, ...]] = ("LSGAN",)

    def value_x(self, t: Any) -> Any:
        """Return (t + 1)²/2."""
        return (t + 1) * (t + 1) / 2

    def value_y(self, t: Any) -> Any:
        """Return (t - 1)²/2."""
        return (t - 1) * (t - 1) / 2

    def pull_x(self, t: Any) -> Any:
        """Return t + 1."""
        return t + 1

    def slope_x(self, t: Any) -> Any:
        """Return 1."""
        return 1

    def pull_y(self, t: Any) -> Any:
        """Return 1 - t."""
        return 1 - t

    def slope_y(self, t: Any) -> Any:
        """Return -1."""
        return -1


class Hinge(Wasserstein):
    """The hinge loss L_x = t, L_y = max(0, 1 - t); not differentiable at t = 1."""

    def value_y(self, t: Any) -> Any:
        """Return max(0, 1 - t)."""
        return (1 - t) * heaviside(1 - t)

    def pull_y(self, t: Any) -> Any:
        """Return 1 below the margin, else 0."""
        return heaviside(1 - t)

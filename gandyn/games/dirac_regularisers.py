"""Regularisers of the Dirac-GAN."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Node, NonNegative
from gandyn.elementary import sign


class DiracRegulariser(Node):
    """A penalty on each player of the Dirac-GAN, added to the player's own loss.

    ``force_x`` and ``force_y`` are the derivatives of the penalties, ``stiffness_x``
    and ``stiffness_y`` the second derivatives.
    """

    aliases: ClassVar[tuple[str, ...]] = ()

    def penalty_x(self, x: Any) -> Any:
        """Return the generator's penalty."""
        return 0

    def force_x(self, x: Any) -> Any:
        """Return the derivative of the generator's penalty."""
        return 0

    def stiffness_x(self, x: Any) -> Any:
        """Return the second derivative of the generator's penalty."""
        return 0

    def penalty_y(self, y: Any) -> Any:
        """Return the discriminator's penalty."""
        return 0

    def force_y(self, y: Any) -> Any:
        """Return the derivative of the discriminator's penalty."""
        return 0

    def stiffness_y(self, y: Any) -> Any:
        """Return the second derivative of the discriminator's penalty."""
        return 0


class Unregularised(DiracRegulariser):
    """No penalty."""

    aliases: ClassVar[tuple[str, ...]] = ("none",)


class L2(DiracRegulariser):
    """Weight decay on the discriminator: L_y gains (γ/2) y²."""

    gamma: NonNegative = 0.1

    def penalty_y(self, y: Any) -> Any:
        """Return (γ/2) y²."""
        return self.gamma * y * y / 2

    def force_y(self, y: Any) -> Any:
        """Return γ y."""
        return self.gamma * y

    def stiffness_y(self, y: Any) -> Any:
        """Return γ."""
        return self.gamma


class R1(L2):
    """The gradient penalty on real data, (γ/2) E|∇D|²: here equal to `L2`."""


class R2(L2):
    """The gradient penalty on fake data, (γ/2) E|∇D|²: here equal to `L2`."""


class L2Both(L2):
    """Weight decay on both players: L_x gains (γ/2) x², L_y gains (γ/2) y²."""

    def penalty_x(self, x: Any) -> Any:
        """Return (γ/2) x²."""
        return self.gamma * x * x / 2

    def force_x(self, x: Any) -> Any:
        """Return γ x."""
        return self.gamma * x

    def stiffness_x(self, x: Any) -> Any:
        """Return γ."""
        return self.gamma


class GradientPenalty(DiracRegulariser):
    r"""The gradient penalty with a target, (γ/2) (E|∇D| - g₀)² = (γ/2) (|y| - g₀)².

    For g₀ > 0 the force jumps at y = 0, so the game is not differentiable at its
    equilibrium, and gradient descent with constant rates does not converge to it.

    References
    ----------
    Gulrajani et al., *Improved Training of Wasserstein GANs*, NeurIPS 2017;
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Section 3 (it does not converge).
    """

    aliases: ClassVar[tuple[str, ...]] = ("GP", "WGAN-GP")

    gamma: NonNegative = 0.1
    target: NonNegative = 1.0

    def penalty_y(self, y: Any) -> Any:
        """Return (γ/2) (|y| - g₀)²."""
        excess = y * sign(y) - self.target
        return self.gamma * excess * excess / 2

    def force_y(self, y: Any) -> Any:
        """Return γ (y - g₀ sign y), 0 at 0."""
        return self.gamma * (y - self.target * sign(y))

    def stiffness_y(self, y: Any) -> Any:
        """Return γ, the second derivative away from 0."""
        return self.gamma

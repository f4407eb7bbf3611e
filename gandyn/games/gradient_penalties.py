"""Penalties on the slopes of the discriminator in its inputs."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import NonNegative
from gandyn.elementary import sign
from gandyn.games.regularisers import L2, Regulariser


class R1(L2):
    r"""The gradient penalty on real points, :math:`\tfrac{γ}{2} E|\nabla D|^2`.

    On the Dirac-GAN, whose discriminator has one slope, it equals `L2`.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Equation 9.
    """

    aliases: ClassVar[tuple[str, ...]] = ()
    scalar: ClassVar[bool] = True

    def penalty_y(self, play: Any) -> Any:
        """Return the penalty at the real points."""
        return self.gamma / 2 * _mean_square(play.slopes(play.real))


class R2(L2):
    r"""The gradient penalty on fakes, :math:`\tfrac{γ}{2} E|\nabla D|^2`.

    On the Dirac-GAN, whose discriminator has one slope, it equals `L2`.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.

    References
    ----------
    Mescheder, Geiger, Nowozin 2018, Equation 10.
    """

    aliases: ClassVar[tuple[str, ...]] = ()
    scalar: ClassVar[bool] = True

    def penalty_y(self, play: Any) -> Any:
        """Return the penalty at the fakes."""
        return self.gamma / 2 * _mean_square(play.slopes(play.fake))


class R1R2(Regulariser):
    """The gradient penalties on real points and on fakes, with one weight.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0 of both.
    """

    scalar: ClassVar[bool] = True

    gamma: NonNegative = 0.1

    def penalty_y(self, play: Any) -> Any:
        """Return the sum of the penalties."""
        at_real = _mean_square(play.slopes(play.real))
        return self.gamma / 2 * (at_real + _mean_square(play.slopes(play.fake)))

    def energy_y(self, y: Any) -> Any:
        """Return γ y²."""
        return self.gamma * y * y

    def force_y(self, y: Any) -> Any:
        """Return 2γ y."""
        return 2 * self.gamma * y

    def stiffness_y(self, y: Any) -> Any:
        """Return 2γ."""
        return 2 * self.gamma


class GradientPenalty(Regulariser):
    r"""The penalty of WGAN-GP, :math:`\tfrac{γ}{2} E(|\nabla D| - g_0)^2`.

    It is taken at points between real points and fakes, α real + (1 - α) fake with α
    uniform in [0, 1]; on the Dirac-GAN it is :math:`\tfrac{γ}{2} (|y| - g_0)^2`. The
    original has :math:`λ = γ/2 = 10`.

    For g₀ > 0 the force jumps at y = 0, so the Dirac-GAN is not differentiable at its
    equilibrium, and gradient descent with constant rates does not converge to it.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.
    target : float
        The slope g₀ >= 0 that is aimed at. Unless it is 0, the penalty is not
        differentiable where ∇D = 0; its derivative there is taken as 0.

    References
    ----------
    Gulrajani et al., *Improved Training of Wasserstein GANs*, NeurIPS 2017, Equation 3;
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Section 3 (it does not converge).
    """

    aliases: ClassVar[tuple[str, ...]] = ("GP", "WGAN-GP")
    draws: ClassVar[tuple[str, ...]] = ("mix",)
    scalar: ClassVar[bool] = True

    gamma: NonNegative = 0.1
    target: NonNegative = 1.0

    def penalty_y(self, play: Any) -> Any:
        """Return the penalty at points between real points and fakes."""
        share = play.batch["mix"]
        share = share.reshape(-1, *(1,) * (play.real.ndim - 1))
        excess = play.slope_norms(play.between(share)) - self.target
        return self.gamma / 2 * excess.square().mean()

    def energy_y(self, y: Any) -> Any:
        """Return (γ/2) (|y| - g₀)²."""
        excess = y * sign(y) - self.target
        return self.gamma * excess * excess / 2

    def force_y(self, y: Any) -> Any:
        """Return γ (y - g₀ sign y), 0 at 0."""
        return self.gamma * (y - self.target * sign(y))

    def stiffness_y(self, y: Any) -> Any:
        """Return γ, the second derivative away from 0."""
        return self.gamma


class WorstCaseReals(Regulariser):
    r"""Real points moved by up to ε: L_y gains :math:`ε E|\nabla D|`.

    For the Wasserstein loss and a linear critic this is the worst case of all shifts
    |δ| <= ε of the real points; for other losses its first order in ε, for the logistic
    ones twice that. On the Dirac-GAN it is ε|y|, which acts like dry friction: the best
    slope is soft-thresholded, and with the Wasserstein loss training may rest wherever
    |x| is at most ε.

    Parameters
    ----------
    radius : float
        ε >= 0.

    Notes
    -----
    It is not differentiable where ∇D = 0; its derivative there is taken as 0.

    References
    ----------
    Goodfellow, Shlens, Szegedy, *Explaining and Harnessing Adversarial Examples*, ICLR
    2015, Section 5 (the worst case of a linear model is a penalty on its slope).

    Examples
    --------
    >>> WorstCaseReals(0.5).force_y(-3.0)
    -0.5
    """

    aliases: ClassVar[tuple[str, ...]] = ("adversarial reals", "robust")
    scalar: ClassVar[bool] = True

    radius: NonNegative = 0.1

    def penalty_y(self, play: Any) -> Any:
        """Return ε times the mean slope at the real points."""
        return self.radius * play.slope_norms(play.real).mean()

    def energy_y(self, y: Any) -> Any:
        """Return ε|y|."""
        return self.radius * y * sign(y)

    def force_y(self, y: Any) -> Any:
        """Return ε sign y, 0 at 0."""
        return self.radius * sign(y)


class DRAGAN(GradientPenalty):
    r"""The penalty of DRAGAN, :math:`\tfrac{γ}{2} E(|\nabla D| - g_0)^2` near data.

    It is taken at real points that are shifted by N(0, s²) in every coordinate; on the
    Dirac-GAN, whose discriminator has one slope, it equals `GradientPenalty`.

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

    aliases: ClassVar[tuple[str, ...]] = ()
    draws: ClassVar[tuple[str, ...]] = ("shift",)
    scalar: ClassVar[bool] = True

    shift_std: NonNegative = 0.5

    def penalty_y(self, play: Any) -> Any:
        """Return the penalty at shifted real points."""
        points = play.real + self.shift_std * play.batch["shift"]
        excess = play.slope_norms(points) - self.target
        return self.gamma / 2 * excess.square().mean()


def _mean_square(slopes: Any) -> Any:
    return slopes.flatten(1).square().sum(1).mean()

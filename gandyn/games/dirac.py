"""The Dirac-GAN: one real point, one fake point, a linear discriminator."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from gandyn._node import NonNegative, Positive
from gandyn.elementary import clip
from gandyn.errors import FieldError
from gandyn.games._base import ScalarGame
from gandyn.games.gradient_penalties import R1, R2, GradientPenalty
from gandyn.games.losses import (
    Hinge,
    LeastSquares,
    Loss,
    Minimax,
    NonSaturating,
    Wasserstein,
)
from gandyn.games.regularisers import L2, L2Both, Regulariser, Unregularised

__all__ = [
    "L2",
    "R1",
    "R2",
    "ClippedDiracGAN",
    "DiracGAN",
    "GradientPenalty",
    "Hinge",
    "L2Both",
    "LeastSquares",
    "Minimax",
    "NoisyDiracGAN",
    "NonSaturating",
    "RealNoiseDiracGAN",
    "Unregularised",
    "Wasserstein",
]
_QUADRATURE = tuple(
    (float(node), float(weight))
    for node, weight in zip(*np.polynomial.hermite_e.hermegauss(16), strict=True)
    if node > 0
)
"""Positive Gauss-Hermite nodes; with their mirror images 16 in all.

For a logistic loss the gradient's error is 2e-15, 3e-9 and 2e-5
for |y| noise_std = ½, 1 and 2.
"""
_NORMAL = math.sqrt(2 * math.pi)
"""The sum of all weights."""


class DiracGAN(ScalarGame):
    r"""The Dirac-GAN: data at 0, a generator at x = θ, a discriminator D(s) = y s.

    With t = xy the fake logit, f the loss's function and γ the regulariser's weight,

    .. math::
        L_x = f_x(xy), \qquad L_y = -f_y(xy) + \tfrac{γ}{2} y^2,

    so that for the minimax loss
    :math:`v = (y f'(xy),\; -x f'(xy) + γ y)` with :math:`f'(t) = 1/(1 + e^t)`. The
    equilibrium is (0, 0), where

    .. math::
        J = \begin{pmatrix} 0 & f'(0) \\ -f'(0) & γ \end{pmatrix},
        \qquad λ = γ/2 \pm \sqrt{γ^2/4 - f'(0)^2},

    with f'(0) = ½ (minimax, non-saturating) or 1 (Wasserstein, least squares, hinge).

    Parameters
    ----------
    loss : Loss or str
        ``"minimax"`` (logistic), ``"non-saturating"``, ``"wasserstein"``,
        ``"least-squares"``, ``"hinge"`` or any other of `gandyn.games.LOSSES`.
    regulariser : Regulariser or str
        ``"none"``, ``L2(gamma)`` on y, ``R1(gamma)`` and ``R2(gamma)`` (the same here),
        ``L2Both(gamma)``, ``GradientPenalty(gamma, target)`` or any other of
        `gandyn.games.REGULARISERS` that is a function of x and y.

    Raises
    ------
    FieldError
        For a regulariser of networks only.

    Notes
    -----
    Mescheder et al. write the field with the opposite sign, as the direction of motion.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Definition 2.1 and Lemmas 2.2 to 3.4.

    Examples
    --------
    >>> game = DiracGAN(regulariser=R1(gamma=0.5))
    >>> game.gx(1.0, 0.0), game.gy(1.0, 0.0)
    (0.0, -0.5)
    >>> game.jacobian(0.0, 0.0)
    (0.0, 0.5, -0.5, 0.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ("dirac",)
    zero_sum: ClassVar[bool] = False
    cycles: ClassVar[str] = "every orbit"

    loss: Loss = Minimax()
    regulariser: Regulariser = Unregularised()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.regulariser.of_numbers:
            raise FieldError(
                f"{type(self).__name__}: regulariser {self.regulariser!r} is known for "
                "networks only: use gandyn.gans.DiracGAN, or another regulariser"
            )

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return the generator's loss."""
        return self.loss.value_x(x * y) + self.regulariser.energy_x(x)

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return the discriminator's loss."""
        return self.loss.value_y(x * y) + self.regulariser.energy_y(y)

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_x in x."""
        return y * self.loss.pull_x(x * y) + self.regulariser.force_x(x)

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in y."""
        return self.regulariser.force_y(y) - x * self.loss.pull_y(x * y)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        t = x * y
        slope_x, slope_y = self.loss.slope_x(t), self.loss.slope_y(t)
        return (
            y * y * slope_x + self.regulariser.stiffness_x(x),
            self.loss.pull_x(t) + t * slope_x,
            -self.loss.pull_y(t) - t * slope_y,
            self.regulariser.stiffness_y(y) - x * x * slope_y,
        )

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        return x * self.loss.pull_x(x * y), -y * self.loss.pull_y(x * y)

    def project(self, x: Any, y: Any) -> Any:
        """Return the state next to (x, y) that the regulariser allows."""
        return self.regulariser.project(x, y)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0), the only one."""
        return [(0.0, 0.0)]


class ClippedDiracGAN(DiracGAN):
    r"""The Dirac-GAN whose discriminator is clipped to [-c, c] after every step.

    The field is that of `DiracGAN`; `project` does the clipping, and the rule
    `Projected` calls it. The projected flow of the Wasserstein loss, from any start
    farther than c from the equilibrium, ends on the circle :math:`x^2 + y^2 = c^2`;
    from nearer it keeps its own circle: clipping bounds the critic and doesn't make the
    game converge.

    Parameters
    ----------
    loss : Loss or str
    regulariser : Regulariser or str
    bound : float
        The bound c > 0 on |y|.

    References
    ----------
    Arjovsky, Chintala, Bottou, *Wasserstein GAN*, ICML 2017, Algorithm 1; Mescheder,
    Geiger, Nowozin 2018, Section 3 (WGAN with clipping does not converge).

    Examples
    --------
    >>> ClippedDiracGAN(bound=0.5).project(3.0, -2.0)
    (3.0, -0.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ("weight clipping",)

    loss: Loss = Wasserstein()
    bound: Positive = 1.0

    def project(self, x: Any, y: Any) -> Any:
        """Return (x, y) with y clipped."""
        return x, clip(y, self.bound)


class NoisyDiracGAN(DiracGAN):
    r"""The Dirac-GAN with instance noise on the real and the fake points.

    Read otherwise, it is the GAN that learns the mean x of a Gaussian: data N(0, s²),
    generator N(x, s²), a linear discriminator.

    With independent ε, ε' ~ N(0, s²), s = ``noise_std``,

    .. math::
        L_x = E f_x(y (x + ε)), \qquad
        L_y = -E f_y(y (x + ε)) - E f_y(-y ε') + \tfrac{γ}{2} y^2

    At the equilibrium (0, 0) the noise acts like a regulariser of weight
    :math:`γ + 2 |f''(0)| s^2`: for the minimax loss, where f''(0) = -¼, the eigenvalues
    of J are :math:`s^2/4 \pm \sqrt{s^4/16 - 1/4}` (without γ).

    Parameters
    ----------
    loss : Loss or str
    regulariser : Regulariser or str
    noise_std : float
        The standard deviation s of the noise, >= 0.

    Notes
    -----
    The expectations are Gauss–Hermite sums with 16 nodes, so the field is exactly the
    gradient of the losses; their accuracy falls with |y| s. Terms that neither player
    sees in its gradient are kept.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Section 3 (instance noise).

    Examples
    --------
    >>> game = NoisyDiracGAN(noise_std=1.0)
    >>> [round(entry, 12) for entry in game.jacobian(0.0, 0.0)]
    [0.0, 0.5, -0.5, 0.5]
    """

    aliases: ClassVar[tuple[str, ...]] = ("instance noise", "Gaussian mean GAN")
    cycles: ClassVar[str] = "none"

    noise_std: NonNegative = 0.5

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return the generator's loss."""
        total = 0.0
        for node, weight in _QUADRATURE:
            e = node * self.noise_std
            pair = self.loss.value_x(y * (x + e)) + self.loss.value_x(y * (x - e))
            total = total + weight / _NORMAL * pair
        return total + self.regulariser.energy_x(x)

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return the discriminator's loss."""
        total = 0.0
        for node, weight in _QUADRATURE:
            e = node * self.noise_std
            fake = self.loss.value_y(y * (x + e)) + self.loss.value_y(y * (x - e))
            real = self.loss.value_real(y * e) + self.loss.value_real(-y * e)
            total = total + weight / _NORMAL * (fake + real)
        return total + self.regulariser.energy_y(y)

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_x in x."""
        total = 0.0
        for node, weight in _QUADRATURE:
            e = node * self.noise_std
            pair = self.loss.pull_x(y * (x + e)) + self.loss.pull_x(y * (x - e))
            total = total + weight / _NORMAL * pair
        return y * total + self.regulariser.force_x(x)

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in y."""
        total = 0.0
        for node, weight in _QUADRATURE:
            e = node * self.noise_std
            above, below = x + e, x - e
            fake = above * self.loss.pull_y(y * above)
            fake = fake + below * self.loss.pull_y(y * below)
            real = e * self.loss.pull_real(y * e) - e * self.loss.pull_real(-y * e)
            total = total + weight / _NORMAL * (fake + real)
        return self.regulariser.force_y(y) - total

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        first, second = 0.0, 0.0
        for node, weight in _QUADRATURE:
            for point in (x + node * self.noise_std, x - node * self.noise_std):
                pull = self.loss.pull_x(y * point)
                first = first + weight / _NORMAL * point * pull
                second = second - weight / _NORMAL * y * self.loss.pull_y(y * point)
        return first, second

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        xx, xy, yx, yy = 0.0, 0.0, 0.0, 0.0
        for node, weight in _QUADRATURE:
            share, e = weight / _NORMAL, node * self.noise_std
            for point in (x + e, x - e):
                t = y * point
                slope_x, slope_y = self.loss.slope_x(t), self.loss.slope_y(t)
                xx = xx + share * y * y * slope_x
                xy = xy + share * (self.loss.pull_x(t) + t * slope_x)
                yx = yx - share * (self.loss.pull_y(t) + t * slope_y)
                yy = yy - share * point * point * slope_y
            real = self.loss.slope_real(y * e) + self.loss.slope_real(-y * e)
            yy = yy - share * e * e * real
        return (
            xx + self.regulariser.stiffness_x(x),
            xy,
            yx,
            yy + self.regulariser.stiffness_y(y),
        )


class RealNoiseDiracGAN(DiracGAN):
    r"""The Dirac-GAN with noise on the real points only, as augmented data have it.

    With ε ~ N(0, s²), s = ``noise_std``, the fake x stays as it is and

    .. math::
        L_y = -f_y(xy) - E f_y(-y ε) + \tfrac{γ}{2} y^2.

    At the equilibrium (0, 0), which the noise does not move, it acts like a regulariser
    of weight :math:`γ + |f''(0)| s^2`, half of what `NoisyDiracGAN` has: s²/4 for the
    minimax loss, so that simultaneous play is stable iff lr < s², for s < 2.

    Parameters
    ----------
    loss : Loss or str
    regulariser : Regulariser or str
    noise_std : float
        The standard deviation s of the noise, >= 0.

    Notes
    -----
    The expectation is a Gauss–Hermite sum with 16 nodes.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Section 3 (noise on both).

    Examples
    --------
    >>> game = RealNoiseDiracGAN(noise_std=1.0)
    >>> [round(entry, 12) for entry in game.jacobian(0.0, 0.0)]
    [0.0, 0.5, -0.5, 0.25]
    """

    aliases: ClassVar[tuple[str, ...]] = ("noise on reals",)
    cycles: ClassVar[str] = "none"

    noise_std: NonNegative = 0.5

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return the discriminator's loss."""
        total = self.loss.value_y(x * y) + self.regulariser.energy_y(y)
        for node, weight in _QUADRATURE:
            e = node * self.noise_std
            real = self.loss.value_real(y * e) + self.loss.value_real(-y * e)
            total = total + weight / _NORMAL * real
        return total

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in y."""
        total = x * self.loss.pull_y(x * y)
        for node, weight in _QUADRATURE:
            e = node * self.noise_std
            real = e * self.loss.pull_real(y * e) - e * self.loss.pull_real(-y * e)
            total = total + weight / _NORMAL * real
        return self.regulariser.force_y(y) - total

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        t = x * y
        slope_x, slope_y = self.loss.slope_x(t), self.loss.slope_y(t)
        yy = self.regulariser.stiffness_y(y) - x * x * slope_y
        for node, weight in _QUADRATURE:
            e = node * self.noise_std
            real = self.loss.slope_real(y * e) + self.loss.slope_real(-y * e)
            yy = yy - weight / _NORMAL * e * e * real
        return (
            y * y * slope_x + self.regulariser.stiffness_x(x),
            self.loss.pull_x(t) + t * slope_x,
            -self.loss.pull_y(t) - t * slope_y,
            yy,
        )

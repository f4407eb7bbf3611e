"""A GAN of numbers whose discriminator sees points through batch normalisation."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from gandyn._node import NonNegative
from gandyn.elementary import sqrt
from gandyn.errors import FieldError
from gandyn.games._base import ScalarGame
from gandyn.games.losses import Loss, Minimax

_QUADRATURE = tuple(
    (float(node), float(weight) / math.sqrt(2 * math.pi))
    for node, weight in zip(*np.polynomial.hermite_e.hermegauss(16), strict=True)
    if node > 0
)
"""Positive Gauss-Hermite nodes; with their mirror images 16 in all."""


class BatchNormGAN(ScalarGame):
    r"""The GAN that learns a mean, its discriminator behind batch normalisation.

    The data are N(0, s²), the fakes N(x, s²), batches are without end. Mixed, half of
    each, a batch has the mean x/2 and the variance s² + x²/4, so that with

    .. math::
        \hat u_\mathrm{fake} = \frac{x/2 + sζ}{\sqrt{s^2 + x^2/4 + ε}}, \qquad
        \hat u_\mathrm{real} = \frac{-x/2 + sζ}{\sqrt{s^2 + x^2/4 + ε}}, \qquad
        ζ \sim N(0, 1),

    and y û the logit of being fake,

    .. math::
        L_x = E f_x(y \hat u_\mathrm{fake}), \qquad
        L_y = -E f_y(y \hat u_\mathrm{fake}) - E f_y(-y \hat u_\mathrm{real})
        + \tfrac{γ}{2} y^2

    The reals depend on the generator too; it may see that term, with the sign turned,
    in its loss or not. Normalised in separate batches both are the same distribution:
    the mean is invisible, and every x an equilibrium.

    At (0, 0), for the logistic loss, mixed batches and ε = 0, J has the trace ½ + γ and
    the determinant 1/(8 s²), or 1/(4 s²) if the generator sees both terms. With s = 0
    it is the Dirac-GAN: trace γ, determinant 1/(8 ε).

    Parameters
    ----------
    loss : Loss or str
    gamma : float
        Weight γ >= 0 of the discriminator's weight decay.
    data_std : float
        The standard deviation s >= 0 of data and fakes.
    eps : float
        What is added to the batch's variance, ε >= 0.
    separate : bool
        Whether data and fakes are normalised in batches of their own.
    sees_reals : bool
        Whether the generator also descends minus the discriminator's loss on reals,
        so that the game of the minimax loss is zero-sum but for γ.

    Raises
    ------
    FieldError
        If the variance may vanish: for data_std = eps = 0.

    References
    ----------
    Ioffe, Szegedy, *Batch Normalization*, ICML 2015, Algorithm 1; Salimans et al.,
    *Improved Techniques for Training GANs*, NeurIPS 2016, Section 3.5 (points of a
    batch depend on each other).

    Examples
    --------
    >>> game = BatchNormGAN(data_std=2.0, eps=0.0)
    >>> [round(entry, 12) for entry in game.jacobian(0.0, 0.0)]
    [0.0, 0.125, -0.25, 0.5]
    """

    aliases: ClassVar[tuple[str, ...]] = ("batch normalisation",)
    zero_sum: ClassVar[bool] = False

    loss: Loss = Minimax()
    gamma: NonNegative = 0.0
    data_std: NonNegative = 1.0
    eps: NonNegative = 1e-5
    separate: bool = False
    sees_reals: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        std, eps = self.data_std, self.eps
        if (
            isinstance(std, int | float)
            and isinstance(eps, int | float)
            and not (std or eps)
        ):
            raise FieldError(
                "BatchNormGAN: data_std and eps must not both be 0: a batch of equal "
                "points has no variance to divide by"
            )

    def _share(self) -> float:
        """Return the share of x by which a batch's mean is off a distribution's."""
        return 0.0 if self.separate else 0.5

    def _seen(self) -> float:
        return 1.0 if self.sees_reals else 0.0

    def _scale(self, x: Any) -> Any:
        """Return one over the batch's deviation, and its first two derivatives."""
        h = self._share()
        p = 1 / sqrt(self.data_std * self.data_std + self.eps + h * h * x * x)
        cube = p * p * p
        return p, -h * h * x * cube, h * h * cube * (3 * h * h * x * x * p * p - 1)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return the generator's loss."""
        (p, _, _), shift, seen = self._scale(x), self._share() * x, self._seen()
        total = 0.0
        for node, weight in _QUADRATURE:
            for e in (node * self.data_std, -node * self.data_std):
                fake = self.loss.value_x(y * p * (shift + e))
                real = self.loss.value_real(-y * p * (e - shift))
                total = total + weight * (fake - seen * real)
        return total

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return the discriminator's loss."""
        (p, _, _), shift = self._scale(x), self._share() * x
        total = self.gamma * y * y / 2
        for node, weight in _QUADRATURE:
            for e in (node * self.data_std, -node * self.data_std):
                fake = self.loss.value_y(y * p * (shift + e))
                real = self.loss.value_real(-y * p * (e - shift))
                total = total + weight * (fake + real)
        return total

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_x in x, through the batch's statistics too."""
        (p, dp, _), h, seen = self._scale(x), self._share(), self._seen()
        total = 0.0 * x
        for node, weight in _QUADRATURE:
            for e in (node * self.data_std, -node * self.data_std):
                up, down = h * x + e, e - h * x
                fake = (h * p + up * dp) * self.loss.pull_x(y * p * up)
                real = (down * dp - h * p) * self.loss.pull_real(-y * p * down)
                total = total + weight * (fake - seen * real)
        return y * total

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in y."""
        (p, _, _), shift = self._scale(x), self._share() * x
        total = self.gamma * y
        for node, weight in _QUADRATURE:
            for e in (node * self.data_std, -node * self.data_std):
                fake, real = p * (shift + e), p * (e - shift)
                pull = real * self.loss.pull_real(-y * real)
                total = total + weight * (pull - fake * self.loss.pull_y(y * fake))
        return total

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        (p, dp, _), h, seen = self._scale(x), self._share(), self._seen()
        first, second = 0.0, 0.0
        for node, weight in _QUADRATURE:
            for e in (node * self.data_std, -node * self.data_std):
                up, down = h * x + e, e - h * x
                pull = self.loss.pull_real(-y * p * down)
                own = up * self.loss.pull_x(y * p * up) - seen * down * pull
                first = first + weight * p * own
                fake = (h * p + up * dp) * self.loss.pull_y(y * p * up)
                second = second + weight * y * ((down * dp - h * p) * pull - fake)
        return first, second

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        (p, dp, ddp), h, seen = self._scale(x), self._share(), self._seen()
        xx, xy, yx, yy = 0.0 * x, 0.0, 0.0, self.gamma
        for node, weight in _QUADRATURE:
            for e in (node * self.data_std, -node * self.data_std):
                up, down = h * x + e, e - h * x
                a, da, dda = p * up, h * p + up * dp, 2 * h * dp + up * ddp
                r, dr, ddr = p * down, down * dp - h * p, down * ddp - 2 * h * dp
                pull, slope = self.loss.pull_x(y * a), self.loss.slope_x(y * a)
                back, bend = self.loss.pull_y(y * a), self.loss.slope_y(y * a)
                real, steep = self.loss.pull_real(-y * r), self.loss.slope_real(-y * r)
                own = dda * pull + y * da * da * slope
                other = ddr * real - y * dr * dr * steep
                xx = xx + weight * y * (own - seen * other)
                own = da * pull + y * a * da * slope
                other = dr * real - y * r * dr * steep
                xy = xy + weight * (own - seen * other)
                yx = yx + weight * (other - da * back - y * a * da * bend)
                yy = yy - weight * (a * a * bend + r * r * steep)
        return xx, xy, yx, yy

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0)."""
        return [(0.0, 0.0)]
